import { readCatalogue, withRpc } from "../connect/connection.ts";
import { printMethods } from "../methods/list.ts";
import { CONNECTION } from "../settings/options.ts";
import { defineCommand } from "../words/command.ts";

export default defineCommand({
  examples: [
    ["rpcctl ls", "every method that you may call"],
    ["rpcctl ls 'math.*'", "those whose name begins so"],
    ["rpcctl ls --json", "with all that is known of them"],
  ],
  options: {
    pattern: { kind: "word_maybe", describe: "a name, in which * stands for any characters" },
    ...CONNECTION,
  },

  /** Prints the caller's own catalogue: name, parameters, doc. */
  run: ({ pattern, ...options }, io) =>
    withRpc(options, io, async (session) => {
      const catalogue = await readCatalogue(session, io);
      const wanted = (name: string): boolean => pattern === undefined || matches(name, pattern);
      const none = pattern === undefined ? "there is no method that you may call" : "no method matches";
      printMethods(catalogue, { json: options.json, wanted, none }, io);
      return "ok";
    }),
});

/** Without going back: the work grows with the lengths, whatever the pattern. */
export function matches(name: string, pattern: string): boolean {
  const [first = "", ...parts] = pattern.split("*");
  const last = parts.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false;
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
