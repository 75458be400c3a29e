import { determinize } from "./determinize.ts";
import type { Automaton, Dfa } from "./dfa.ts";
import { minimize } from "./minimize.ts";
import { buildNfa } from "./nfa.ts";
import { parseGlob, parsePathGlob } from "./parse-glob.ts";
import { parseRegex } from "./parse-regex.ts";
import type { Regex } from "./regex.ts";
import { Work } from "./work.ts";

/** The constraints that are a pattern of text. */
export type PatternKind = "re" | "glob" | "path";

/** The most states of the automaton of one constraint: a state takes two bytes for each class of characters. */
export const DFA_MAX_STATES = 4000;
/** What may be spent on one constraint: a fraction of a second. */
const PATTERN_WORK = 5_000_000;

/** What the patterns of one file may take together. */
export interface FileShare {
  /** As {@link Work} counts them. */
  readonly steps: number;
  /** Entries in all tables, of two bytes each. */
  readonly entries: number;
}

/** Some seconds, and 64 MiB: ten thousand different patterns take a tenth of it. */
const FILE_SHARE: FileShare = { steps: 200_000_000, entries: 32 * 1024 * 1024 };

/** Why there is no automaton: the pattern is too complex by itself, or there are too many in one file. */
export type TooComplex = "pattern" | "file";

const PARSERS = { re: parseRegex, glob: parseGlob, path: parsePathGlob } as const;

/** Reads one pattern. @throws {@link PatternFlaw} */
export function parseTextPattern(kind: PatternKind, text: string): Regex {
  return PARSERS[kind](text);
}

/** Makes the automata of one file: the same patterns share one, and all of them a bound. */
export class TextPatterns {
  readonly #made = new Map<string, Dfa | TooComplex>();
  readonly #work: Work;
  #entriesLeft: number;

  constructor({ steps, entries }: FileShare = FILE_SHARE) {
    this.#work = new Work(steps);
    this.#entriesLeft = entries;
  }

  /**
   * The automaton of the texts that one of the patterns matches.
   *
   * @param texts - as they were written, by which they are known again
   */
  compile(kind: PatternKind, texts: readonly string[], regexes: readonly Regex[]): Dfa | TooComplex {
    const key = JSON.stringify([kind, ...texts]);
    const made = this.#made.get(key) ?? this.#make({ kind: "choice", options: regexes });
    this.#made.set(key, made);
    return made;
  }

  #make(regex: Regex): Dfa | TooComplex {
    const steps = Math.min(PATTERN_WORK, this.#work.left);
    const work = new Work(steps);
    const dfa = compileRegex(regex, work);
    this.#work.spend(steps - work.left);
    if (dfa === undefined) return work.exhausted && steps < PATTERN_WORK ? "file" : "pattern";
    if (dfa.next.length > this.#entriesLeft) return "file";
    this.#entriesLeft -= dfa.next.length;
    return dfa;
  }
}

/** Pattern → automaton that tries all ways at once → one that is in one state → the smallest of those. */
export function compileRegex(regex: Regex, work: Work = new Work(PATTERN_WORK)): Dfa | undefined {
  const dfa = minimal(automatonOf(regex, work), work);
  return dfa !== undefined && dfa.accepting.length <= DFA_MAX_STATES ? dfa : undefined;
}

function automatonOf(regex: Regex, work: Work): Automaton | undefined {
  const nfa = buildNfa(regex);
  return nfa === undefined ? undefined : determinize(nfa, work);
}

function minimal(automaton: Automaton | undefined, work: Work): Dfa | undefined {
  return automaton !== undefined && work.spend(automaton.next.length) ? minimize(automaton) : undefined;
}
