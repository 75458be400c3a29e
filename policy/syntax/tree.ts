import type { EnumValue } from "../../catalogue/catalogue.ts";
import type { NameTree } from "../../yaml/name-tree.ts";
import type { Place } from "../../yaml/problem.ts";
import type { GrantLimits } from "../base/limits.ts";
import type { Via } from "../base/via.ts";
import type { Dfa } from "../patterns/dfa.ts";
import type { PatternKind } from "../patterns/text-patterns.ts";
import type { Network } from "./cidr.ts";
import type { Pattern } from "./pattern.ts";
import type { TestTree } from "./test-tree.ts";
import type { Window } from "./window.ts";

/**
 * A policy as it was written, every part with its place; names may still point nowhere (check.ts). It is data through
 * and through, so that a thread which has read and checked a file can hand it to another.
 */
export interface PolicyTree {
  readonly roles: ReadonlyMap<string, RoleTree>;
  /** Where the section `roles` is, if there is one. */
  readonly rolesAt: Place | undefined;
  readonly identities: ReadonlyMap<string, IdentityTree>;
  readonly identitiesAt: Place | undefined;
  readonly authorities: ReadonlyMap<string, AuthorityTree>;
  readonly authoritiesAt: Place | undefined;
  readonly revoked: readonly RevokedTree[];
  readonly grants: ReadonlyMap<string, GrantTree>;
  /** Decided as grants are, reported, never enforced. */
  readonly shadow: ReadonlyMap<string, GrantTree>;
  readonly never: ReadonlyMap<string, NeverTree>;
  readonly tests: readonly TestTree[];
}

export interface RoleTree extends NameTree {
  readonly includes: readonly NameTree[];
}

export interface IdentityTree extends NameTree {
  readonly keys: readonly KeyTree[];
  readonly roles: readonly NameTree[];
  /** When its keys may log in. */
  readonly valid: Window;
  /** How many links its keys may be handed on by (docs/policy.md, "Identities"); 0 for none. */
  readonly narrow: number;
}

/** Whose certificates are accepted, and the most that they may say. */
export interface AuthorityTree extends NameTree {
  readonly keys: readonly KeyTree[];
  /** Patterns of the names that it may give. */
  readonly names: readonly NamePatternTree[];
  readonly roles: readonly NameTree[];
}

export interface NamePatternTree {
  readonly text: string;
  readonly at: Place;
  readonly dfa: Dfa;
}

/** What may not log in any longer: a key, wherever it stands, or one certificate of an authority. */
export type RevokedTree =
  | { readonly kind: "key"; readonly fingerprint: string; readonly at: Place }
  | { readonly kind: "certificate"; readonly authority: string; readonly serial: string; readonly at: Place };

export interface KeyTree {
  /** The 32 bytes of a key that passed the strict checks. */
  readonly bytes: Uint8Array;
  /** `SHA256:…` */
  readonly fingerprint: string;
  readonly at: Place;
}

export interface GrantTree {
  readonly id: string;
  readonly at: Place;
  readonly to: readonly SubjectTree[];
  readonly call: readonly Pattern[];
  readonly except: readonly Pattern[];
  /** Missing only where it could not be read: then an error keeps the policy from being compiled. */
  readonly args: ArgsTree | undefined;
  /** The channels that it is for; missing where all are. */
  readonly via: readonly Via[] | undefined;
  readonly viaAt: Place | undefined;
  /** The networks that it is for; missing where all are, and peers that have no address. */
  readonly from: readonly Network[] | undefined;
  readonly fromAt: Place | undefined;
  readonly valid: Window;
  readonly limits: GrantLimits | undefined;
  /** Interfaces and kinds of reference that its methods may return. */
  readonly returns: readonly NameTree[];
}

/** What no grant may allow, but to the holders of some roles. */
export interface NeverTree {
  readonly id: string;
  readonly at: Place;
  readonly call: readonly Pattern[];
  /** Missing where any arguments are meant. What it does not list may be absent or anything. */
  readonly args: readonly FieldTree[] | undefined;
  readonly unless: readonly SubjectTree[];
}

/** Whom a grant is for. The name of `everyone` is that word, that of a certificate `AUTHORITY/NAME`. */
export interface SubjectTree extends NameTree {
  readonly kind: "role" | "identity" | "certificate" | "everyone";
}

export type ArgsTree =
  | { readonly kind: "none" | "any"; readonly at: Place }
  | {
      readonly kind: "record";
      readonly at: Place;
      readonly fields: readonly FieldTree[];
      /** What `'*'` says of arguments that are not listed; without it there may be none. */
      readonly others: FieldTree | undefined;
    };

/** What a record of arguments, or a map in an argument, says of one of its keys. */
export interface FieldTree {
  /** A name, digits for a position, or `*`; in a map any key, or `*`. Without the `?`. */
  readonly key: string;
  readonly at: Place;
  readonly optional: boolean;
  readonly constraint: Constraint;
}

/** What a value must be. The bounds are inclusive; an open end is an infinity. */
export type Constraint =
  | { readonly kind: "any" | "bool" | "null" | "time" }
  | { readonly kind: "int" | "number"; readonly min: number; readonly max: number }
  /** Length in code points. */
  | { readonly kind: "string"; readonly min: number; readonly max: number }
  /** Length in bytes. */
  | { readonly kind: "bytes"; readonly min: number; readonly max: number }
  | { readonly kind: "enum"; readonly values: readonly EnumValue[] }
  /** A text that one of the patterns matches: the automaton is theirs together. */
  | { readonly kind: PatternKind; readonly patterns: readonly string[]; readonly dfa: Dfa }
  /** Length in elements. */
  | { readonly kind: "list"; readonly of: Constraint; readonly min: number; readonly max: number }
  | {
      readonly kind: "map";
      readonly fields: readonly FieldTree[];
      /** What `'*'` says of keys that are not listed; without it there may be none. */
      readonly others: FieldTree | undefined;
    }
  | ReferenceConstraint
  /** Any one of them: none is itself of this kind, and there is at least one. */
  | { readonly kind: "one_of"; readonly alternatives: readonly Constraint[] };

/** What the method may do with a live thing of the caller's. It admits any of its kind: the bounds are kept while it lives. */
export type ReferenceConstraint =
  | (ReferenceBounds & { readonly kind: "callback"; readonly calls: number })
  | (ReferenceBounds & { readonly kind: "stream"; readonly maxBytes: number })
  | (ReferenceBounds & {
      readonly kind: "object";
      readonly methods: readonly string[];
      readonly calls: number;
    });

interface ReferenceBounds {
  /** How long it may be used, in milliseconds. */
  readonly forMs: number;
  /** Whether it may be passed on to another client. */
  readonly share: boolean;
}

/** Whether a constraint is about a live thing, and not about data. */
export function isReference(constraint: Constraint): constraint is ReferenceConstraint {
  return constraint.kind === "callback" || constraint.kind === "stream" || constraint.kind === "object";
}
