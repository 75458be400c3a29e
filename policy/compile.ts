import type { Catalogue } from "../base/catalogue.ts";
import type { PublicKey } from "../base/ed25519.ts";
import { fingerprint } from "../base/public-key.ts";
import { flatten } from "./roles.ts";
import { type Table, Tables } from "./tables.ts";
import type { GrantTree, PolicyTree } from "./tree.ts";

/** Somebody whom the policy knows. */
export interface Principal {
  /** `id:alice` */
  readonly name: string;
  /** `alice` */
  readonly identity: string;
  /** All of them, through includes; sorted. */
  readonly roles: readonly string[];
}

/** Makes a policy of a tree in which {@link check} found no error. @param hash - of the bytes of the file */
export function compile(tree: PolicyTree, hash: string): Policy {
  return new Policy(tree, hash);
}

/** A policy that is fit to decide. It never changes: a new file makes a new one. */
class Policy {
  /** `sha256:` and the hash of the file in hex. */
  readonly hash: string;
  readonly #principals: ReadonlyMap<string, Principal>;
  readonly #grants: ReadonlyMap<string, readonly GrantTree[]>;
  readonly #tables = new WeakMap<Catalogue, Tables>();

  constructor(tree: PolicyTree, hash: string) {
    this.hash = hash;
    this.#principals = principalsByKey(tree);
    this.#grants = grantsBySubject(tree);
  }

  /** Whose key this is, if the policy knows it. */
  principalOf(key: PublicKey): Principal | undefined {
    return this.#principals.get(fingerprint(key));
  }

  /**
   * The session's own table: for every method of the catalogue that a grant covers for this principal, the
   * candidates to {@link decide} with. A method that is not in it is denied.
   */
  table(principal: Principal, catalogue: Catalogue): Table {
    let tables = this.#tables.get(catalogue);
    if (tables === undefined) {
      tables = new Tables(catalogue);
      this.#tables.set(catalogue, tables);
    }
    const subjects = this.#subjects(principal);
    // The names have neither spaces nor colons.
    return tables.of(subjects.join(" "), () => this.#grantsOf(subjects));
  }

  /** What of the principal a grant may name. Principals with the same subjects have the same grants. */
  #subjects({ name, roles }: Principal): string[] {
    const named = ["everyone", name, ...roles.map((role) => `role:${role}`)];
    return [...new Set(named)].filter((subject) => this.#grants.has(subject)).toSorted();
  }

  /** Each grant once, however many of the subjects it names. */
  #grantsOf(subjects: readonly string[]): Set<GrantTree> {
    return new Set(subjects.flatMap((subject) => this.#grants.get(subject) ?? []));
  }
}

export type { Policy };

function principalsByKey({ identities, roles: declared }: PolicyTree): Map<string, Principal> {
  const principals = new Map<string, Principal>();
  for (const { name: identity, keys, roles } of identities.values()) {
    const held = flatten(
      roles.map(({ name }) => name),
      declared,
    );
    const principal = Object.freeze({
      name: `id:${identity}`,
      identity,
      roles: Object.freeze([...held].toSorted()),
    });
    for (const key of keys) principals.set(key.fingerprint, principal);
  }
  return principals;
}

/** The grants by `everyone`, `id:NAME` and `role:NAME`. */
function grantsBySubject({ grants }: PolicyTree): Map<string, GrantTree[]> {
  const bySubject = new Map<string, GrantTree[]>();
  for (const grant of grants.values()) {
    for (const { kind, name } of grant.to) {
      const subject = kind === "everyone" ? kind : `${kind === "identity" ? "id" : "role"}:${name}`;
      const known = bySubject.get(subject);
      if (known === undefined) bySubject.set(subject, [grant]);
      else known.push(grant);
    }
  }
  return bySubject;
}
