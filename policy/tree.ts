import type { EnumValue } from "../base/catalogue.ts";
import type { PublicKey } from "../base/ed25519.ts";
import type { Dfa } from "./dfa.ts";
import type { Pattern } from "./pattern.ts";
import type { Place } from "./problem.ts";
import type { PatternKind } from "./text-patterns.ts";

/** A policy as it was written, every part with its place; names may still point nowhere (check.ts). */
export interface PolicyTree {
  readonly roles: ReadonlyMap<string, RoleTree>;
  /** Where the section `roles` is, if there is one. */
  readonly rolesAt: Place | undefined;
  readonly identities: ReadonlyMap<string, IdentityTree>;
  readonly identitiesAt: Place | undefined;
  readonly grants: ReadonlyMap<string, GrantTree>;
}

/** A word that points at something declared elsewhere. */
export interface NameTree {
  readonly name: string;
  readonly at: Place;
}

export interface RoleTree extends NameTree {
  readonly includes: readonly NameTree[];
}

export interface IdentityTree extends NameTree {
  readonly keys: readonly KeyTree[];
  readonly roles: readonly NameTree[];
}

export interface KeyTree {
  readonly key: PublicKey;
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
}

/** Whom a grant is for. The name of `everyone` is that word. */
export interface SubjectTree extends NameTree {
  readonly kind: "role" | "identity" | "everyone";
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
  /** Any one of them: none is itself of this kind, and there is at least one. */
  | { readonly kind: "one_of"; readonly alternatives: readonly Constraint[] };
