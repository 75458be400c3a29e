import { closest } from "../../base/closest.ts";
import { usage } from "../io/failure.ts";
import type { Option, Options, Words } from "../settings/options.ts";
import { firstPositional, takesNext } from "./first-positional.ts";

/** Words that are read here and words that are not looked at. */
export interface SplitWords {
  readonly own: readonly string[];
  readonly rest: readonly string[];
}

/**
 * Splits off what a command takes as it is: for `call`, all behind METHOD. It happens before anything else
 * looks at the words: yargs would make 1000 of `1e3`, and an option of `--x`.
 */
export function splitRest(words: readonly string[], options: Options): SplitWords {
  if (!Object.values(options).some(({ kind }) => kind === "rest")) return { own: words, rest: [] };
  const end = Math.min(firstPositional(words, options) + 1, words.length);
  return { own: words.slice(0, end), rest: words.slice(end) };
}

/**
 * Reads a good command line without yargs, whose loading takes longer than a call.
 *
 * @returns nothing for whatever is not plainly good: yargs looks at it then, and says what is wrong
 */
export function readWords({ own, rest }: SplitWords, options: Options): Words | undefined {
  const words = new Map<string, string | boolean | readonly string[]>();
  const places = positionals(options);
  const restName = Object.entries(options).find(([, { kind }]) => kind === "rest")?.[0];
  if (restName !== undefined) words.set(restName, rest);
  let optionsEnd = own.indexOf("--");
  if (optionsEnd === -1) optionsEnd = own.length;
  for (let at = 0; at < own.length; at++) {
    const word = own[at] ?? "";
    if (at === optionsEnd) continue;
    if (at > optionsEnd || !word.startsWith("-") || word === "-") {
      const [name, option] = places[0] ?? [];
      if (name === undefined || word === "") return undefined;
      if (option?.kind === "words") {
        addTo(words, name, word);
      } else {
        places.shift();
        words.set(name, word);
      }
      continue;
    }
    const read = readOption(word, own[at + 1], options);
    if (read === undefined) return undefined;
    const { name, value, option } = read;
    if (takesNext(word, options)) at++;
    if (option.kind === "texts") {
      addTo(words, name, String(value));
    } else if (words.has(name)) {
      return undefined;
    } else {
      words.set(name, value);
    }
  }
  return places.some(([, { kind }]) => kind === "word") ? undefined : words;
}

function addTo(words: Map<string, string | boolean | readonly string[]>, name: string, value: string): void {
  const before = words.get(name);
  words.set(name, [...(Array.isArray(before) ? before : []), value]);
}

interface ReadOption {
  readonly name: string;
  readonly option: Option;
  readonly value: string | true;
}

function readOption(word: string, next: string | undefined, options: Options): ReadOption | undefined {
  const [, name = "", inline] = /^--([^=]+)(?:=(.+))?$/s.exec(word) ?? [];
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) return undefined;
  if (option.kind === "flag") {
    return inline === undefined && !word.includes("=") ? { name, option, value: true } : undefined;
  }
  if (option.kind !== "text" && option.kind !== "texts") return undefined;
  const value = inline ?? next;
  if (value === undefined || (inline === undefined && value.startsWith("-") && value !== "-"))
    return undefined;
  if (option.choices !== undefined && !option.choices.includes(value)) return undefined;
  return { name, option, value };
}

/** The positionals of a command in their order. */
export function positionals(options: Options): [string, Option][] {
  return Object.entries(options).filter(([, { kind }]) => ["word", "word_maybe", "words"].includes(kind));
}

/**
 * Refuses options that are not known, before yargs sees them: it would take `--__proto__.x` and `--toString`
 * for properties of its own objects, and it knows no "did you mean" for options.
 *
 * @throws Failure
 */
export function checkOptionNames(own: readonly string[], options: Options): void {
  const known = Object.entries(options)
    .filter(([, { kind }]) => kind === "flag" || kind === "text" || kind === "texts")
    .map(([name]) => name);
  for (let at = 0; at < own.length; at++) {
    const word = own[at] ?? "";
    if (word === "--") return;
    if (!word.startsWith("-") || word === "-" || isHelp(word)) continue;
    if (takesNext(word, options)) {
      at++;
      continue;
    }
    const name = /^--([^=]+)/s.exec(word)?.[1];
    if (name !== undefined && known.includes(name)) {
      if (options[name]?.kind === "flag" && !/^[^=]+(?:=true|=false)?$/.test(word))
        throw usage(`--${name} takes no value but true and false`);
      continue;
    }
    const near = closest(name ?? word, known);
    const shown = word.split("=", 1)[0] ?? word;
    throw usage(
      `there is no option '${shown}'`,
      near === undefined ? undefined : `did you mean '--${near}'?`,
    );
  }
}

/** Whether help is asked for, wherever among the words. */
export function asksForHelp({ own }: SplitWords, options: Options): boolean {
  for (let at = 0; at < own.length; at++) {
    const word = own[at] ?? "";
    if (word === "--") return false;
    if (isHelp(word)) return true;
    if (takesNext(word, options)) at++;
  }
  return false;
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}
