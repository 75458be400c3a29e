import type { Schema } from "../service/declared.ts";
import { isStreamable, type StreamOutput, StreamSource } from "../session/stream-source.ts";
import { SESSION_FRAME_MAX_BYTES } from "../wire/limits.ts";
import { notDeclared } from "./reference-faults.ts";

/** Room for the head of a message around an item, in bytes. */
const HEAD_BYTES = 32;

/**
 * The producing end of a stream that a method returned. Each item is held against the method's schema.
 *
 * @returns the source, and what settles when it has ended
 * @throws Fault where it is nothing that has items
 */
export function streamOf(
  of: Schema | "bytes",
  value: unknown,
  output: StreamOutput,
): { readonly source: StreamSource; readonly ended: Promise<void> } {
  if (!isStreamable(value)) throw notDeclared("items that can be iterated");
  const source = new StreamSource(value, {
    item: (item) => output.item(of === "bytes" ? bytesItem(item) : checkedItem(of, item)),
    isChoked: () => output.isChoked(),
    ended: (error) => output.ended(error),
  });
  return { source, ended: source.finished };
}

function bytesItem(item: unknown): Uint8Array {
  if (!(item instanceof Uint8Array)) throw notDeclared("a stream of bytes, and something else was in it");
  if (item.length > SESSION_FRAME_MAX_BYTES - HEAD_BYTES)
    throw notDeclared(`bytes in pieces that go into a message, and one has ${item.length}`);
  return item;
}

function checkedItem(of: Schema, item: unknown): unknown {
  const verdict = of["~standard"].validate(item);
  if (verdict instanceof Promise) throw notDeclared("items whose schema answers at once");
  if (verdict.issues === undefined) return verdict.value;
  throw notDeclared(`other items: ${verdict.issues[0]?.message ?? "no reason given"}`);
}
