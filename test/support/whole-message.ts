import { encodeMessage, type Message } from "../../wire/message.ts";
import { Packed } from "../../wire/packed.ts";
import { readMessage } from "../../wire/read-message.ts";

/** A message as it was sent, with all of it decoded. */
export function readWhole(frame: Uint8Array): Message {
  const message = readMessage(frame);
  switch (message.kind) {
    case "call": {
      const { args, ...head } = message;
      return { ...head, ...args.values };
    }
    case "value":
      return { ...message, value: message.value instanceof Packed ? message.value.decode() : message.value };
    case "item":
      return { ...message, item: message.item.decode() };
    default:
      return message;
  }
}

/** Data as it comes out of a message, before it is decoded. */
export function packed(value: unknown): Packed {
  const message = readMessage(encodeMessage({ kind: "item", ref: 1, item: value }));
  if (message.kind !== "item") throw new Error(`a message of kind ${message.kind}`);
  return message.item;
}
