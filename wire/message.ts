import { assertNever } from "../base/assert-never.ts";
import { Fault } from "../base/fault.ts";
import { type CallOptions, optionsMap } from "./call-options.ts";
import { encodeParts } from "./cbor.ts";
import { type FaultRecord, faultMap } from "./fault-record.ts";
import type { WireMap } from "./fields.ts";
import { CALL_DATA, VALUE_DATA } from "./limits.ts";

/*
 * The messages after the login (docs/protocol.md, section 5), the same in both directions. `ref` is the number of a
 * reference; whoever passed it is its owner, whoever got it its holder.
 *
 *     [16, id, target, method, [positional…], {named…}, {options…}]   call
 *     [17, id, value]                                                 reply
 *     [18, id, fault]                                                 reply that says why not
 *     [19, id, reason]                                                cancel
 *     [20, ref, item]                                                 item of a stream, from its owner
 *     [21, ref]                                                       end of a stream, from its owner
 *     [22, ref, fault]                                                the reference is no more, from its owner
 *     [23, ref, bytes]                                                credit for a stream, from its holder
 *     [24, ref]                                                       release, from its holder
 *     [25, id, done, total or null, note or null]                     progress of a call
 *     [26, number]                                                    ping
 *     [27, number]                                                    pong, the same number
 *     [28, reason]                                                    goaway: no new calls
 */
export const KIND = {
  call: 16,
  value: 17,
  fault: 18,
  cancel: 19,
  item: 20,
  end: 21,
  gone: 22,
  credit: 23,
  release: 24,
  progress: 25,
  ping: 26,
  pong: 27,
  goaway: 28,
} as const;

/** Of a reason and of a note, in characters. */
export const REASON_MAX_CHARS = 256;

/** What a call says before its arguments. */
export interface CallHead extends CallOptions {
  readonly kind: "call";
  /** from 1, each greater than the one before: an id is never used twice in a connection */
  readonly id: number;
  /** 0: the catalogue; above it, a reference of the receiver's; below it, what the sender's call of that id will give. */
  readonly target: number;
  /** Any text: whether it names anything is for the session's own table, and the answer is the same if not. */
  readonly method: string;
}

/** A call to be sent. */
export interface CallMessage extends CallHead {
  readonly positional: readonly unknown[];
  readonly named: WireMap;
}

/** A message to be sent. */
export type Message =
  | CallMessage
  | { readonly kind: "item"; readonly ref: number; readonly item: unknown }
  | { readonly kind: "value"; readonly id: number; readonly value: unknown }
  | SmallMessage;

/** What is the same to send and to receive. */
export type SmallMessage =
  | { readonly kind: "gone"; readonly ref: number; readonly fault: FaultRecord }
  | { readonly kind: "release"; readonly ref: number }
  | ProgressMessage
  | { readonly kind: "end"; readonly ref: number }
  | { readonly kind: "credit"; readonly ref: number; readonly bytes: number }
  | { readonly kind: "fault"; readonly id: number; readonly fault: FaultRecord }
  | { readonly kind: "cancel"; readonly id: number; readonly reason: string }
  | { readonly kind: "ping" | "pong"; readonly number: number }
  | { readonly kind: "goaway"; readonly reason: string };

/** How far a call is. */
export interface ProgressMessage {
  readonly kind: "progress";
  readonly id: number;
  readonly done: number;
  readonly total: number | undefined;
  readonly note: string | undefined;
}

/** @throws {@link Fault} `internal` if an argument or a result has no form on the wire */
export function encodeMessage(message: Message): Uint8Array {
  try {
    return encodeKind(message);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(error.code, error.detail.replace(INNER_PATH, outerPath), {
      ...error.parts,
      cause: error,
    });
  }
}

/** Where the data stands in a message, for which whoever made the data knows another name. */
const INNER_PATH = /^\[(?:2\]|4\]\[(\d+)\]|5\]\.([\w-]+))/;

function outerPath(_all: string, position: string | undefined, name: string | undefined): string {
  if (position !== undefined) return `argument ${Number(position) + 1}`;
  return name === undefined ? "the result" : `argument '${name}'`;
}

function encodeKind(message: Message): Uint8Array {
  switch (message.kind) {
    case "call": {
      const { id, target, method, positional, named } = message;
      const options = optionsMap(message);
      return encodeParts([KIND.call, id, target], [method, positional, named, options], CALL_DATA);
    }
    case "value":
      return encodeParts([KIND.value, message.id], [message.value], VALUE_DATA);
    case "fault":
      return encodeParts([KIND.fault, message.id], [faultMap(message.fault)]);
    case "cancel":
      return encodeParts([KIND.cancel, message.id], [message.reason]);
    case "item":
      return encodeParts([KIND.item, message.ref], [message.item]);
    case "end":
    case "release":
      return encodeParts([KIND[message.kind], message.ref], []);
    case "gone":
      return encodeParts([KIND.gone, message.ref], [faultMap(message.fault)]);
    case "credit":
      return encodeParts([KIND.credit, message.ref, message.bytes], []);
    case "progress": {
      const { id, done, total = null, note = null } = message;
      return encodeParts([KIND.progress, id], [done, total, note]);
    }
    case "ping":
    case "pong":
      return encodeParts([KIND[message.kind], message.number], []);
    case "goaway":
      return encodeParts([KIND.goaway], [message.reason]);
    default:
      return assertNever(message, "a message");
  }
}
