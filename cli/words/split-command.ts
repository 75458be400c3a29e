import { usage } from "../io/failure.ts";

/** A program and its arguments. */
export type CommandWords = readonly [program: string, ...args: string[]];

/**
 * Splits a command into its words. There is no shell, here or later: spaces, quotes and the backslash part words, and every other
 * character is itself, `$`, `*`, `~`, `|`, `>` and `;` too.
 *
 *     'as it is'     "with \" and \\"     a\ b
 *
 * @param where - what gives it, for the complaint
 * @throws Failure for a quote without its end, a backslash with nothing behind it, or no word at all
 */
export function splitCommand(text: string, where: string): CommandWords {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (quote === "" && /[ \t\r\n]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === quote) {
      quote = "";
    } else if (quote === "" && (char === "'" || char === '"')) {
      quote = char;
      word ??= "";
    } else if (char === "\\" && (quote === "" || (quote === '"' && (next === '"' || next === "\\")))) {
      if (next === "") throw usage(`${where}: nothing stands behind the last backslash`);
      word = (word ?? "") + next;
      at++;
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote !== "") throw usage(`${where}: a ${quote} has no end`);
  if (word !== undefined) words.push(word);
  const [program, ...args] = words;
  if (program === undefined || program === "") throw usage(`${where}: a command was expected`);
  if (words.some((one) => one.includes("\u0000"))) throw usage(`${where}: no word can have a NUL in it`);
  return [program, ...args];
}
