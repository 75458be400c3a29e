import type { Call } from "./calls.ts";
import type { WrittenGrant } from "./world.ts";

/**
 * What a policy engine is before anybody thinks about speed: all grants, one after the other, each condition in turn.
 * It reads the grants as they were written, and shares nothing with what it is compared with.
 */
export class NaiveScan {
  readonly #grants: readonly Grant[];
  readonly #roles: ReadonlyMap<string, readonly string[]>;

  constructor(grants: readonly WrittenGrant[], roles: ReadonlyMap<string, readonly string[]>) {
    this.#grants = grants.map(({ roles: to, patterns, args }) => ({ to, patterns, args: argsRule(args) }));
    this.#roles = roles;
  }

  isAllowed({ principal, method, args }: Call): boolean {
    const held = this.#roles.get(principal) ?? [];
    return this.#grants.some((grant) => isCovered(grant, held, method) && grant.args(args));
  }

  /** Whether some grant covers the method, whatever the arguments are: what an engine without arguments can say. */
  isCovered(principal: string, method: string): boolean {
    const held = this.#roles.get(principal) ?? [];
    return this.#grants.some((grant) => isCovered(grant, held, method));
  }
}

interface Grant {
  readonly to: readonly string[];
  readonly patterns: readonly string[];
  readonly args: (args: Readonly<Record<string, unknown>>) => boolean;
}

function isCovered({ to, patterns }: Grant, held: readonly string[], method: string): boolean {
  return to.some((role) => held.includes(role)) && patterns.some((pattern) => matches(pattern, method));
}

function matches(pattern: string, method: string): boolean {
  if (pattern.endsWith(".**")) return method.startsWith(pattern.slice(0, -2));
  if (!pattern.endsWith(".*")) return pattern === method;
  return method.startsWith(pattern.slice(0, -1)) && !method.slice(pattern.length - 1).includes(".");
}

/** The four forms of rules that the world writes. */
function argsRule(text: string): Grant["args"] {
  if (text === "any") return () => true;
  const [, values] = /enum: \[(.*?)\]/.exec(text) ?? [];
  const [, glob] = /glob: '(.*?)\*'/.exec(text) ?? [];
  const [, expression = ""] = /re: '(.*?)'/.exec(text) ?? [];
  const [, least, most] = /int: (\d*)\.\.(\d+)/.exec(text) ?? [];
  const isUnit =
    values !== undefined
      ? (unit: string) => values.split(", ").includes(unit)
      : glob !== undefined
        ? (unit: string) => unit.startsWith(glob) && !unit.includes("/")
        : (unit: string) => new RegExp(`^(?:${expression})$`, "u").test(unit);
  return ({ unit, count, note, ...others }) =>
    typeof unit === "string" &&
    isUnit(unit) &&
    (glob !== undefined ||
      (Object.keys(others).length === 0 &&
        (count === undefined ||
          (Number(count) >= Number(least || -Infinity) && Number(count) <= Number(most))) &&
        (note === undefined || (values === undefined && typeof note === "string" && note.length <= 64))));
}
