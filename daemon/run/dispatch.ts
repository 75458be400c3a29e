import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import { bindArguments } from "../../catalogue/bind.ts";
import type { LiveReference } from "../../catalogue/live-reference.ts";
import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import type { LiveObject, Param } from "../../service/engine.ts";
import { CALL_DEADLINE_MAX_MS, CALL_DEADLINE_MS } from "../../wire/limits.ts";
import { type Going, LiveResult } from "../base/live-result.ts";
import { shortText } from "../base/thrown.ts";
import { faultOfHandler } from "../faults/handler.ts";
import type { Permitted } from "../gate/gate.ts";
import type { Failures } from "../log/failures.ts";
import type { Log } from "../log/log.ts";
import { CallContext } from "./call-context.ts";
import type { Door, Original } from "./check-arguments.ts";
import { runMethod } from "./run-method.ts";

/** The call that is dispatched: where its answer goes, and where what it uses comes from. */
export interface Answerer {
  /** Sends the value, if the caller still waits. */
  value(value: unknown): void;
  /** The same, now or when the principal of the caller has its turn. */
  valueInTurn(value: unknown): void | Promise<void>;
  /** Sends a result that is passed by reference, if the caller still waits. @returns what goes on, where it is a stream */
  returnReference(result: LiveResult): Going | undefined;
  /** What the handler gets for a reference among the arguments. @throws Fault `reference_gone` */
  open(param: Param, reference: LiveReference): unknown;
  /** Keeps the bytes of its arguments. @throws Fault `resource_exhausted` where there is no room for them */
  keep(): void;
  /** How far the call is. */
  progress(done: number, total: number | undefined, note: string | undefined): void;
  /** Sends the fault, if the caller still waits. */
  fault(fault: Fault): void;
  /** The work has ended: exactly once, after the answer. */
  ended(): void;
  /** Something that cannot be was thrown while answering: it ends the connection, and no other. */
  failed(error: unknown): void;
}

/** A call whose handler runs. */
export interface Running {
  /** Answers it with a fault and tells the handler; the slot stays taken until the work has ended. */
  stop(fault: Fault): void;
}

/** Runs permitted calls, and nothing else: only the gate makes those. */
export class Dispatch {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #log: Log;
  readonly #failures: Failures;

  constructor(clock: Clock, deadlines: Deadlines, log: Log, failures: Failures) {
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#log = log;
    this.#failures = failures;
  }

  /** @returns the running call, or `undefined` if it has ended already */
  run(permitted: Permitted, answerer: Answerer): Running | undefined {
    const { session, message, row, args, grant } = permitted;
    // A grant may give a call more time than any has by default, or less.
    const most = grant?.timeoutMs ?? CALL_DEADLINE_MAX_MS;
    const timeoutMs = Math.min(message.deadlineMs ?? CALL_DEADLINE_MS, most);
    const context = new CallContext(session, message, this.#clock.wallMs() + timeoutMs, this.#log, answerer);
    let result: unknown;
    try {
      result = runMethod(row, args, context, doorOf(permitted, answerer), originalOf(permitted, answerer));
      if (result instanceof LiveResult) result = Promise.resolve(result);
    } catch (error) {
      answerer.fault(this.#faultOf(error, context, permitted));
      context.ended();
      answerer.ended();
      return undefined;
    }
    if (result instanceof Promise)
      return this.#follow(permitted, result, context, { timeoutMs, most }, answerer);
    answerer.value(result);
    context.ended();
    answerer.ended();
    return undefined;
  }

  /**
   * Answers when the promise is settled, or the time is over, whichever is first. A stream that it gives goes on after the
   * answer, as long as any call of the grant may take.
   */
  #follow(
    permitted: Permitted,
    result: Promise<unknown>,
    context: CallContext,
    { timeoutMs, most }: { readonly timeoutMs: number; readonly most: number },
    answerer: Answerer,
  ): Running {
    const startedMs = this.#clock.monotonicMs();
    let stopped = false;
    let going: Going | undefined;
    const stop = (fault: Fault): void => {
      stopped = true;
      answerer.fault(fault);
      going?.stop(fault);
      context.abort(fault);
    };
    let deadline: Deadline = this.#deadlines.start(timeoutMs, () => stop(late(timeoutMs)));
    const succeed = async (value: unknown): Promise<void> => {
      // Its deadline holds until it is answered.
      if (!(value instanceof LiveResult)) return answerer.valueInTurn(value);
      // At once: what is passed may be a stream that breaks off, and somebody has to listen to that.
      going = answerer.returnReference(value);
      this.#deadlines.stop(deadline);
      if (going === undefined) return;
      const leftMs = most - (this.#clock.monotonicMs() - startedMs);
      deadline = this.#deadlines.start(leftMs, () => stop(late(most)));
      await going.ended;
    };
    const fail = (error: unknown): void => {
      // What a handler throws because it was told to stop is no failure; its caller has an answer already.
      if (stopped) this.#log.debug("a stopped call has ended", { ...context.words, why: shortText(error) });
      else answerer.fault(this.#faultOf(error, context, permitted));
    };
    result
      .then(succeed)
      .catch(fail)
      .finally(() => {
        this.#deadlines.stop(deadline);
        context.ended();
        // The work has ended, whatever its caller was told before: only now is its place free.
        answerer.ended();
      })
      .catch((error: unknown) => answerer.failed(error));
    return { stop };
  }

  #faultOf(error: unknown, { words }: CallContext, { row, session }: Permitted): Fault {
    const at = { ...words, method: row.entry.name, principal: session.principal.name };
    return faultOfHandler(error, "a call failed", at, this.#failures);
  }
}

/** What is passed by reference, and what the call is on, where there is any of it: nearly always there is not. */
function doorOf(permitted: Permitted, answerer: Answerer): Door | undefined {
  const { on, hasReferences } = permitted;
  if (on === undefined && !hasReferences) return undefined;
  return {
    open: (param, reference) => answerer.open(param, reference),
    run: on === undefined || on.thing.kind === "stream" ? undefined : runOf(on.thing.object, permitted),
  };
}

/** What the arguments were when they were sent, where they have something that a schema could change unseen. */
function originalOf(permitted: Permitted, answerer: Answerer): Original | undefined {
  const { message, row } = permitted;
  const { args } = message;
  if (!args.hasMutable) return undefined;
  return {
    decode: () => {
      const { positional, named } = args.original();
      const bound = bindArguments(row.entry, positional, named);
      if (bound instanceof Fault) throw bound;
      return bound;
    },
    keep: () => answerer.keep(),
  };
}

function runOf({ functions, interface: name }: LiveObject, { message }: Permitted): Door["run"] {
  return functions[message.method.slice(name.length + 1)];
}

function late(timeoutMs: number): Fault {
  return new Fault("deadline_exceeded", `not done after ${timeoutMs} ms`, {
    origin: "limit",
    outcome: "unknown",
  });
}
