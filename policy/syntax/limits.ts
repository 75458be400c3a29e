import { parseDuration } from "../../base/duration.ts";
import { startOf } from "../../yaml/reader.ts";
import type { YamlNode } from "../../yaml/tree.ts";
import { type GrantLimits, parseRate, parseSize } from "../base/limits.ts";
import type { PolicyReader } from "./policy-reader.ts";

const LIMITS = { of: "a set of limits", known: ["rate", "concurrent", "timeout", "request"] };

/** Reads `{rate: 6/h, concurrent: 1, timeout: 15m, request: 64KiB}`, of which one is enough. */
export function parseLimits(node: YamlNode, reader: PolicyReader): GrantLimits | undefined {
  const map = reader.record(node, LIMITS);
  if (map === undefined) return undefined;
  if (map.entries.size === 0) {
    reader.error(
      "P203",
      startOf(node),
      "the limits are empty",
      "name one, like {rate: 6/h}, or leave 'limits' out",
    );
    return undefined;
  }
  const value = (name: string): YamlNode | undefined => map.entries.get(name)?.value;
  const [rate, concurrent, timeout, request] = LIMITS.known.map(value);
  return {
    rate: rate && reader.quantity(rate, parseRate),
    concurrent: concurrent && reader.count(concurrent, "concurrent"),
    timeoutMs: timeout && reader.quantity(timeout, parseDuration),
    requestBytes: request && reader.quantity(request, parseSize),
  };
}
