import { type Catalogue, isLive, liveName, type MethodEntry } from "../../catalogue/catalogue.ts";
import { covers, type Pattern, REACHES, RESERVED_PREFIX, type Reach } from "../syntax/pattern.ts";
import type { GrantTree } from "../syntax/tree.ts";

/** A method that a grant covers, and the most exact way in which it names it. */
export interface Covered {
  readonly method: MethodEntry;
  readonly reach: Reach;
}

/** Which methods of one catalogue the patterns of grants cover. */
export class Coverage {
  readonly #catalogue: Catalogue;
  /** Wildcards are few and stand in many grants: each is held against the catalogue once. */
  readonly #wildcards = new Map<string, readonly MethodEntry[]>();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** What `call` covers less what `except` does, and what returns more than `returns` says; by the methods' names. */
  of(grant: Pick<GrantTree, "call" | "except" | "returns">): Map<string, Covered> {
    return new Map(
      [...this.named(grant)].filter(([, { method }]) => mayReturn(grant.returns, method.returns)),
    );
  }

  /** The same, whatever the methods return. */
  named({ call, except }: Pick<GrantTree, "call" | "except">): Map<string, Covered> {
    const covered = new Map<string, Covered>();
    for (const pattern of call) {
      for (const method of this.#methods(pattern)) {
        const before = covered.get(method.name);
        if (before !== undefined && !isCloser(pattern.reach, before.reach)) continue;
        // A reserved name is out of reach for the wildcards of `call` only: `except` takes away, and what
        // looks taken away has to be.
        if (before === undefined && except.some((taken) => covers(taken, method.name))) continue;
        covered.set(method.name, { method, reach: pattern.reach });
      }
    }
    return covered;
  }

  #methods(pattern: Pattern): readonly MethodEntry[] {
    if (pattern.reach === "exact") {
      const method = this.#catalogue.get(pattern.text);
      return method === undefined ? [] : [method];
    }
    let methods = this.#wildcards.get(pattern.text);
    if (methods === undefined) {
      methods = [...this.#catalogue.values()].filter(
        (method) => !isReserved(method) && covers(pattern, method.name),
      );
      this.#wildcards.set(pattern.text, methods);
    }
    return methods;
  }
}

/** A live result outlives its call, so a grant says which it lets out. */
export function mayReturn(named: GrantTree["returns"], shape: MethodEntry["returns"]): boolean {
  return !isLive(shape) || named.some(({ name }) => name === liveName(shape));
}

/** How `call` of a grant names one method, less what `except` takes away; whatever the method returns. */
export function reachOf(
  { call, except }: Pick<GrantTree, "call" | "except">,
  method: MethodEntry,
): Reach | undefined {
  if (except.some((taken) => covers(taken, method.name))) return undefined;
  const reaches = call
    .filter((pattern) => covers(pattern, method.name) && (pattern.reach === "exact" || !isReserved(method)))
    .map(({ reach }) => reach);
  return REACHES.find((reach) => reaches.includes(reach));
}

/** Whether candidates of the one reach are tried before those of the other. */
export function isCloser(a: Reach, b: Reach): boolean {
  return REACHES.indexOf(a) < REACHES.indexOf(b);
}

/** Whether only its exact name covers a method. */
export function isReserved({ name, reserved }: MethodEntry): boolean {
  return reserved || name.startsWith(RESERVED_PREFIX);
}
