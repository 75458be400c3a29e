import { isInside } from "./decide/naive-peer.ts";
import { isPlain, type ModelConstraint, recordFits } from "./decide/naive-values.ts";
import { globMatches } from "./patterns/naive-patterns.ts";

export { fits, type ModelConstraint } from "./decide/naive-values.ts";

/**
 * The policy language once more, straight from its description and as plainly as possible: no tables, no
 * classes, no compiling, nothing shared with the rest. What both say is held against each other.
 */
export interface Model {
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly identities: Readonly<Record<string, ModelIdentity>>;
  readonly authorities: Readonly<Record<string, ModelAuthority>>;
  /** The identities whose key, each has one, is revoked. */
  readonly revoked: readonly string[];
  readonly grants: Readonly<Record<string, ModelGrant>>;
  /** Nothing below looks at these: they never change a decision. */
  readonly shadow?: Readonly<Record<string, ModelGrant>>;
}

export interface ModelIdentity {
  readonly roles: readonly string[];
  readonly valid?: ModelWindow;
}

/** An authority of certificates, and the most that they may assert. */
export interface ModelAuthority {
  /** globs */
  readonly names: readonly string[];
  readonly roles: readonly string[];
}

/** From `since` until just before `until`, in milliseconds of the epoch. An end that is missing is open. */
export interface ModelWindow {
  readonly since?: number;
  readonly until?: number;
}

/** A condition that is missing always holds; without `returns` no reference may be returned. */
export interface ModelGrant {
  readonly to: readonly string[];
  readonly call: readonly string[];
  readonly except: readonly string[];
  readonly args: "none" | "any" | Readonly<Record<string, ModelConstraint>>;
  readonly via?: readonly ModelPeer["via"][];
  /** CIDRs */
  readonly from?: readonly string[];
  readonly valid?: ModelWindow;
  /** `request` is in bytes. */
  readonly limits?: { readonly request?: number };
  readonly returns?: readonly string[];
}

export interface ModelMethod {
  readonly name: string;
  readonly params: readonly string[];
  readonly reserved: boolean;
  /** `callback`, `stream`, or the name of the interface of an object; missing where the result is data. */
  readonly returns?: string;
}

/** Who calls: whoever holds the key of an identity, or of a certificate that is well signed and not over. */
export type ModelPrincipal =
  | { readonly kind: "identity"; readonly name: string }
  | {
      readonly kind: "certificate";
      readonly authority: string;
      readonly name: string;
      readonly roles: readonly string[];
    };

export interface ModelPeer {
  readonly via: "unix" | "tls" | "stream";
  /** The IP address, where the transport has one. */
  readonly address?: string;
}

export interface ModelCall {
  readonly principal: ModelPrincipal;
  readonly method: ModelMethod;
  readonly args: Readonly<Record<string, unknown>>;
  readonly peer: ModelPeer;
  /** milliseconds of the epoch */
  readonly nowMs: number;
  readonly requestBytes: number;
}

/** Whether a principal may log in, and if not, why. Of several reasons it is the first in this order. */
export function knows(
  { identities, authorities, revoked }: Model,
  principal: ModelPrincipal,
  nowMs: number,
): "good" | "unknown" | "revoked" | "expired" | "exceeded" {
  if (principal.kind === "identity") {
    const identity = own(identities, principal.name);
    if (identity === undefined) return "unknown";
    if (revoked.includes(principal.name)) return "revoked";
    return isDuring(identity.valid, nowMs) ? "good" : "expired";
  }
  const authority = own(authorities, principal.authority);
  if (authority === undefined) return "unknown";
  // The roles are held against the list as it is written: that a role includes another counts in grants only.
  const isWithin =
    authority.names.some((name) => globMatches(name, principal.name)) &&
    principal.roles.every((role) => authority.roles.includes(role));
  return isWithin ? "good" : "exceeded";
}

/** Whether one of the grants allows the call, of a principal that {@link knows} finds good. */
export function mayCall(
  model: Model,
  { principal, method, args, peer, nowMs, requestBytes }: ModelCall,
): boolean {
  return Object.values(model.grants).some(
    (grant) =>
      grant.to.some((subject) => isFor(model, subject, principal)) &&
      covers(grant, method) &&
      argsFit(grant.args, method.params, args) &&
      (method.returns === undefined || (grant.returns ?? []).includes(method.returns)) &&
      (grant.via === undefined || grant.via.includes(peer.via)) &&
      (grant.from === undefined || grant.from.some((cidr) => comesFrom(peer, cidr))) &&
      isDuring(grant.valid, nowMs) &&
      requestBytes <= (grant.limits?.request ?? Infinity),
  );
}

function isFor(model: Model, subject: string, principal: ModelPrincipal): boolean {
  const isIdentity = principal.kind === "identity";
  const name = isIdentity ? principal.name : `${principal.authority}/${principal.name}`;
  const roles = isIdentity ? (own(model.identities, name)?.roles ?? []) : principal.roles;
  return (
    subject === "everyone" || subject === `id:${name}` || roles.some((role) => holds(model, role, subject))
  );
}

function holds(model: Model, role: string, wanted: string): boolean {
  return role === wanted || (own(model.roles, role) ?? []).some((included) => holds(model, included, wanted));
}

/** Whether the method is one of those that the grant is about. */
export function covers(grant: ModelGrant, method: ModelMethod): boolean {
  return (
    grant.call.some((pattern) => reaches(pattern, method)) &&
    !grant.except.some((pattern) => matches(pattern.split("."), method.name.split(".")))
  );
}

function reaches(pattern: string, { name, reserved }: ModelMethod): boolean {
  if (reserved || name.startsWith("rpcd.")) return pattern === name;
  return matches(pattern.split("."), name.split("."));
}

function matches([first, ...pattern]: readonly string[], [segment, ...rest]: readonly string[]): boolean {
  if (first === undefined || segment === undefined) return first === segment;
  if (first === "**") return true;
  return (first === "*" || first === segment) && matches(pattern, rest);
}

function comesFrom({ address }: ModelPeer, cidr: string): boolean {
  return address !== undefined && isInside(address, cidr);
}

function isDuring({ since = -Infinity, until = Infinity }: ModelWindow = {}, nowMs: number): boolean {
  return since <= nowMs && nowMs < until;
}

function argsFit(
  rule: ModelGrant["args"],
  params: readonly string[],
  args: Readonly<Record<string, unknown>>,
): boolean {
  if (rule === "none") return Object.keys(args).length === 0;
  if (rule === "any") return Object.values(args).every(isPlain);
  const nameOf = (key: string): string => (/^[0-9]+$/.test(key) ? (params[Number(key)] ?? key) : key);
  return recordFits(rule, nameOf, args);
}

/** What stands in the record under that name itself: a name may be one that every object of JavaScript has. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
