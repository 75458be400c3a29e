import {
  isMethodName,
  METHOD_NAME_MAX_BYTES,
  METHOD_NAME_MAX_SEGMENTS,
  METHOD_NAME_RULE,
} from "../../base/names.ts";
import type { Place } from "../../yaml/problem.ts";

/**
 * A pattern for the names of methods (docs/policy.md, "Method names"):
 *
 *     math.add    that name             exact
 *     math.*      one segment there     one
 *     math.**     one or more there     many
 *     **          every name            many
 */
export interface Pattern {
  readonly text: string;
  readonly at: Place;
  readonly segments: readonly string[];
  readonly reach: Reach;
}

/** In the order in which candidates are tried. */
export const REACHES = ["exact", "one", "many"] as const;
export type Reach = (typeof REACHES)[number];

/** The namespace that no wildcard of a `call` reaches into, whatever the catalogue says. */
export const RESERVED_PREFIX = "rpcd.";

/** A pattern without its place, or in a sentence what is wrong with the text. */
export function parsePattern(text: string): Omit<Pattern, "at"> | string {
  const segments = text.split(".");
  const flaw = patternFlaw(text, segments);
  if (flaw !== undefined) return flaw;
  const reach = segments.at(-1) === "**" ? "many" : segments.includes("*") ? "one" : "exact";
  return { text, segments, reach };
}

/** Whether the pattern covers the name, reserved or not. */
export function covers(
  { segments, text, reach }: Pick<Pattern, "segments" | "text" | "reach">,
  name: string,
): boolean {
  if (reach === "exact") return text === name;
  const parts = name.split(".");
  const fixed = reach === "many" ? segments.length - 1 : segments.length;
  if (reach === "many" ? parts.length <= fixed : parts.length !== fixed) return false;
  for (let i = 0; i < fixed; i++) {
    if (segments[i] !== "*" && segments[i] !== parts[i]) return false;
  }
  return true;
}

/** Whether both cover some name, reserved or not. */
export function patternsMeet(
  a: Pick<Pattern, "segments" | "reach">,
  b: Pick<Pattern, "segments" | "reach">,
): boolean {
  const fixed = ({ segments, reach }: Pick<Pattern, "segments" | "reach">): number =>
    reach === "many" ? segments.length - 1 : segments.length;
  const [lengthA, lengthB] = [fixed(a), fixed(b)];
  // `a.**` has at least one segment behind its own.
  if (a.reach !== "many" && b.reach === "many" && lengthA <= lengthB) return false;
  if (b.reach !== "many" && a.reach === "many" && lengthB <= lengthA) return false;
  if (a.reach !== "many" && b.reach !== "many" && lengthA !== lengthB) return false;
  return a.segments.slice(0, Math.min(lengthA, lengthB)).every((segment, i) => {
    const other = b.segments[i];
    return segment === other || segment === "*" || other === "*";
  });
}

function patternFlaw(text: string, segments: readonly string[]): string | undefined {
  if (text.length > METHOD_NAME_MAX_BYTES) {
    return `a method pattern has at most ${METHOD_NAME_MAX_BYTES} characters, this one has ${text.length}`;
  }
  if (segments.length > METHOD_NAME_MAX_SEGMENTS) {
    return `a method pattern has at most ${METHOD_NAME_MAX_SEGMENTS} segments, this one has ${segments.length}`;
  }
  if (segments.includes("")) return `'${text}' has an empty segment`;
  if (segments[0] === "*") return `'*' may not be the first segment of '${text}'`;
  const early = segments.indexOf("**");
  if (early !== -1 && early < segments.length - 1)
    return `'**' may only be the last segment, not in '${text}'`;
  const literal = segments.filter((segment) => segment !== "*" && segment !== "**");
  if (literal.some((segment) => segment.includes("*"))) {
    return `in '${text}' a '*' stands beside other characters, and matches whole segments only`;
  }
  if (literal.length > 0 && !isMethodName(literal.join("."))) {
    return `'${text}' is no method name: ${METHOD_NAME_RULE}`;
  }
  return undefined;
}
