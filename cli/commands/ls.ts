import { escapeText } from "../../base/escape.ts";
import { defineCommand } from "../command.ts";
import { withRpc } from "../connection.ts";
import { jsonText } from "../json.ts";
import { CONNECTION } from "../options.ts";
import { methodRecord, parameterList } from "../signature.ts";
import { table } from "../table.ts";

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
    withRpc(options, io, async ({ rpc, settings }) => {
      const catalogue = await rpc.catalogue({ timeoutMs: settings.timeoutMs, signal: io.signal });
      const methods = [...catalogue.values()]
        .filter(({ name }) => pattern === undefined || matches(name, pattern))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      if (options.json) {
        io.out(jsonText(methods.map(methodRecord)));
      } else if (methods.length === 0) {
        io.err(pattern === undefined ? "there is no method that you may call" : "no method matches");
      } else {
        const rows = methods.map(({ name, params, doc }) => [
          escapeText(name),
          parameterList(params),
          escapeText(doc),
        ]);
        io.out(table(rows));
      }
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
