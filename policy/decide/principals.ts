import { accepts } from "../patterns/dfa.ts";
import type { IdentityTree, PolicyTree } from "../syntax/tree.ts";
import { holdsAt, type Window } from "../syntax/window.ts";
import { flatten } from "./roles.ts";

/** Somebody whom the policy knows, by a pinned key or by a certificate. */
export interface Principal {
  /** `id:alice`; `id:fleet-ca/web-7.fleet.example` for a certificate, so that no authority can give a pinned name */
  readonly name: string;
  /** All of them, through includes; sorted. */
  readonly roles: readonly string[];
  /** When it is known. */
  readonly valid: Window;
}

/** Why a key may not log in. `expired` is also what is not valid yet. */
export type LoginRefusal = "unknown_key" | "revoked" | "expired";

/** Why a certificate is not taken: its authority is not declared, or it says more than that may. */
export type Excess = "unknown_authority" | "name_exceeded" | "roles_exceeded";

/** A principal, or the reason why there is none. */
export type PrincipalOr<Reason> =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly reason: Reason };

/** Who is known to a policy. */
export class Principals {
  readonly #tree: PolicyTree;
  readonly #byKey = new Map<string, Principal>();
  readonly #byName = new Map<string, Principal>();
  readonly #revoked: ReadonlySet<string>;

  constructor(tree: PolicyTree) {
    this.#tree = tree;
    for (const identity of tree.identities.values()) {
      const principal = this.#pinned(identity);
      this.#byName.set(identity.name, principal);
      for (const key of identity.keys) this.#byKey.set(key.fingerprint, principal);
    }
    this.#revoked = new Set(tree.revoked.filter((one) => one.kind === "key").map((one) => one.fingerprint));
  }

  /** Whose key this is, by its fingerprint. A revoked key is nobody's, whatever else the policy says of it. */
  principalOfKey(print: string, nowMs: number): PrincipalOr<LoginRefusal> {
    if (this.#revoked.has(print)) return { ok: false, reason: "revoked" };
    const principal = this.#byKey.get(print);
    if (principal === undefined) return { ok: false, reason: "unknown_key" };
    return holdsAt(principal.valid, nowMs) ? { ok: true, principal } : { ok: false, reason: "expired" };
  }

  /** A pinned identity. @param name - without the `id:` */
  identity(name: string): Principal | undefined {
    return this.#byName.get(name);
  }

  /** Whether every key of the identity is revoked. */
  isRevoked(name: string): boolean {
    const keys = this.#tree.identities.get(name)?.keys ?? [];
    return keys.length > 0 && keys.every((key) => this.#revoked.has(key.fingerprint));
  }

  /** Who shows a certificate with this name and these roles. Too much of either is a refusal, never trimmed. */
  principalOfCertificate(
    authority: string,
    name: string,
    roles: readonly string[],
    valid: Window,
  ): PrincipalOr<Excess> {
    const declared = this.#tree.authorities.get(authority);
    if (declared === undefined) return { ok: false, reason: "unknown_authority" };
    if (!declared.names.some(({ dfa }) => accepts(dfa, name))) return { ok: false, reason: "name_exceeded" };
    const most = new Set(declared.roles.map((role) => role.name));
    if (!roles.every((role) => most.has(role))) return { ok: false, reason: "roles_exceeded" };
    return { ok: true, principal: this.#principal(`id:${authority}/${name}`, roles, valid) };
  }

  #pinned({ name, roles, valid }: IdentityTree): Principal {
    return this.#principal(
      `id:${name}`,
      roles.map((role) => role.name),
      valid,
    );
  }

  #principal(name: string, roles: readonly string[], valid: Window): Principal {
    const held = [...flatten(roles, this.#tree.roles)].toSorted();
    return Object.freeze({ name, roles: Object.freeze(held), valid });
  }
}
