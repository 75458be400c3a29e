import { escapeText } from "../../base/escape.ts";
import { type MethodEntry, type Parameter, shapeWords } from "../../catalogue/catalogue.ts";
import { jsonText } from "./json.ts";

/** A method's parameters as its author would write them: `(a: int, b: int = 5)`. Escaped. */
export function parameterList(params: readonly Parameter[]): string {
  return `(${params.map(parameterText).join(", ")})`;
}

function parameterText({ name, shape, optional, ...rest }: Parameter): string {
  const mark = optional && !("default" in rest) ? "?" : "";
  const fallback = "default" in rest ? ` = ${jsonText(rest.default)}` : "";
  return `${escapeText(`${name}${mark}: ${shapeWords(shape)}`)}${fallback}`;
}

/** An entry for `--json`, without what only the policy needs. */
export function methodRecord({
  name,
  doc,
  params,
  returns,
  on,
  effect,
  idempotent,
  errors,
}: MethodEntry): object {
  const of = on === undefined ? {} : { on };
  return { name, doc, params, returns, ...of, effect, idempotent, errors: Object.fromEntries(errors) };
}
