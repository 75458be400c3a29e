import { escapeShort } from "../../base/escape.ts";
import type { TraceContext } from "../../base/trace-context.ts";
import type { Context, ContextLog, Principal } from "../../service/engine.ts";
import { shortText } from "../base/thrown.ts";
import type { Log } from "../log/log.ts";
import { serviceFields } from "../log/service-fields.ts";
import { type Called, type CallWords, callWords, requestId, type Session } from "../session/session.ts";

/** Where a handler's words on how far it is go. */
interface ProgressListener {
  progress(done: number, total: number | undefined, note: string | undefined): void;
}

/** What the handler of one call gets. The signal is made when it is first asked for: most handlers never do. */
export class CallContext implements Context {
  readonly deadlineMs: number;
  readonly trace: TraceContext | undefined;
  readonly #session: Session;
  readonly #call: number;
  readonly #log: Log;
  /** Nothing once the work has ended: a handler that keeps its context keeps nothing of the call by it. */
  #answerer: ProgressListener | undefined;
  #controller: AbortController | undefined;
  #aborted: unknown;

  /** @param deadlineMs - milliseconds since 1970 */
  constructor(
    session: Session,
    { id, trace }: Called,
    deadlineMs: number,
    log: Log,
    answerer: ProgressListener,
  ) {
    this.#call = id;
    this.trace = trace;
    this.deadlineMs = deadlineMs;
    this.#session = session;
    this.#log = log;
    this.#answerer = answerer;
  }

  get requestId(): string {
    return requestId(this.#session, this.#call);
  }

  get principal(): Principal {
    const { name, roles } = this.#session.principal;
    return { name, roles };
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  get log(): ContextLog {
    const at =
      (level: keyof ContextLog) =>
      (message: unknown, fields?: unknown): void =>
        this.#log[level](escapeShort(shortText(message), 4096), { ...serviceFields(fields), ...this.words });
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  }

  /** What lines of the log say of the call. */
  get words(): CallWords {
    return callWords(this.#session, { id: this.#call, trace: this.trace });
  }

  progress(done: number, total?: number, note?: string): void {
    this.#answerer?.progress(done, total, note);
  }

  /** The work has ended. */
  ended(): void {
    this.#answerer = undefined;
  }

  /** Tells the handler that nobody waits any longer. */
  abort(reason: Error): void {
    this.#aborted ??= reason;
    this.#controller?.abort(reason);
  }

  /** The session behind a context: for the daemon's own methods, not for services. */
  static sessionOf(context: Context): Session {
    if (context instanceof CallContext) return context.#session;
    throw new Error("a context that this daemon did not make");
  }
}
