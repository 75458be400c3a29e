import { isMethodName, METHOD_NAME_MAX_SEGMENTS } from "../../base/names.ts";
import { covers, type Pattern, RESERVED_PREFIX } from "../syntax/pattern.ts";
import type { GrantTree } from "../syntax/tree.ts";

/**
 * A name of a method that a grant covers and that one of some patterns covers too; nothing where there is none. It is
 * exact without a catalogue: a wildcard stands for names that no pattern writes out, and if an `except` takes such a name
 * away it takes away every name of that length.
 */
export function sampleMethod(
  { call, except }: Pick<GrantTree, "call" | "except">,
  patterns: readonly Pattern[],
): string | undefined {
  const fresh = freshSegment([...call, ...except, ...patterns]);
  for (const granted of call) {
    for (const pattern of patterns) {
      for (let length = 1; length <= METHOD_NAME_MAX_SEGMENTS; length++) {
        for (const name of sharedNames(granted, pattern, length, fresh)) {
          // No wildcard of a grant reaches into the reserved names; an assertion's does.
          if (granted.reach !== "exact" && name.startsWith(RESERVED_PREFIX)) continue;
          if (!except.some((taken) => covers(taken, name))) return name;
        }
      }
    }
  }
  return undefined;
}

const ONE_CHARACTER = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".split("");

/** Names of that many segments that both cover; one, but where it would be too long. */
function sharedNames(a: Pattern, b: Pattern, length: number, fresh: string): readonly string[] {
  const name = sharedName(a, b, length, fresh);
  if (name === undefined) return [];
  if (isMethodName(name)) return [name];
  // Beside long segments there may be room for a character only.
  return ONE_CHARACTER.map((segment) => sharedName(a, b, length, segment) ?? "").filter(isMethodName);
}

/** A name of that many segments that both cover. */
function sharedName(a: Pattern, b: Pattern, length: number, fresh: string): string | undefined {
  const segments: string[] = [];
  for (let i = 0; i < length; i++) {
    const [inA, inB] = [segmentAt(a, i, length), segmentAt(b, i, length)];
    if (inA === undefined || inB === undefined) return undefined;
    if (inA !== "*" && inB !== "*" && inA !== inB) return undefined;
    const literal = inA === "*" ? inB : inA;
    segments.push(literal === "*" ? fresh : literal);
  }
  return segments.join(".");
}

/** What the pattern says of a segment of names of that length: itself, `*` for any, nothing where it has no such names. */
function segmentAt({ segments, reach }: Pattern, i: number, length: number): string | undefined {
  if (reach !== "many") return length === segments.length ? segments[i] : undefined;
  const fixed = segments.length - 1;
  if (length <= fixed) return undefined;
  return i < fixed ? segments[i] : "*";
}

/** A segment that none of the patterns writes out. */
function freshSegment(patterns: readonly Pattern[]): string {
  const written = new Set(patterns.flatMap(({ segments }) => segments));
  let fresh = "anything";
  for (let i = 2; written.has(fresh); i++) fresh = `anything${i}`;
  return fresh;
}
