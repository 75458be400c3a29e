import { isLive, type MethodEntry } from "../../catalogue/catalogue.ts";
import { fromText } from "../values/shape-text.ts";

/** What stands behind METHOD: the arguments by position, or the question what the method takes. */
export type WordsBehind =
  | { readonly kind: "values"; readonly values: readonly string[] }
  | { readonly kind: "help" };

/**
 * Reads the words behind METHOD. A script writes there what others gave it, so each word is a value, as it is: no word gives a name to
 * an argument, reads a file, runs a program or is an option. Two exceptions, each for the first word alone:
 *
 * - `--` is dropped, whatever the method takes. Behind it there is no exception: `rpcctl call METHOD -- "$1" "$2"`.
 * - `--help` without further words asks about the method, unless its first argument can be this text.
 */
export function readWordsBehind(method: MethodEntry | undefined, words: readonly string[]): WordsBehind {
  const [first, ...rest] = words;
  if (first === "--") return { kind: "values", values: rest };
  if ((first === "--help" || first === "-h") && rest.length === 0 && !takesText(method, first))
    return { kind: "help" };
  return { kind: "values", values: words };
}

/** Of a method that is not known nothing may be called by mistake: it takes no such text. */
function takesText(method: MethodEntry | undefined, text: string): boolean {
  const first = method?.params.map(({ shape }) => shape).find((shape) => !isLive(shape));
  return first !== undefined && !isLive(first) && "value" in fromText(text, first);
}
