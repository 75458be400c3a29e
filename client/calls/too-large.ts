import { Fault } from "../../base/fault.ts";
import { check, encode } from "../../wire/cbor.ts";
import type { DataLimits } from "../../wire/limits.ts";
import { RpcError } from "../errors/rpc-error.ts";
import type { Request } from "./options.ts";

/** Room for whatever a program has at hand: it is only asked which of the arguments is the largest, and sent nowhere. */
const ANY_SIZE: DataLimits = {
  maxDepth: 32,
  maxItems: 1_000_000,
  maxEntries: 1_024,
  maxKeyBytes: 128,
  maxCost: Number.POSITIVE_INFINITY,
  maxBytes: 64 * 1024 * 1024,
};

/**
 * Says which argument makes a call too large for one message, and what to do.
 *
 * @param why - the limit, and how much it is exceeded
 * @param nameOf - what the parameter at a position is called, if that is known
 */
export function tooLarge(
  { positional, named }: Pick<Request, "positional" | "named">,
  why: string,
  nameOf: (position: number) => string | undefined,
): RpcError {
  const sizes = [
    ...positional.map((value, i) => {
      const name = nameOf(i);
      return { words: name === undefined ? `argument ${i + 1}` : `argument '${name}'`, cost: costOf(value) };
    }),
    ...Object.entries(named).map(([name, value]) => ({ words: `argument '${name}'`, cost: costOf(value) })),
  ];
  const largest = sizes.reduce((a, b) => (b.cost > a.cost ? b : a), { words: "the call", cost: -1 });
  const text = `${largest.words} is too large for one message (${why}); pass it as a stream, or in several calls`;
  return new RpcError("invalid_argument", text, { origin: "arguments", outcome: "not_started" });
}

/** What an argument costs, in bytes: no less than its bytes, and something for each item, so it fits each of the limits. */
function costOf(value: unknown): number {
  try {
    return check(encode(value, ANY_SIZE), ANY_SIZE).cost;
  } catch (error) {
    // So large that it does not matter how large. What is passed by reference has no form as data, and is small.
    if (error instanceof Fault) return error.code === "out_of_range" ? Number.POSITIVE_INFINITY : 0;
    throw error;
  }
}
