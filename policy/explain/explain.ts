import { Fault } from "../../base/fault.ts";
import { type Catalogue, isLive, liveName, type MethodEntry } from "../../catalogue/catalogue.ts";
import type { Place } from "../../yaml/problem.ts";
import { type BoundArgs, compileArgs, isPosition } from "../decide/args.ts";
import type { Policy } from "../decide/compile.ts";
import { isReserved, mayReturn, reachOf } from "../decide/coverage.ts";
import { failures } from "../decide/failures.ts";
import type { Peer } from "../decide/grant-index.ts";
import type { Principal } from "../decide/principals.ts";
import { isFor, subjectText } from "../decide/subject.ts";
import { type CallLiteral, callText } from "../syntax/call-literal.ts";
import { includesAddress } from "../syntax/cidr.ts";
import { covers } from "../syntax/pattern.ts";
import type { ArgsTree, GrantTree } from "../syntax/tree.ts";
import { holdsAt, windowWords } from "../syntax/window.ts";
import { bindLiteral, unknownMethod } from "./bind-literal.ts";

/** What a decision came to, and why (docs/policy.md, "Explaining a decision"). */
export interface DecisionRecord {
  /** `undecided`: without the methods nobody can say whether one of {@link unmatched} admits the call. */
  readonly decision: "allow" | "deny" | "undecided";
  readonly reason: Reason;
  /** Of the policy's file. */
  readonly policy: string;
  readonly principal: string;
  /** As a call literal. */
  readonly call: string;
  /** The grant that admits it. */
  readonly grant: string | undefined;
  /** What is wrong with the arguments before any grant is asked. */
  readonly binding: string | undefined;
  /**
   * Of the candidates that are for the principal, the one with the fewest conditions that do not hold: the first of those. Of
   * all candidates, where none is for the principal.
   */
  readonly nearest: (Condition & { readonly grant: string; readonly at: Place }) | undefined;
  /** Every grant that covers the method: first those that are for the principal, each in the order of the file. */
  readonly candidates: readonly Candidate[];
  /**
   * Where the method's parameters are not known: the candidates of which nobody can say whether they admit the call,
   * since one counts positions where the other names arguments.
   */
  readonly unmatched: readonly string[];
  /** The shadow grants that would admit it. */
  readonly shadow: readonly string[];
  /** Whether the method was looked up: without it nobody knows its defaults, and what it returns by reference. */
  readonly isMethodKnown: boolean;
}

/**
 * `no_role`: some grant covers the method, none for this principal · `no_grant`: none covers it · `reserved`: only
 * wildcards would · `unmatched`: positions and names cannot be matched · the rest: what kept the nearest candidate from admitting it
 */
type Reason =
  | "allow"
  | "unmatched"
  | "no_role"
  | "no_grant"
  | "reserved"
  | "returns"
  | "args"
  | "peer"
  | "window"
  | "request_size";

interface Candidate {
  readonly grant: string;
  readonly at: Place;
  readonly conditions: readonly Condition[];
}

/** One thing that a grant asks for. */
export interface Condition {
  readonly on: "to" | "returns" | "via" | "from" | "valid" | "args" | "request";
  /** `args`: the argument, or the part of it */
  readonly path: string | undefined;
  readonly holds: boolean;
  readonly want: string;
  readonly got: string;
}

/** Who calls, from where, when, and how large the message is. */
export interface Circumstances {
  readonly principal: Principal;
  readonly peer: Peer & { readonly text?: string | undefined };
  readonly nowMs: number;
  readonly bytes: number;
}

/** Asks every grant that covers the method, and says of each what holds and what does not. Limits are not asked. */
export function explain(
  policy: Policy,
  call: CallLiteral,
  circumstances: Circumstances,
  catalogue: Catalogue | undefined,
): DecisionRecord {
  const entry = catalogue?.get(call.method);
  const bound = bindLiteral(call, entry);
  const method = entry ?? unknownMethod(call.method);
  const weigh = (grants: ReadonlyMap<string, GrantTree>): Candidate[] =>
    // A method that the daemon does not have is covered by nothing.
    catalogue !== undefined && entry === undefined
      ? []
      : ownFirst(
          [...grants.values()]
            .filter((grant) => reachOf(grant, method) !== undefined)
            .map((grant) => candidate(grant, bound, method, circumstances)),
        );
  const candidates = weigh(policy.tree.grants);
  const shadow = weigh(policy.tree.shadow);
  const isBound = !(bound instanceof Fault);
  const grant = isBound ? candidates.find(admits)?.grant : undefined;
  const nearest = grant === undefined ? nearestOf(candidates) : undefined;
  const unmatched =
    catalogue === undefined && grant === undefined
      ? candidates.filter((one) => isUnmatched(one, policy, call)).map((one) => one.grant)
      : [];
  const isUndecided = unmatched.length > 0;
  return {
    decision: grant !== undefined ? "allow" : isUndecided ? "undecided" : "deny",
    reason:
      grant !== undefined
        ? "allow"
        : isUndecided
          ? "unmatched"
          : reasonOf(policy, method, candidates, nearest),
    policy: policy.hash,
    principal: circumstances.principal.name,
    call: callText(call),
    grant,
    binding: isBound ? undefined : bound.detail,
    nearest,
    candidates,
    unmatched,
    shadow: isBound ? shadow.filter(admits).map((one) => one.grant) : [],
    isMethodKnown: catalogue !== undefined,
  };
}

/** Whoever asks wants to know of their own grants: those of others are mostly wider, and no way to mend anything. */
function ownFirst(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates.filter(isOwn), ...candidates.filter((one) => !isOwn(one))];
}

/** Whether it is for the principal. */
export function isOwn({ conditions }: Candidate): boolean {
  return conditions.some(({ on, holds }) => on === "to" && holds);
}

function admits({ conditions }: Candidate): boolean {
  return conditions.every(({ holds }) => holds);
}

function isUnmatched({ grant, conditions }: Candidate, { tree }: Policy, call: CallLiteral): boolean {
  return (
    conditions.every(({ on, holds }) => holds || on === "args") &&
    formsDiffer(tree.grants.get(grant)?.args, call)
  );
}

function formsDiffer(args: ArgsTree | undefined, { positional, named }: CallLiteral): boolean {
  if (args?.kind !== "record") return false;
  return (
    (positional.length > 0 && !args.fields.every(({ key }) => isPosition(key))) ||
    (Object.keys(named).length > 0 && args.fields.some(({ key }) => isPosition(key)))
  );
}

function candidate(
  grant: GrantTree,
  args: BoundArgs | Fault,
  { params, returns }: MethodEntry,
  { principal, peer, nowMs, bytes }: Circumstances,
): Candidate {
  const { id, at, to, via, from, valid, limits } = grant;
  const named = to.filter((subject) => isFor(subject, principal));
  const roles = principal.roles.length === 0 ? "no roles" : principal.roles.join(", ");
  const window = windowWords(valid);
  const conditions: Condition[] = [
    condition("to", named.length > 0, to.map(subjectText).join(" or "), `${principal.name} with ${roles}`),
  ];
  if (isLive(returns)) {
    const names = grant.returns.map(({ name }) => name);
    const got = names.length === 0 ? "nothing" : names.join(" or ");
    conditions.push(condition("returns", mayReturn(grant.returns, returns), liveName(returns), got));
  }
  if (via !== undefined)
    conditions.push(condition("via", via.includes(peer.via), via.join(" or "), peer.via));
  if (from !== undefined) {
    const got = peer.address === undefined ? NO_ADDRESS : (peer.text ?? "another address");
    const want = from.map(({ text }) => text).join(" or ");
    conditions.push(condition("from", includesAddress(from, peer.address), want, got));
  }
  if (window !== undefined)
    conditions.push(condition("valid", holdsAt(valid, nowMs), window, new Date(nowMs).toISOString()));
  conditions.push(...argsConditions(grant, args, params));
  if (limits?.requestBytes !== undefined) {
    const { requestBytes } = limits;
    conditions.push(
      condition("request", bytes <= requestBytes, `at most ${requestBytes} bytes`, `${bytes} bytes`),
    );
  }
  return { grant: id, at, conditions };
}

/** What a peer has that is in no network. */
export const NO_ADDRESS = "no address";

function argsConditions(
  { id, args }: GrantTree,
  found: BoundArgs | Fault,
  params: MethodEntry["params"],
): Condition[] {
  if (args === undefined)
    throw new Error(`the arguments of grant '${id}' were not read, yet it is explained`);
  if (found instanceof Fault) return [];
  const failed = failures(compileArgs(args, params), found);
  if (failed.length === 0)
    return [condition("args", true, args.kind === "record" ? "a record" : args.kind, "that")];
  return failed.map(({ path, want, got }) => ({ on: "args", path, holds: false, want, got }));
}

function condition(on: Condition["on"], holds: boolean, want: string, got: string): Condition {
  return { on, path: undefined, holds, want, got };
}

function nearestOf(candidates: readonly Candidate[]): DecisionRecord["nearest"] {
  const missing = ({ conditions }: Candidate): Condition[] => conditions.filter(({ holds }) => !holds);
  const own = candidates.filter(isOwn);
  const [nearest] = (own.length === 0 ? candidates : own)
    .filter((one) => missing(one).length > 0)
    .toSorted((a, b) => missing(a).length - missing(b).length);
  const first = nearest === undefined ? undefined : missing(nearest)[0];
  return nearest === undefined || first === undefined
    ? undefined
    : { ...first, grant: nearest.grant, at: nearest.at };
}

const REASONS: Readonly<Record<Condition["on"], Reason>> = {
  to: "no_role",
  returns: "returns",
  via: "peer",
  from: "peer",
  valid: "window",
  args: "args",
  request: "request_size",
};

function reasonOf(
  policy: Policy,
  method: MethodEntry,
  candidates: readonly Candidate[],
  nearest: DecisionRecord["nearest"],
): Reason {
  // Where every candidate that is for this principal holds but for the binding, it is the arguments.
  if (candidates.length > 0) {
    if (!candidates.some(isOwn)) return "no_role";
    return nearest === undefined ? "args" : REASONS[nearest.on];
  }
  const byWildcard = [...policy.tree.grants.values()].some(
    ({ call, except }) =>
      call.some((pattern) => covers(pattern, method.name)) &&
      !except.some((taken) => covers(taken, method.name)),
  );
  return isReserved(method) && byWildcard ? "reserved" : "no_grant";
}
