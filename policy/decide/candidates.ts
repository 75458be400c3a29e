import type { BoundArgs } from "./args.ts";
import type { CompiledGrant } from "./compiled-grant.ts";
import { isCloser } from "./coverage.ts";

/** From so many grants on it pays to look at an argument first. */
const DISPATCH_FROM = 8;

const NONE: readonly CompiledGrant[] = [];

/**
 * The grants that may admit a call of one method, in the order in which they are tried: exact names before `*` before
 * `**`, then by their ids.
 *
 * Where there are many, and each asks for one of some values of the same argument, they are kept by those values:
 *
 *     service.restart(unit=…)   web → [web-team]   db → [dba, on-call]   mail → [mail-team]
 */
export class Candidates {
  readonly all: readonly CompiledGrant[];
  readonly #by:
    | { readonly name: string; readonly groups: ReadonlyMap<unknown, readonly CompiledGrant[]> }
    | undefined;

  constructor(grants: readonly CompiledGrant[]) {
    this.all = grants.toSorted(byReachThenId);
    this.#by = grants.length < DISPATCH_FROM ? undefined : grouped(this.all);
  }

  /** Those that the arguments do not rule out at a glance; the others would not admit them. */
  for(args: BoundArgs): readonly CompiledGrant[] {
    if (this.#by === undefined) return this.all;
    const { name, groups } = this.#by;
    return Object.hasOwn(args, name) ? (groups.get(args[name]) ?? NONE) : NONE;
  }
}

function byReachThenId(a: CompiledGrant, b: CompiledGrant): number {
  if (a.reach !== b.reach) return isCloser(a.reach, b.reach) ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** By the values of the first argument that every grant requires to be one of some. */
function grouped(
  grants: readonly CompiledGrant[],
): { readonly name: string; readonly groups: ReadonlyMap<unknown, readonly CompiledGrant[]> } | undefined {
  const [first] = grants;
  const name = first?.rule.listed.find((one) =>
    grants.every(({ rule }) => requiredValues(rule, one.name) !== undefined),
  )?.name;
  if (name === undefined) return undefined;
  // A Map compares as the Set of a single enum does: −0 is 0, and there is no NaN.
  const groups = new Map<unknown, CompiledGrant[]>();
  for (const grant of grants) {
    for (const value of new Set(requiredValues(grant.rule, name))) {
      const group = groups.get(value);
      if (group === undefined) groups.set(value, [grant]);
      else group.push(grant);
    }
  }
  return { name, groups };
}

function requiredValues({ listed }: CompiledGrant["rule"], name: string): readonly unknown[] | undefined {
  const field = listed.find((one) => one.name === name);
  return field !== undefined && !field.optional && field.constraint.kind === "enum"
    ? field.constraint.values
    : undefined;
}
