import type { CallEvent, Stamp } from "../audit/line.ts";
import type { Clock } from "../base/clock.ts";
import { Fault } from "../base/fault.ts";
import { type Decision, decide, deniedPaths } from "../policy/index.ts";
import type { CallMessage } from "../wire/message.ts";
import type { AuditWriter } from "./audit-writer.ts";
import { type BoundArguments, bindArguments } from "./bind.ts";
import type { Log } from "./log.ts";
import type { Session } from "./session.ts";
import type { TableRow } from "./session-table.ts";

/** A call as it came in, with who asks. */
export interface Asked {
  readonly session: Session;
  readonly message: CallMessage;
}

/**
 * A call that the policy has allowed. Only this file can make one, and dispatch takes nothing else: to
 * skip the policy is a type error.
 */
class Permitted {
  readonly session: Session;
  readonly message: CallMessage;
  readonly #row: TableRow;
  readonly #args: BoundArguments;

  constructor({ session, message }: Asked, row: TableRow, args: BoundArguments) {
    this.session = session;
    this.message = message;
    this.#row = row;
    this.#args = args;
  }

  get row(): TableRow {
    return this.#row;
  }

  get args(): BoundArguments {
    return this.#args;
  }
}

export type { Permitted };

/** One answer for every method that is not in the caller's table: hidden, forbidden and unknown are alike. */
const DENIED = new Fault("permission_denied", "not in the caller's table", {
  origin: "policy",
  outcome: "not_started",
});

const UNRECORDED = new Fault("unavailable", "the audit log cannot be written", {
  origin: "channel",
  outcome: "not_started",
  retry: { ok: true },
});

/** What was decided of one call, and what the audit log says of it. */
interface Verdict {
  readonly answer: Permitted | Fault;
  readonly event: CallEvent;
}

/** The one place in which calls become permitted (docs/protocol.md, section 6). */
export class Gate {
  readonly #audit: AuditWriter;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(audit: AuditWriter, clock: Clock, log: Log) {
    this.#audit = audit;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Decides all calls that came in one turn, writes their audit lines in one write, and only then gives out
   * the permitted ones. If the lines cannot be written no call runs: each is `unavailable`.
   *
   *     the session's own table → bind → policy on the arguments → audit line
   */
  pass(calls: readonly Asked[]): readonly (Permitted | Fault)[] {
    const verdicts = calls.map((asked) => this.#decide(asked));
    const atMs = this.#clock.wallMs();
    const recorded = this.#audit.write(
      verdicts.map(({ event }, i): [Stamp, CallEvent] => [stamp(calls[i], atMs), event]),
    );
    return verdicts.map(({ answer }) => (recorded ? answer : UNRECORDED));
  }

  #decide(asked: Asked): Verdict {
    const { session, message } = asked;
    const event = { kind: "call", principal: session.principal.name, method: message.method } as const;
    const policy = session.policyHash;
    const row = session.table.rows.get(message.method);
    // Nothing is bound, hashed or searched for: no time is spent that would tell one name from another.
    if (row === undefined)
      return { answer: DENIED, event: { ...event, decision: "deny", reason: "no_grant", policy } };
    const args = bindArguments(row.entry, message.positional, message.named);
    if (args instanceof Fault) {
      return { answer: args, event: { ...event, decision: "invalid", reason: "binding", policy } };
    }
    const decision = row.grants === "open" ? OPEN : decide(row.grants, args);
    if (decision.allowed) {
      return {
        answer: new Permitted(asked, row, args),
        event: { ...event, decision: "allow", grant: decision.by, policy },
      };
    }
    if (decision.error !== undefined) {
      // There should be none: it denies, and somebody must look.
      this.#log.error("an error while deciding; the call is denied", {
        method: row.entry.name,
        error: decision.error,
      });
      return { answer: DENIED, event: { ...event, decision: "deny", reason: "error", policy } };
    }
    return {
      answer: deniedArguments(row, args),
      event: { ...event, decision: "deny", reason: "args", policy },
    };
  }
}

/** The daemon's own methods tell nobody more than their own rights. */
const OPEN: Decision = { allowed: true, by: "rpcd" };

/** The caller has the method, so it may know where it went wrong; what would be right stays in the policy. */
function deniedArguments({ grants }: TableRow, args: BoundArguments): Fault {
  const paths = grants === "open" ? [] : deniedPaths(grants, args);
  return new Fault("permission_denied", "no grant admits these arguments", {
    origin: "policy",
    outcome: "not_started",
    issues: paths.map((path) => ({ path, message: "not allowed by the policy" })),
  });
}

function stamp(asked: Asked | undefined, atMs: number): Stamp {
  if (asked === undefined) throw new Error("a verdict without a call");
  return { atMs, id: asked.session.requestId(asked.message.id), via: asked.session.via };
}
