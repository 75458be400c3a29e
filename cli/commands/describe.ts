import { type MethodEntry, shapeWords } from "../../base/catalogue.ts";
import { escapeText } from "../../base/escape.ts";
import { closest } from "../../policy/closest.ts";
import { defineCommand } from "../command.ts";
import { readCatalogue, withRpc } from "../connection.ts";
import { Failure } from "../failure.ts";
import { jsonText } from "../json.ts";
import { CONNECTION } from "../options.ts";
import { methodRecord, parameterList } from "../signature.ts";
import { table } from "../table.ts";

export default defineCommand({
  examples: [["rpcctl describe add", "what add takes, returns and does"]],
  options: {
    method: { kind: "word", describe: "the method's whole name" },
    ...CONNECTION,
  },

  /** A method that may not be called and one that is not there look the same: the daemon tells of neither. */
  run: ({ method, ...options }, io) =>
    withRpc(options, io, async (session) => {
      const catalogue = await readCatalogue(session, io);
      const entry = catalogue.get(method);
      if (entry === undefined) {
        const near = closest(method, catalogue.keys());
        const hints = [
          near === undefined ? undefined : `did you mean '${near}'?`,
          "rpcctl ls lists what you may call",
        ];
        throw new Failure("denied", `denied: ${method} is not among the methods that you may call`, {
          hints,
        });
      }
      io.out(options.json ? jsonText(methodRecord(entry)) : methodText(entry));
      return "ok";
    }),
});

/** A method as people read it. All of it came from the daemon, and is escaped. */
export function methodText({ name, doc, params, returns, effect, idempotent, errors }: MethodEntry): string {
  const lines = [`${escapeText(name)}${parameterList(params)} → ${escapeText(shapeWords(returns))}`];
  if (doc !== "") lines.push(`  ${escapeText(doc)}`);
  if (params.length > 0) {
    const rows = params.map((parameter) => {
      const optional = parameter.optional ? "optional" : "";
      const fallback = "default" in parameter ? `default ${jsonText(parameter.default)}` : optional;
      return ["", escapeText(parameter.name), escapeText(shapeWords(parameter.shape)), fallback];
    });
    lines.push("", "arguments", table(rows));
  }
  lines.push("", `effect: ${effect}${idempotent ? ", idempotent" : ""}`);
  if (errors.size > 0) {
    const rows = [...errors].map(([reason, data]) => ["", escapeText(reason), escapeText(shapeWords(data))]);
    lines.push("", "reasons of its failures", table(rows));
  }
  return lines.join("\n");
}
