import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Reach } from "../syntax/pattern.ts";
import type { GrantTree } from "../syntax/tree.ts";
import { holdsAt, type Window } from "../syntax/window.ts";
import { compileArgs, isPosition } from "./args.ts";
import { Candidates } from "./candidates.ts";
import type { CompiledGrant } from "./compiled-grant.ts";
import { Coverage } from "./coverage.ts";
import type { Sort } from "./grant-index.ts";

/** What a principal may call for some time. */
export interface Table {
  /** For every method that it has a grant for, the grants in the order in which they are tried. */
  readonly rows: ReadonlyMap<string, Candidates>;
  /** When it is right: at other times grants begin or end. */
  readonly valid: Window;
}

/** As many sorts of principals are kept ready; a sort is a set of roles, and few policies have more. */
export const MAX_TABLES = 256;

/** The tables of one section of grants for one catalogue: made when they are first asked for, and kept. */
export class Tables {
  readonly #coverage: Coverage;
  /** Bounded by the file and the catalogue. */
  readonly #compiled = new Map<GrantTree, ReadonlyMap<string, CompiledGrant>>();
  /** For each of those the candidates that are it alone. */
  readonly #single = new Map<CompiledGrant, Candidates>();
  /** The one that was asked for last is the last. */
  readonly #sorts = new Map<string, TimedTable>();

  constructor(catalogue: Catalogue) {
    this.#coverage = new Coverage(catalogue);
  }

  of({ key, grants }: Sort, nowMs: number): Table {
    const timed = this.#sorts.get(key) ?? new TimedTable(grants(), (holding) => this.#rows(holding));
    this.#sorts.delete(key);
    this.#sorts.set(key, timed);
    if (this.#sorts.size > MAX_TABLES) {
      const [oldest] = this.#sorts.keys();
      if (oldest !== undefined) this.#sorts.delete(oldest);
    }
    return timed.at(nowMs);
  }

  #rows(grants: readonly GrantTree[]): Table["rows"] {
    const rows = new Map<string, CompiledGrant[]>();
    for (const grant of grants) {
      for (const [method, compiled] of this.#compile(grant)) {
        const candidates = rows.get(method);
        if (candidates === undefined) rows.set(method, [compiled]);
        else candidates.push(compiled);
      }
    }
    return new Map([...rows].map(([method, candidates]) => [method, this.#candidates(candidates)]));
  }

  /** Most methods have one grant, in many tables: what is shared stays near in memory. */
  #candidates(grants: readonly CompiledGrant[]): Candidates {
    const [only, ...others] = grants;
    if (only === undefined || others.length > 0) return new Candidates(grants);
    let candidates = this.#single.get(only);
    if (candidates === undefined) {
      candidates = new Candidates(grants);
      this.#single.set(only, candidates);
    }
    return candidates;
  }

  #compile(grant: GrantTree): ReadonlyMap<string, CompiledGrant> {
    const known = this.#compiled.get(grant);
    if (known !== undefined) return known;
    const compiled = compileGrant(grant, this.#coverage);
    this.#compiled.set(grant, compiled);
    return compiled;
  }
}

/** The table of one sort, made anew when a grant begins or ends. */
class TimedTable {
  readonly #grants: readonly GrantTree[];
  readonly #rows: (holding: readonly GrantTree[]) => Table["rows"];
  /** The moments at which a grant begins or ends, in their order. */
  readonly #moments: readonly number[];
  #table: Table | undefined;

  constructor(grants: readonly GrantTree[], rows: (holding: readonly GrantTree[]) => Table["rows"]) {
    this.#grants = grants;
    this.#rows = rows;
    const ends = grants.flatMap(({ valid }) => [valid.sinceMs, valid.untilMs]);
    this.#moments = [...new Set(ends)].filter(Number.isFinite).toSorted((a, b) => a - b);
  }

  at(nowMs: number): Table {
    if (this.#table === undefined || !holdsAt(this.#table.valid, nowMs)) {
      const holding = this.#grants.filter(({ valid }) => holdsAt(valid, nowMs));
      this.#table = { rows: this.#rows(holding), valid: this.#windowAround(nowMs) };
    }
    return this.#table;
  }

  #windowAround(nowMs: number): Window {
    return {
      sinceMs: this.#moments.findLast((moment) => moment <= nowMs) ?? Number.NEGATIVE_INFINITY,
      untilMs: this.#moments.find((moment) => moment > nowMs) ?? Number.POSITIVE_INFINITY,
    };
  }
}

function compileGrant(grant: GrantTree, coverage: Coverage): ReadonlyMap<string, CompiledGrant> {
  const { id, args } = grant;
  if (args === undefined) throw new Error(`the arguments of grant '${id}' were not read, yet it is compiled`);
  const compiled = new Map<string, CompiledGrant>();
  // Only what counts positions says something else for each method.
  const isShared = args.kind !== "record" || !args.fields.some(({ key }) => isPosition(key));
  const shared = new Map<Reach, CompiledGrant>();
  for (const [name, { method, reach }] of coverage.of(grant)) {
    const known = isShared ? shared.get(reach) : undefined;
    const made = known ?? compiledGrant(grant, reach, compileArgs(args, method.params));
    shared.set(reach, made);
    compiled.set(name, made);
  }
  return compiled;
}

function compiledGrant(
  { id, at, limits }: GrantTree,
  reach: CompiledGrant["reach"],
  rule: CompiledGrant["rule"],
): CompiledGrant {
  const { rate, concurrent, timeoutMs, requestBytes = Number.POSITIVE_INFINITY } = limits ?? {};
  const isMetered = rate !== undefined || concurrent !== undefined;
  const grant = {
    id,
    at,
    reach,
    rule,
    requestBytes,
    timeoutMs,
    meter: isMetered ? { rate, concurrent } : undefined,
  };
  const compiled: CompiledGrant = {
    ...grant,
    // Made once, so that allowing makes no object.
    allowed: Object.freeze({
      allowed: true as const,
      get grant(): CompiledGrant {
        return compiled;
      },
    }),
  };
  return compiled;
}
