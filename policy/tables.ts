import type { Catalogue } from "../base/catalogue.ts";
import { compileArgs } from "./args.ts";
import { Coverage, isCloser } from "./coverage.ts";
import type { CompiledGrant } from "./decide.ts";
import type { GrantTree } from "./tree.ts";

/** For every method that the principal has a grant for, the grants in the order in which they are tried. */
export type Table = ReadonlyMap<string, readonly CompiledGrant[]>;

/** As many sorts of principals are kept ready; a sort is a set of roles, and few policies have more. */
export const MAX_TABLES = 256;

/** The tables of one policy for one catalogue: made when they are first asked for, and kept. */
export class Tables {
  readonly #coverage: Coverage;
  /** Bounded by the file and the catalogue. */
  readonly #compiled = new Map<GrantTree, ReadonlyMap<string, CompiledGrant>>();
  /** The one that was asked for last is the last. */
  readonly #tables = new Map<string, Table>();

  constructor(catalogue: Catalogue) {
    this.#coverage = new Coverage(catalogue);
  }

  /**
   * @param sort - the same for principals who have the same grants
   * @param grants - gives the grants of that sort; asked only if there is no table yet
   */
  of(sort: string, grants: () => Iterable<GrantTree>): Table {
    const table = this.#tables.get(sort) ?? this.#make(grants());
    this.#tables.delete(sort);
    this.#tables.set(sort, table);
    if (this.#tables.size > MAX_TABLES) {
      const [oldest] = this.#tables.keys();
      if (oldest !== undefined) this.#tables.delete(oldest);
    }
    return table;
  }

  #make(grants: Iterable<GrantTree>): Table {
    const table = new Map<string, CompiledGrant[]>();
    for (const grant of grants) {
      for (const [method, compiled] of this.#compile(grant)) {
        const candidates = table.get(method);
        if (candidates === undefined) table.set(method, [compiled]);
        else candidates.push(compiled);
      }
    }
    for (const candidates of table.values()) candidates.sort(byReachThenId);
    return table;
  }

  #compile(grant: GrantTree): ReadonlyMap<string, CompiledGrant> {
    const known = this.#compiled.get(grant);
    if (known !== undefined) return known;
    const compiled = compileGrant(grant, this.#coverage);
    this.#compiled.set(grant, compiled);
    return compiled;
  }
}

function compileGrant(grant: GrantTree, coverage: Coverage): ReadonlyMap<string, CompiledGrant> {
  const { id, at, args } = grant;
  if (args === undefined) throw new Error(`the arguments of grant '${id}' were not read, yet it is compiled`);
  const allowed = Object.freeze({ allowed: true, by: id } as const);
  const compiled = new Map<string, CompiledGrant>();
  // `none` and `any` say the same for every method.
  const shared = args.kind === "record" ? undefined : compileArgs(args, []);
  for (const [name, { method, reach }] of coverage.of(grant)) {
    compiled.set(name, { id, at, reach, rule: shared ?? compileArgs(args, method.params), allowed });
  }
  return compiled;
}

function byReachThenId(a: CompiledGrant, b: CompiledGrant): number {
  if (a.reach !== b.reach) return isCloser(a.reach, b.reach) ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
