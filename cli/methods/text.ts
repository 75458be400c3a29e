import { closest } from "../../base/closest.ts";
import { escapeText } from "../../base/escape.ts";
import {
  type Catalogue,
  isLive,
  type LiveShape,
  type MethodEntry,
  type Parameter,
  type Shape,
  shapeWords,
} from "../../catalogue/catalogue.ts";
import type { Ending } from "../io/exit.ts";
import { Failure } from "../io/failure.ts";
import type { Io } from "../io/io.ts";
import { jsonText } from "../print/json.ts";
import { methodRecord, parameterList } from "../print/signature.ts";
import { table } from "../print/table.ts";
import { wrapText } from "../print/wrap-text.ts";
import { liveOption } from "../values/live-options.ts";

/**
 * Prints what a method takes, returns and does. A method that may not be called and one that does not exist look the same: the daemon
 * tells of neither.
 *
 * @throws Failure `denied`
 */
export function printMethod(catalogue: Catalogue, method: string, json: boolean, io: Io): Ending {
  const entry = catalogue.get(method);
  if (entry === undefined) {
    const near = closest(method, catalogue.keys());
    const hints = [
      near === undefined ? undefined : `did you mean '${near}'?`,
      "rpcctl ls lists what you may call",
    ];
    throw new Failure("denied", `denied: ${method} is not among the methods that you may call`, { hints });
  }
  io.out(json ? jsonText(methodRecord(entry)) : wrapText(methodText(entry), io.outColumns));
  return "ok";
}

/** A method as people read it. All of it came from the daemon, and is escaped. */
export function methodText({
  name,
  doc,
  params,
  returns,
  on,
  effect,
  idempotent,
  errors,
}: MethodEntry): string {
  const lines = [`${escapeText(name)}${parameterList(params)} → ${escapeText(shapeWords(returns))}`];
  if (doc !== "") lines.push(`  ${escapeText(doc)}`);
  if (on !== undefined)
    lines.push(
      "",
      `It is called on a '${escapeText(on)}' that a method returns: by a program, with rpcd/client.`,
    );
  if (params.length > 0) {
    const rows = params.map((parameter) => [
      "",
      escapeText(parameter.name),
      escapeText(shapeWords(parameter.shape)),
      ...remarks(parameter),
    ]);
    lines.push("", "arguments", table(rows));
  }
  const result = resultText(returns);
  if (result !== undefined) lines.push("", `result: ${escapeText(result)}`);
  lines.push("", `effect: ${effect}${idempotent ? ", idempotent" : ""}`);
  if (errors.size > 0) {
    const rows = [...errors].map(([reason, data]) => ["", escapeText(reason), escapeText(shapeWords(data))]);
    lines.push("", "reasons of its failures", table(rows));
  }
  return lines.join("\n");
}

/** Whether it may be left out, and with which option it is given. */
function remarks(parameter: Parameter): string[] {
  const { name, shape, optional } = parameter;
  const fallback =
    "default" in parameter ? `default ${jsonText(parameter.default)}` : optional ? "optional" : "";
  if (!isLive(shape)) return [fallback];
  const option = liveOption(name, shape);
  return [fallback, escapeText(option ?? "only a program can give it, with rpcd/client")];
}

/** What rpcctl does with a result that is no data. */
function resultText(returns: Shape | LiveShape): string | undefined {
  if (!isLive(returns)) return undefined;
  if (returns.type !== "stream") return "it lives as long as the connection: rpcctl says so, and lets it go";
  return returns.of.type === "bytes"
    ? "bytes, written as they come: > FILE keeps them"
    : "items, printed as they come, each as a line of JSON";
}
