import type { CallEvent, RefusedLogin } from "../../audit/line.ts";
import { FAULT_TEXT, type FaultCode } from "../../base/fault.ts";
import { Durations } from "../base/durations.ts";

/** What came of a login. `unrecorded`: it was good, and the audit log could not be written. */
export type LoginOutcome = "ok" | RefusedLogin["reason"] | "unrecorded";

/** What ended a connection before its login. */
export type StrangerCount = "dropped" | "tls_failed" | "broken";

/** How a call was answered. */
export type AnswerCode = "ok" | FaultCode;

export type CodeCounts = Record<AnswerCode, number>;

/** The name of calls that have none here: undecided, hidden and unknown ones alike. */
export const NAMELESS = "";

/**
 * What is counted since the daemon began, in one place: `rpcd.stats` and the metrics are made from it. Counting is adding
 * to a number; nothing is made for a call.
 */
export class Measures {
  readonly logins: Record<LoginOutcome, number> = {
    ok: 0,
    unknown_key: 0,
    revoked: 0,
    expired: 0,
    bad_key: 0,
    bad_signature: 0,
    busy: 0,
    too_many_connections: 0,
    audit_room: 0,
    unrecorded: 0,
  };
  readonly strangers: Record<StrangerCount, number> = { dropped: 0, tls_failed: 0, broken: 0 };
  /** calls that the gate did not let through, by the reason */
  readonly denials: Record<NonNullable<CallEvent["reason"]>, number> = {
    no_grant: 0,
    args: 0,
    request_size: 0,
    limit: 0,
    binding: 0,
    error: 0,
  };
  /** of the gate, without writing to the audit log; calls that are decided together have each its share of the time */
  readonly decisions = new Durations();
  readonly #answers = new Map<string, CodeCounts>();

  /** By the method's name, those that were called; the names are bounded by the catalogue. */
  get answers(): ReadonlyMap<string, Readonly<CodeCounts>> {
    return this.#answers;
  }

  /**
   * Counts an answer.
   *
   * @param method - from the catalogue, where the caller has it in its table; {@link NAMELESS} for all else: a name that
   *   a peer made up is never kept
   */
  answered(method: string, code: AnswerCode): void {
    let counts = this.#answers.get(method);
    if (counts === undefined) {
      counts = noAnswers();
      this.#answers.set(method, counts);
    }
    counts[code]++;
  }
}

function noAnswers(): CodeCounts {
  const counts: Partial<CodeCounts> = { ok: 0 };
  for (const code of CODES) counts[code] = 0;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every code has just been put in
  return counts as CodeCounts;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a closed list
const CODES = Object.keys(FAULT_TEXT) as FaultCode[];
