import type { LiveShape, Shape } from "../../catalogue/catalogue.ts";
import { RpcError } from "../../client/index.ts";
import { linesOf } from "../../client/references/file-stream.ts";
import { type Read, readJson } from "../print/json.ts";
import { textFlaw } from "../print/text-bytes.ts";
import { fromJson } from "../values/shape-json.ts";
import { fromJsonText } from "../values/shape-text.ts";

/**
 * The items of a file, for a stream: of bytes its bytes, of texts its lines, of anything else the JSON of each line.
 *
 * @throws RpcError that names the line, for the first one that does not fit
 */
export function fileItems(pieces: AsyncIterable<Uint8Array>, shape: LiveShape): AsyncIterable<unknown> {
  if (shape.type !== "stream") throw new Error("what is no stream was let through");
  const { of } = shape;
  if (of.type === "bytes") return pieces;
  return lineItems(pieces, of.type === "string" ? textItem : (line) => jsonItem(line, of));
}

/** A line as an item; nothing for a line that holds none. */
type ReadLine = (line: string) => Read | undefined;

function textItem(line: string): Read {
  return textFlaw(line) ?? { value: line };
}

/** Also where anything is taken: a line that is no JSON, cut off perhaps, must not become a text. */
function jsonItem(line: string, shape: Shape): Read | undefined {
  const text = line.trim();
  if (text === "") return undefined;
  const flaw = textFlaw(line);
  if (flaw !== undefined) return flaw;
  if (shape.type !== "any") return fromJsonText(text, shape);
  const json = readJson(text);
  if ("value" in json) return fromJson(json.value, shape);
  return { wrong: `a value in JSON was expected, but ${json.wrong}; a text stands between double quotes` };
}

async function* lineItems(pieces: AsyncIterable<Uint8Array>, read: ReadLine): AsyncGenerator {
  let number = 1;
  try {
    for await (const line of linesOf(pieces)) {
      const item = read(line);
      if (item !== undefined && !("value" in item)) throw new RpcError("invalid_argument", item.wrong);
      if (item !== undefined) yield item.value;
      number++;
    }
  } catch (error) {
    throw error instanceof RpcError ? ofLine(error, number) : error;
  }
}

function ofLine({ code, message, cause }: RpcError, number: number): RpcError {
  return new RpcError(code, `line ${number}: ${message}`, { cause });
}
