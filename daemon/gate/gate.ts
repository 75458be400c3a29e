import type { CallEvent } from "../../audit/line.ts";
import { assertNever } from "../../base/assert-never.ts";
import type { Clock } from "../../base/clock.ts";
import { Fault } from "../../base/fault.ts";
import { traceId } from "../../base/trace-context.ts";
import type { BoundArguments } from "../../catalogue/bind.ts";
import {
  type AdmissionChecks,
  admit,
  type CompiledGrant,
  type Denied,
  deniedPaths,
  isStillAdmitted,
} from "../../policy/engine.ts";
import type { ReceivedCall } from "../../wire/read-message.ts";
import type { CallTally, CountedSort } from "../audit/call-tally.ts";
import { type AuditRoom, ROOM_TICK_MS } from "../audit/room.ts";
import type { AuditWriter } from "../audit/writer.ts";
import type { DeniedCalls } from "../limits/denied-calls.ts";
import { type Measures, NAMELESS } from "../limits/measures.ts";
import type { Failures } from "../log/failures.ts";
import { requestId, type Session } from "../session/session.ts";
import { isOperator, type TableRow } from "../session/session-table.ts";
import type { Asked } from "./asked.ts";
import { denialOf } from "./denial.ts";
import type { Exported } from "./exported.ts";
import { isOn, misplacement } from "./misplacement.ts";
import type { ShadowReports } from "./shadow-reports.ts";

/**
 * A call that the policy has allowed. Only this file can make one, and dispatch takes nothing else: to
 * skip the policy is a type error.
 */
class Permitted {
  readonly session: Session;
  readonly message: ReceivedCall;
  readonly bytes: number;
  /** the grant that admits it; nothing for what is open to all */
  readonly grant: CompiledGrant | undefined;
  /** what it is called on, where it is no method of the catalogue */
  readonly on: Exported | undefined;
  /** whether references are among its arguments */
  readonly hasReferences: boolean;
  readonly #row: TableRow;
  readonly #args: BoundArguments;
  #isOver = false;

  constructor(
    { session, message, bytes, on, hasReferences = false }: Asked,
    row: TableRow,
    args: BoundArguments,
    grant: CompiledGrant | undefined,
  ) {
    this.session = session;
    this.message = message;
    this.bytes = bytes;
    this.grant = grant;
    this.on = on;
    this.hasReferences = hasReferences;
    this.#row = row;
    this.#args = args;
  }

  /** Its work has ended, or never begins: what it takes of the grant's limits is free. Twice is once. */
  over(unused: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.grant?.meter !== undefined) this.session.gauge.release(this.grant, unused);
  }

  /** Whether the rules of this moment would still admit it. Its limits were asked when it began. */
  isStillAllowed(nowMs: number): boolean {
    const row = this.session.table(nowMs).rows.get(this.message.method);
    return isStillAdmitted(row, this.#args, this.bytes);
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

/** A caller of the method knows how large its message was. */
const DENIED_SIZE = new Fault("permission_denied", "the message is larger than any grant admits", {
  origin: "policy",
  outcome: "not_started",
});

/** So long should the caller wait: then the shares are counted anew. */
const NO_ROOM = new Fault("resource_exhausted", "the disk of the audit log is nearly full", {
  origin: "limit",
  outcome: "not_started",
  retry: { ok: true, afterMs: ROOM_TICK_MS },
});

const UNRECORDED = new Fault("unavailable", "the audit log cannot be written", {
  origin: "channel",
  outcome: "not_started",
  retry: { ok: true },
});

/** A call that is not permitted: what its caller reads, and what the audit log says. */
interface Refused {
  readonly decision: "deny" | "limited" | "invalid";
  readonly reason: NonNullable<CallEvent["reason"]>;
  readonly fault: Fault;
  /** under which it is counted: nothing is counted of names that are not in the caller's table */
  readonly method: string;
}

/** What the gate asks beside the policy: a reference is used on what has the method, and for what takes it. */
const CHECKS: AdmissionChecks<Asked> = { isMeant: isOn, misplacement };

const NO_GRANT: Refused = { decision: "deny", reason: "no_grant", fault: DENIED, method: NAMELESS };

/** How many calls that no grant admits, and calls of what is open to all, have audit lines of their own. */
interface AuditBuckets extends Readonly<Record<CountedSort, DeniedCalls>> {
  /** calls that are invalid, or beyond a limit: they have lines like those that are denied, and make no debt */
  readonly unfit: DeniedCalls;
  readonly tally: CallTally;
  readonly shadow: ShadowReports;
  readonly room: AuditRoom;
}

/** The one place in which calls become permitted (docs/protocol.md, section 6). */
export class Gate {
  readonly #audit: AuditWriter;
  readonly #clock: Clock;
  readonly #failures: Failures;
  readonly #buckets: AuditBuckets;
  readonly #measures: Measures;
  #timeMs = Number.NaN;
  #timeText = "";

  constructor(
    audit: AuditWriter,
    clock: Clock,
    failures: Failures,
    buckets: AuditBuckets,
    measures: Measures,
  ) {
    this.#buckets = buckets;
    this.#measures = measures;
    this.#audit = audit;
    this.#clock = clock;
    this.#failures = failures;
  }

  /**
   * Decides all calls that came in one turn, writes their audit lines in one write, and only then gives out
   * the permitted ones. If the lines cannot be written no call runs: each is `unavailable`.
   *
   *     the session's own table → bind → policy on the arguments → audit line
   */
  pass(calls: readonly Asked[]): readonly (Permitted | Fault)[] {
    // The clock is read once: all of these are decided at one moment.
    const nowMs = this.#clock.wallMs();
    const beganMs = this.#clock.monotonicMs();
    const at = this.#time(nowMs);
    const decided: (Permitted | Refused | Fault)[] = [];
    let lines = "";
    let count = 0;
    for (const asked of calls) {
      const { session, message } = asked;
      if (!this.#buckets.room.take(session.principal.name, () => isOperator(session.table(nowMs)))) {
        // Before anything is looked up: all methods are alike, whether the caller has them or not.
        decided.push(NO_ROOM);
        continue;
      }
      const decision = this.#decide(asked, nowMs);
      decided.push(decision);
      const id = requestId(session, message.id);
      const trace = message.trace && traceId(message.trace);
      if (decision instanceof Permitted) {
        if (decision.row.grants !== "open" || this.#isTold(session, "open", this.#buckets.open)) {
          lines += session.lines.allowed(at, id, message.method, decision.grant?.id ?? "rpcd", trace);
          count++;
        }
      } else {
        this.#measures.denials[decision.reason]++;
        const bucket = decision.decision === "deny" ? "refused" : "unfit";
        if (this.#isTold(session, "refused", this.#buckets[bucket])) {
          lines += session.lines.refused(at, id, message.method, decision.decision, decision.reason, trace);
          count++;
          if (decision.decision === "deny") this.#buckets.shadow.note(asked, nowMs);
        }
      }
    }
    this.#measures.decisions.add((this.#clock.monotonicMs() - beganMs) / calls.length, calls.length);
    const isRecorded = count === 0 || this.#audit.writeLines(lines, count);
    return decided.map((decision) => this.#answer(decision, isRecorded));
  }

  /** What becomes of a decision; what is answered here is counted here. */
  #answer(decision: Permitted | Refused | Fault, isRecorded: boolean): Permitted | Fault {
    if (decision instanceof Fault) {
      this.#measures.answered(NAMELESS, decision.code);
      return decision;
    }
    const isPermitted = decision instanceof Permitted;
    if (isPermitted && isRecorded) return decision;
    if (isPermitted) decision.over(true);
    const fault = isPermitted || !isRecorded ? UNRECORDED : decision.fault;
    this.#measures.answered(isPermitted ? decision.row.entry.name : decision.method, fault.code);
    return fault;
  }

  /** What anybody with a key can cause without a right has so many lines, and is counted beyond that. */
  #isTold({ principal: { name } }: Session, sort: CountedSort, bucket: DeniedCalls): boolean {
    if (bucket.take(name)) return true;
    this.#buckets.tally.count(name, sort);
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

  #decide(asked: Asked, nowMs: number): Permitted | Refused {
    const { session } = asked;
    const decision = admit(session.table(nowMs).rows, asked, session.gauge, CHECKS);
    if (decision.allowed) return new Permitted(asked, decision.row, decision.args, decision.grant);
    return explained(this.#refusal(decision), asked, nowMs);
  }

  #refusal(denied: Denied<TableRow>): Refused {
    switch (denied.why) {
      case "no_grant":
        return NO_GRANT;
      case "binding": {
        const { row, fault } = denied;
        return { decision: "invalid", reason: denied.why, fault, method: row.entry.name };
      }
      case "args": {
        const { row, args } = denied;
        return {
          decision: "deny",
          reason: denied.why,
          fault: argumentsDenied(row, args),
          method: row.entry.name,
        };
      }
      case "request_size":
        return { decision: "deny", reason: denied.why, fault: DENIED_SIZE, method: denied.row.entry.name };
      case "limit": {
        const { row, afterMs } = denied;
        return { decision: "limited", reason: denied.why, fault: limited(afterMs), method: row.entry.name };
      }
      case "error": {
        const method = denied.row.entry.name;
        // There should be none: it denies, and somebody must look.
        this.#failures.failed(
          "an error while deciding; the call is denied",
          { method },
          { error: denied.error },
        );
        return { decision: "deny", reason: denied.why, fault: DENIED, method };
      }
      default:
        return assertNever(denied, "a denial");
    }
  }
}

/** Who may explain reads why a call was denied; nobody else has even the work for it done. */
function explained(refused: Refused, asked: Asked, nowMs: number): Refused {
  if (refused.decision !== "deny" || !asked.session.mayExplain(nowMs)) return refused;
  const { code, detail, parts } = refused.fault;
  return { ...refused, fault: new Fault(code, detail, { ...parts, denial: denialOf(asked, nowMs) }) };
}

/** The caller has the method, so it may know where it went wrong; what would be right stays in the policy. */
function argumentsDenied({ grants }: TableRow, args: BoundArguments): Fault {
  const paths = grants === "open" ? [] : deniedPaths(grants, args);
  return new Fault("permission_denied", "no grant admits these arguments", {
    origin: "policy",
    outcome: "not_started",
    issues: paths.map((path) => ({ path, message: "not allowed by the policy" })),
  });
}

/** A grant admits the call, and its limits are used up. @param afterMs - until there may be room */
function limited(afterMs: number | undefined): Fault {
  return new Fault("resource_exhausted", "the limits of every grant that admits the call are used up", {
    origin: "limit",
    outcome: "not_started",
    retry: { ok: true, ...(afterMs === undefined ? {} : { afterMs }) },
  });
}
