import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { GrantTree, PolicyTree } from "../syntax/tree.ts";
import type { Window } from "../syntax/window.ts";
import { GrantIndex, type Peer } from "./grant-index.ts";
import {
  type Excess,
  type LoginRefusal,
  type Principal,
  type PrincipalOr,
  Principals,
} from "./principals.ts";
import { type Table, Tables } from "./tables.ts";

/** Makes a policy of a tree in which {@link check} found no error. @param hash - of the bytes of the file */
export function compile(tree: PolicyTree, hash: string): Policy {
  return new Policy(tree, hash);
}

/** A policy that is fit to decide. It never changes: a new file makes a new one. */
class Policy {
  /** `sha256:` and the hash of the file in hex. */
  readonly hash: string;
  readonly tree: PolicyTree;
  readonly #principals: Principals;
  readonly #grants: Granted;
  readonly #shadow: Granted;

  constructor(tree: PolicyTree, hash: string) {
    this.hash = hash;
    this.tree = tree;
    this.#principals = new Principals(tree);
    this.#grants = new Granted(tree.grants);
    this.#shadow = new Granted(tree.shadow);
  }

  /** Whose key this is, if it may log in. @param print - the key's fingerprint, `SHA256:…` */
  principalOfKey(print: string, nowMs: number): PrincipalOr<LoginRefusal> {
    return this.#principals.principalOfKey(print, nowMs);
  }

  /** A pinned identity, whether it may log in now or not. @param name - without the `id:` */
  identity(name: string): Principal | undefined {
    return this.#principals.identity(name);
  }

  /** Whether every key of a pinned identity is revoked. */
  isRevoked(name: string): boolean {
    return this.#principals.isRevoked(name);
  }

  /** Who shows a certificate with this name and these roles, or why nobody can. */
  principalOfCertificate(
    authority: string,
    name: string,
    roles: readonly string[],
    valid: Window,
  ): PrincipalOr<Excess> {
    return this.#principals.principalOfCertificate(authority, name, roles, valid);
  }

  /**
   * The session's own table: for every method of the catalogue that a grant covers for this principal, peer and
   * moment, the candidates to {@link decide} with. A method that is not in it is denied.
   */
  table(principal: Principal, peer: Peer, catalogue: Catalogue, nowMs: number): Table {
    return this.#grants.table(principal, peer, catalogue, nowMs);
  }

  /** The same of the shadow grants, which admit nothing. */
  shadowTable(principal: Principal, peer: Peer, catalogue: Catalogue, nowMs: number): Table {
    return this.#shadow.table(principal, peer, catalogue, nowMs);
  }
}

export type { Policy };

/** A section of grants, made ready for the catalogues that it is asked about. */
class Granted {
  readonly #index: GrantIndex;
  readonly #tables = new WeakMap<Catalogue, Tables>();

  constructor(grants: ReadonlyMap<string, GrantTree>) {
    this.#index = new GrantIndex(grants.values());
  }

  table(principal: Principal, peer: Peer, catalogue: Catalogue, nowMs: number): Table {
    let tables = this.#tables.get(catalogue);
    if (tables === undefined) {
      tables = new Tables(catalogue);
      this.#tables.set(catalogue, tables);
    }
    return tables.of(this.#index.sortOf(principal, peer), nowMs);
  }
}
