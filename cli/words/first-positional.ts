import type { Options } from "../settings/options.ts";

/** The place of the first word that is no option and no option's value; the length if there is none. */
export function firstPositional(words: readonly string[], options: Options): number {
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") return at + 1;
    if (!word.startsWith("-") || word === "-") return at;
    if (takesNext(word, options)) at++;
  }
  return at;
}

/** Whether a word is an option whose value is the word behind it. */
export function takesNext(word: string, options: Options): boolean {
  const name = word.slice(2);
  if (!word.startsWith("--") || !Object.hasOwn(options, name)) return false;
  const kind = options[name]?.kind;
  return kind === "text" || kind === "texts";
}
