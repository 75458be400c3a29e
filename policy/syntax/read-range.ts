import type { Reader } from "../../yaml/reader.ts";
import type { YamlNode } from "../../yaml/tree.ts";
import { parseRange, type Range, type RangeOf } from "./range.ts";

/** Reads a node that must be a range. */
export function readRange(node: YamlNode, of: RangeOf, reader: Reader): Range | undefined {
  if (node.kind !== "scalar") {
    reader.wrongType("a range, like 1..5,", node);
    return undefined;
  }
  if (typeof node.value === "number") {
    const text = `a range was expected, but the number ${node.value} stands here`;
    reader.error("P208", node.at, text, `for that number only, write ${node.value}..${node.value}`);
    return undefined;
  }
  if (typeof node.value !== "string") {
    reader.wrongType("a range, like 1..5,", node);
    return undefined;
  }
  const range = parseRange(node.value, of);
  if (typeof range !== "string") return range;
  reader.error("P208", node.at, range);
  return undefined;
}
