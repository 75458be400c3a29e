import { encodeMessage, type Message } from "../../wire/message.ts";
import { Packed } from "../../wire/packed.ts";
import { readMessage } from "../../wire/read-message.ts";

/** A message as it was sent, with all of it decoded. */
export function readWhole(frame: Uint8Array): Message {
  const message = readMessage(frame);
  if (message.kind === "call") {
    const { args, ...head } = message;
    return { ...head, ...args.values };
  }
  if (message.kind === "value")
    return { ...message, value: message.value instanceof Packed ? message.value.decode() : message.value };
  return message.kind === "item" ? { ...message, item: message.item.decode() } : message;
}

/** Data as it comes out of a message, before it is decoded. */
export function packed(value: unknown): Packed {
  const message = readMessage(encodeMessage({ kind: "item", ref: 1, item: value }));
  if (message.kind !== "item") throw new Error(`a message of kind ${message.kind}`);
  return message.item;
}
