import { assertNever } from "../../base/assert-never.ts";
import { type CharSet, NO_CONTROL, without } from "./code-points.ts";

/** A part of a glob: a character that stands for itself, `?` (one), `*` (run) or `**` (deep). */
export type GlobPart =
  | { readonly kind: "character"; readonly codePoint: number }
  | { readonly kind: "one" | "run" | "deep" };

/** A state of a glob. Node 0 is the first. */
export interface GlobNode {
  /** Reads a character of the set, and goes on at the node of that number. */
  readonly reads: readonly (readonly [set: CharSet, to: number])[];
  /** Goes on at that node without reading. */
  readonly skipsTo: number | undefined;
  /** Whether the text may end here. */
  readonly isLast: boolean;
}

const SLASH = 0x2f;
const DOT = 0x2e;
const one = (codePoint: number): CharSet => [[codePoint, codePoint]];
/** What a wildcard makes of a segment: no control characters, and no `/`, which ends the segment. */
const IN_SEGMENT: CharSet = without(NO_CONTROL, one(SLASH));
const NO_DOT: CharSet = without(IN_SEGMENT, one(DOT));

/** What the segment that is being read consists of so far. */
const CONTENTS = ["", ".", "..", "other"] as const;
const OTHER = 3;

interface Segment {
  /** An index of {@link CONTENTS}. */
  readonly content: number;
  /** Whether a wildcard is a part of it, also one that has produced nothing. */
  readonly isWild: boolean;
}

const START: Segment = { content: 0, isWild: false };
const NAMED: Segment = { content: OTHER, isWild: false };

/**
 * The states of a glob. Programs resolve `.`, `..` and empty segments of paths, so a reader must be able to rely on
 * where a pattern leads. Wildcards therefore never produce such a segment, and no control characters:
 *
 *     part × what the segment is so far ("", ".", "..", other) × does a wildcard take part in it
 *
 *     a segment ends, at `/` or at the end of the text      "" "." ".." with a wildcard in it   no match
 *                                                           anything else                        goes on
 *
 * A `/` of the pattern itself is what its author wrote: `https://*` has an empty segment, and `/a` begins with one.
 */
export function globNodes(parts: readonly GlobPart[]): readonly GlobNode[] {
  const numbers = new Map<number, number>();
  const places: { readonly at: number; readonly segment: Segment }[] = [];
  const nodeOf = (at: number, segment: Segment): number => {
    const key = (at * CONTENTS.length + segment.content) * 2 + Number(segment.isWild);
    let number = numbers.get(key);
    if (number === undefined) {
      number = places.push({ at, segment }) - 1;
      numbers.set(key, number);
    }
    return number;
  };
  nodeOf(0, START);
  const nodes: GlobNode[] = [];
  // Nodes are added while the list is walked.
  for (const { at, segment } of places) {
    const { reads, skipsTo, isLast } = waysFrom(parts[at], at, segment, nodeOf);
    const isDead = reads.length === 0 && skipsTo === undefined && !isLast;
    // A node that leads nowhere reads on for ever, and the text never ends there.
    nodes.push(isDead ? { reads: [[NO_DOT, nodes.length]], skipsTo, isLast } : { reads, skipsTo, isLast });
  }
  return nodes;
}

function waysFrom(
  part: GlobPart | undefined,
  at: number,
  segment: Segment,
  nodeOf: (at: number, segment: Segment) => number,
): GlobNode {
  const mayEnd = !segment.isWild;
  if (part === undefined) return { reads: [], skipsTo: undefined, isLast: mayEnd };
  const only = (...reads: GlobNode["reads"]): GlobNode => ({ reads, skipsTo: undefined, isLast: false });
  const wild = isNamed(segment) ? segment : { ...segment, isWild: true };
  switch (part.kind) {
    case "character":
      if (part.codePoint === SLASH) return mayEnd ? only([one(SLASH), nodeOf(at + 1, START)]) : only();
      return only([one(part.codePoint), nodeOf(at + 1, part.codePoint === DOT ? withDot(segment) : NAMED)]);
    case "one":
      return only(...charactersOf(wild, (next) => nodeOf(at + 1, next)));
    case "run":
    case "deep": {
      const reads = charactersOf(wild, (next) => nodeOf(at, next));
      const mayCross = part.kind === "deep" && isNamed(wild);
      return {
        reads: mayCross ? [...reads, [one(SLASH), nodeOf(at, { ...START, isWild: true })]] : reads,
        skipsTo: nodeOf(at + 1, wild),
        isLast: false,
      };
    }
    default:
      return assertNever(part, "a part of a glob");
  }
}

/** One character of a segment, by a wildcard. */
function charactersOf(segment: Segment, nodeOf: (segment: Segment) => number): GlobNode["reads"] {
  if (isNamed(segment)) return [[IN_SEGMENT, nodeOf(NAMED)]];
  return [
    [one(DOT), nodeOf(withDot(segment))],
    [NO_DOT, nodeOf(NAMED)],
  ];
}

function withDot({ content, isWild }: Segment): Segment {
  return content + 1 >= OTHER ? NAMED : { content: content + 1, isWild };
}

/** Whether the segment is more than dots: nothing that follows can make it one of those that are resolved. */
function isNamed({ content }: Segment): boolean {
  return content === OTHER;
}
