import { isNodeStream, outliveErrors } from "../../base/node-stream.ts";
import type { Schema } from "../../service/engine.ts";
import {
  isStreamable,
  iteratorOf,
  type StreamOutput,
  StreamSource,
} from "../../session/references/stream-source.ts";
import { notDeclared } from "../faults/references.ts";
import { firstMessage } from "../services/schema-issues.ts";

/**
 * The producing end of a stream that a method returned. Each item is held against the method's schema.
 *
 * @throws Fault where it is nothing that has items
 */
export function streamOf(of: Schema | "bytes", value: unknown, output: StreamOutput): StreamSource {
  if (!isStreamable(value)) throw notDeclared("items that can be iterated");
  if (isNodeStream(value)) outliveErrors(value);
  return new StreamSource(value, {
    item: (item) => output.item(of === "bytes" ? bytesItem(item) : checkedItem(of, item)),
    isChoked: () => output.isChoked(),
    ended: (error) => output.ended(error),
    unread: () => output.unread?.(),
  });
}

/** Lets go of what stands behind items that a method returned and nobody has begun to read: an open file, say. */
export function letGoUnread(value: unknown): unknown {
  // Its iterator, which has not begun, would let go of nothing.
  if (isNodeStream(value)) {
    outliveErrors(value);
    return value.destroy();
  }
  return isStreamable(value) ? iteratorOf(value).return?.() : undefined;
}

function bytesItem(item: unknown): Uint8Array {
  if (item instanceof Uint8Array) return item;
  throw notDeclared("a stream of bytes, and something else was in it");
}

/** Only the schema is asked, as for a result: it may convert the item. */
function checkedItem(of: Schema, item: unknown): unknown {
  const verdict = of["~standard"].validate(item);
  if (verdict instanceof Promise) throw notDeclared("items whose schema answers at once");
  if (verdict.issues === undefined) return verdict.value;
  throw notDeclared(`other items: ${firstMessage(verdict.issues)}`);
}
