import type { loadPolicy } from "rpcd/policy";

/*
 * Policies of any size, and calls under them, from a seed: the same on every machine. A method is SERVICE.METHOD with the
 * parameters unit, count and note; a principal holds some roles; a grant is for one or two of them.
 *
 *     grants   17 of 20 name one or two methods, two are `s7.*`, one is `s7.**`
 *     args     in turn: any · an enum and a range · a glob · a regular expression and a range
 *     calls    7 of 10 of a method that some grant gives to the caller, the others of any
 */

export type Catalogue = NonNullable<Parameters<typeof loadPolicy>[1]>;
type Method = Catalogue extends ReadonlyMap<string, infer M> ? M : never;

export interface Size {
  readonly grants: number;
  readonly roles: number;
}

/** The seed's own numbers: neither fast nor secret, only always the same (xorshift32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0, below the bound. */
  below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }

  of<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new Error("nothing to choose from");
    return found;
  }
}

const SERVICES = 100;
const METHODS_EACH = 20;
const PRINCIPALS = 500;
const ROLES_EACH = 8;

export const METHOD_NAMES: readonly string[] = Array.from(
  { length: SERVICES * METHODS_EACH },
  (_, i) => `s${Math.floor(i / METHODS_EACH)}.m${i % METHODS_EACH}`,
);

export const UNITS = ["web", "api", "db", "mail", "queue"] as const;

export function catalogue(): Catalogue {
  return new Map(METHOD_NAMES.map((name) => [name, methodOf(name)]));
}

function methodOf(name: string): Method {
  return {
    name,
    doc: "",
    params: [
      { name: "unit", shape: { type: "string" }, optional: false },
      { name: "count", shape: { type: "int" }, optional: true },
      { name: "note", shape: { type: "any" }, optional: true },
    ],
    returns: { type: "any" },
    effect: "read",
    idempotent: true,
    errors: new Map(),
    reserved: false,
  };
}

/** A grant as it is written, for whoever is compared with. */
export interface WrittenGrant {
  readonly id: string;
  readonly roles: readonly string[];
  readonly patterns: readonly string[];
  readonly args: string;
}

export function grantsOf({ grants, roles }: Size): readonly WrittenGrant[] {
  const dice = new Dice(20_261_127);
  return Array.from({ length: grants }, (_, i) => ({
    id: `g${i}`,
    roles: i % 2 === 0 ? [roleName(dice.below(roles))] : twoRoles(dice, roles),
    patterns: patterns(dice),
    args: argsText(dice, i),
  }));
}

function twoRoles(dice: Dice, roles: number): readonly string[] {
  const first = dice.below(roles);
  return [roleName(first), roleName((first + 1 + dice.below(roles - 1)) % roles)];
}

function patterns(dice: Dice): readonly string[] {
  const kind = dice.below(20);
  if (kind < 17)
    return kind % 2 === 0 ? [dice.of(METHOD_NAMES)] : [dice.of(METHOD_NAMES), dice.of(METHOD_NAMES)];
  return [`s${dice.below(SERVICES)}.${kind < 19 ? "*" : "**"}`];
}

function argsText(dice: Dice, i: number): string {
  const most = 1 + dice.below(1_000);
  switch (i % 4) {
    case 0:
      return "any";
    case 1:
      return `{unit: {enum: [${dice.of(UNITS)}, ${UNITS[i % UNITS.length]}-${dice.below(10)}]}, count?: {int: 0..${most}}}`;
    case 2:
      return `{unit: {glob: '${dice.of(UNITS)}*'}, '*': any}`;
    default:
      return `{unit: {re: '[a-z]{2,5}(-[0-9]){0,1}'}, count?: {int: ..${most}}, note?: {string: 0..64}}`;
  }
}

function roleName(i: number): string {
  return `role-${i}`;
}

/** The roles of each principal, by its name. */
export function principalsOf({ roles }: Size): ReadonlyMap<string, readonly string[]> {
  const dice = new Dice(4_711);
  const each = Math.min(ROLES_EACH, roles);
  return new Map(
    Array.from({ length: PRINCIPALS }, (_, i) => {
      const held = new Set<string>();
      while (held.size < each) held.add(roleName(dice.below(roles)));
      return [`p${i}`, [...held]];
    }),
  );
}

/** @param keyOf - an OpenSSH line for each principal */
export function policyText(
  size: Size,
  grants: readonly WrittenGrant[],
  principals: ReadonlyMap<string, readonly string[]>,
  keyOf: (principal: string) => string,
): string {
  const roles = Array.from({ length: size.roles }, (_, i) => `  ${roleName(i)}:`);
  const identities = [...principals].map(
    ([name, held]) => `  ${name}: {keys: ["${keyOf(name)}"], roles: [${held.join(", ")}]}`,
  );
  const lines = grants.map(
    ({ id, roles: to, patterns: call, args }) =>
      `  ${id}: {to: [${to.join(", ")}], call: [${call.map((one) => `"${one}"`).join(", ")}], args: ${args}}`,
  );
  return `policy: 1\nroles:\n${roles.join("\n")}\nidentities:\n${identities.join("\n")}\ngrants:\n${lines.join("\n")}\n`;
}
