import type { Place } from "../../yaml/problem.ts";
import { startOf } from "../../yaml/reader.ts";
import type { YamlNode, YamlScalar } from "../../yaml/tree.ts";
import { PatternFlaw, type Regex } from "../patterns/regex.ts";
import {
  DFA_MAX_STATES,
  type PatternKind,
  parseTextPattern,
  type TooComplex,
} from "../patterns/text-patterns.ts";
import type { PolicyReader } from "./policy-reader.ts";
import type { Constraint } from "./tree.ts";

/** Reads one pattern or a list of them, and makes their automaton. */
export function readTextPattern(
  kind: PatternKind,
  node: YamlNode,
  reader: PolicyReader,
): Constraint | undefined {
  const nodes = node.kind === "list" ? node.items : [node];
  if (nodes.length === 0) {
    reader.error("P203", startOf(node), "at least one pattern was expected, but the list is empty");
    return undefined;
  }
  const patterns: string[] = [];
  const regexes: Regex[] = [];
  for (const item of nodes) {
    const text = readText(item, reader);
    const regex = text === undefined ? undefined : readRegex(kind, text, reader);
    if (text === undefined || regex === undefined) continue;
    patterns.push(text.value);
    regexes.push(regex);
  }
  if (regexes.length < nodes.length) return undefined;
  const dfa = reader.textPatterns.compile(kind, patterns, regexes);
  if (typeof dfa !== "string") return { kind, patterns, dfa };
  const { text, hint } = TOO_COMPLEX[dfa];
  reader.error("P209", startOf(node), text, hint);
  return undefined;
}

const TOO_COMPLEX: Readonly<Record<TooComplex, { readonly text: string; readonly hint: string }>> = {
  pattern: {
    text: `the pattern is too complex: its automaton takes more than ${DFA_MAX_STATES} states, or too long to make`,
    hint: "write smaller numbers of times and fewer alternatives, or an enum",
  },
  file: {
    text: "the patterns of this file are too complex together: this one is beyond what is made for one file",
    hint: "write simpler patterns, or the same one in more places",
  },
};

type TextScalar = YamlScalar & { readonly value: string };

/** The pattern stands on one line; a line end in it is written as an escape. */
function readText(node: YamlNode, reader: PolicyReader): TextScalar | undefined {
  if (node.kind !== "scalar" || typeof node.value !== "string") {
    reader.text(node, "pattern");
    return undefined;
  }
  if (/[\r\n]/.test(node.source)) {
    const text = "a pattern stands on one line, and this text runs over several";
    reader.error("P203", node.at, text, "between double quotes \\n is a line end in the pattern");
    return undefined;
  }
  return { ...node, value: node.value };
}

function readRegex(kind: PatternKind, node: TextScalar, reader: PolicyReader): Regex | undefined {
  try {
    return parseTextPattern(kind, node.value);
  } catch (error) {
    if (!(error instanceof PatternFlaw)) throw error;
    const { message, hint, at, isIdle } = error;
    const where = node.value === "" ? message : `${message} (character ${at + 1} of the ${kind})`;
    const place = placeIn(node, error);
    const mend = isIdle && place !== undefined ? { fix: { kind: "replace", by: "" } as const } : {};
    reader.error("P209", place ?? node.at, where, hint, mend);
    return undefined;
  }
}

/** The place of the flaw itself where the text stands in the file as it is: else nobody knows. */
function placeIn({ at, source, value, quoted }: TextScalar, flaw: PatternFlaw): Place | undefined {
  const written = quoted ? source.slice(1, -1) : source;
  if (written !== value || value === "") return undefined;
  const column = at.column + (quoted ? 1 : 0) + flaw.at;
  return { line: at.line, column, endLine: at.line, endColumn: column + flaw.length };
}
