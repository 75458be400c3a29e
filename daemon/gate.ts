import type { CallEvent } from "../audit/line.ts";
import type { Clock } from "../base/clock.ts";
import { Fault } from "../base/fault.ts";
import { type Decision, decide, deniedPaths } from "../policy/index.ts";
import type { CallMessage } from "../wire/message.ts";
import type { AuditWriter } from "./audit-writer.ts";
import { type BoundArguments, bindArguments } from "./bind.ts";
import type { CallTally, CountedSort } from "./call-tally.ts";
import type { DeniedCalls } from "./denied-calls.ts";
import type { Log } from "./log.ts";
import { requestId, type Session } from "./session.ts";
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
  /** the id of the grant that admits it */
  readonly grant: string;
  readonly #row: TableRow;
  readonly #args: BoundArguments;

  constructor({ session, message }: Asked, row: TableRow, args: BoundArguments, grant: string) {
    this.session = session;
    this.message = message;
    this.grant = grant;
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

/** A call that is not permitted: what its caller reads, and what the audit log says. */
interface Refused {
  readonly decision: "deny" | "invalid";
  readonly reason: NonNullable<CallEvent["reason"]>;
  readonly fault: Fault;
}

const NO_GRANT: Refused = { decision: "deny", reason: "no_grant", fault: DENIED };

/** How many calls that no grant admits, and calls of what is open to all, have audit lines of their own. */
interface AuditBuckets extends Readonly<Record<CountedSort, DeniedCalls>> {
  readonly tally: CallTally;
}

/** The one place in which calls become permitted (docs/protocol.md, section 6). */
export class Gate {
  readonly #audit: AuditWriter;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #buckets: AuditBuckets;
  #timeMs = Number.NaN;
  #timeText = "";

  constructor(audit: AuditWriter, clock: Clock, log: Log, buckets: AuditBuckets) {
    this.#buckets = buckets;
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
    const at = this.#time(this.#clock.wallMs());
    const answers: (Permitted | Fault)[] = [];
    let lines = "";
    for (const asked of calls) {
      const answer = this.#decide(asked);
      const { session, message } = asked;
      const id = requestId(session, message.id);
      if (answer instanceof Permitted) {
        if (answer.row.grants !== "open" || this.#isTold(session, "open"))
          lines += session.lines.allowed(at, id, message.method, answer.grant);
        answers.push(answer);
      } else {
        if (this.#isTold(session, "refused"))
          lines += session.lines.refused(at, id, message.method, answer.decision, answer.reason);
        answers.push(answer.fault);
      }
    }
    return lines === "" || this.#audit.writeLines(lines) ? answers : calls.map(() => UNRECORDED);
  }

  /** What anybody with a key can cause without a right has so many lines, and is counted beyond that. */
  #isTold({ principal: { name } }: Session, sort: CountedSort): boolean {
    const { tally, ...buckets } = this.#buckets;
    if (buckets[sort].take(name)) return true;
    tally.count(name, sort);
    return false;
  }

  /** Many turns fall into one millisecond. */
  #time(ms: number): string {
    if (ms !== this.#timeMs) {
      this.#timeMs = ms;
      this.#timeText = new Date(ms).toISOString();
    }
    return this.#timeText;
  }

  #decide(asked: Asked): Permitted | Refused {
    const { session, message } = asked;
    const row = session.table.rows.get(message.method);
    // Nothing is bound, hashed or searched for: no time is spent that would tell one name from another.
    if (row === undefined) return NO_GRANT;
    const args = bindArguments(row.entry, message.positional, message.named);
    if (args instanceof Fault) return { decision: "invalid", reason: "binding", fault: args };
    const decision = row.grants === "open" ? OPEN : decide(row.grants, args);
    if (decision.allowed) return new Permitted(asked, row, args, decision.by);
    if (decision.error === undefined)
      return { decision: "deny", reason: "args", fault: argumentsDenied(row, args) };
    // There should be none: it denies, and somebody must look.
    this.#log.error("an error while deciding; the call is denied", {
      method: row.entry.name,
      error: decision.error,
    });
    return { decision: "deny", reason: "error", fault: DENIED };
  }
}

/** The daemon's own methods tell nobody more than their own rights. */
const OPEN: Decision = { allowed: true, by: "rpcd" };

/** The caller has the method, so it may know where it went wrong; what would be right stays in the policy. */
function argumentsDenied({ grants }: TableRow, args: BoundArguments): Fault {
  const paths = grants === "open" ? [] : deniedPaths(grants, args);
  return new Fault("permission_denied", "no grant admits these arguments", {
    origin: "policy",
    outcome: "not_started",
    issues: paths.map((path) => ({ path, message: "not allowed by the policy" })),
  });
}
