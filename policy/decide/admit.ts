import { Fault } from "../../base/fault.ts";
import { type BoundArguments, bindArguments } from "../../catalogue/bind.ts";
import type { MethodEntry } from "../../catalogue/catalogue.ts";
import type { Candidates } from "./candidates.ts";
import type { CompiledGrant, Decision } from "./compiled-grant.ts";
import { decide, type Gauge } from "./decide.ts";

/** A method in a caller's table. */
export interface AdmissionRow {
  readonly entry: MethodEntry;
  /** What may admit a call of it; `open` for what every principal may ask about itself. */
  readonly grants: Candidates | "open";
}

/** A call, as far as the decision looks at it. */
export interface AdmissibleCall {
  readonly message: {
    readonly method: string;
    /** They are read only where the table has the method. */
    readonly args: { readonly values: CallValues };
  };
  /** The size of the message, in bytes. */
  readonly bytes: number;
}

interface CallValues {
  readonly positional: readonly unknown[];
  readonly named: Readonly<Record<string, unknown>>;
}

/** What a caller of {@link admit} asks beside the policy. Nothing of it can allow what the policy does not. */
export interface AdmissionChecks<Call> {
  /** Whether the call is meant for this method: a method of the same name on another object is another method. */
  isMeant(entry: MethodEntry, call: Call): boolean;
  /** What is wrong with the bound arguments. */
  misplacement(entry: MethodEntry, args: BoundArguments, call: Call): Fault | undefined;
}

/** The call is allowed. */
export interface Admitted<Row> {
  readonly allowed: true;
  readonly row: Row;
  readonly args: BoundArguments;
  /** The grant that admits it; nothing for what is open to all. */
  readonly grant: CompiledGrant | undefined;
}

/** The call is not allowed, and why. */
export type Denied<Row> =
  | { readonly allowed: false; readonly why: "no_grant" }
  | { readonly allowed: false; readonly why: "binding"; readonly row: Row; readonly fault: Fault }
  | (Exclude<Decision, { allowed: true }> & { readonly row: Row; readonly args: BoundArguments });

const NO_GRANT = Object.freeze({ allowed: false, why: "no_grant" } as const);

/**
 * Decides whether a caller may make a call. It is the one implementation: the gate, `rpcd.can` and shadow grants use it. `explain`
 * names the conditions one by one, and a property test holds its decision equal to this one.
 *
 *     the caller's table → bind → checks → the candidates
 *
 * A method that is not in the table is refused before anything is bound, hashed or searched for: no time tells one name from another.
 *
 * @param rows - the caller's table, by the names of methods
 * @param room - keeps count of the limits of grants; free for a caller that only asks
 * @param checks - asked beside the policy, in the order of the drawing
 */
export function admit<Row extends AdmissionRow, Call extends AdmissibleCall>(
  rows: { get(method: string): Row | undefined },
  call: Call,
  room?: Gauge,
  checks?: AdmissionChecks<Call>,
): Admitted<Row> | Denied<Row> {
  const { message, bytes } = call;
  const row = rows.get(message.method);
  if (row === undefined || checks?.isMeant(row.entry, call) === false) return NO_GRANT;
  const { positional, named } = message.args.values;
  const args = bindArguments(row.entry, positional, named);
  if (args instanceof Fault) return { allowed: false, why: "binding", row, fault: args };
  const fault = checks?.misplacement(row.entry, args, call);
  if (fault !== undefined) return { allowed: false, why: "binding", row, fault };
  if (row.grants === "open") return { allowed: true, row, args, grant: undefined };
  const decision = decide(row.grants, args, bytes, room);
  return decision.allowed ? { allowed: true, row, args, grant: decision.grant } : { ...decision, row, args };
}

/** Whether the rules of this moment would still admit a call with these arguments. Its limits were asked when it began. */
export function isStillAdmitted(row: AdmissionRow | undefined, args: BoundArguments, bytes: number): boolean {
  return row !== undefined && (row.grants === "open" || decide(row.grants, args, bytes).allowed);
}
