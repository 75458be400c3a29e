import { Fault } from "../base/fault.ts";
import { ARGUMENT_NAME_RULE, isArgumentName } from "../base/names.ts";
import { CALL_OPTIONS, type CallOptions, optionsMap, readTrace } from "./call-options.ts";
import { asReference, decode, encodeParts, isTagged } from "./cbor.ts";
import { type FaultRecord, faultMap, readFaultRecord } from "./fault-record.ts";
import {
  readClosedMap,
  readCount,
  readInteger,
  readList,
  readMap,
  readNumber,
  readPositive,
  readText,
  readTuple,
  type WireMap,
} from "./fields.ts";
import { CALL_DATA, type DataLimits, SESSION_DATA, VALUE_DATA } from "./limits.ts";
import { WireReference } from "./reference.ts";

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
const KIND = {
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

const REASON_MAX_CHARS = 256;

export interface CallMessage extends CallOptions {
  readonly kind: "call";
  /** from 1, each greater than the one before: an id is never used twice in a connection */
  readonly id: number;
  /** 0: the catalogue; above it, a reference of the receiver's; below it, what the sender's call of that id will give. */
  readonly target: number;
  /** Any text: whether it names anything is for the session's own table, and the answer is the same if not. */
  readonly method: string;
  readonly positional: readonly unknown[];
  readonly named: WireMap;
}

export type Message =
  | CallMessage
  | StreamMessage
  | { readonly kind: "gone"; readonly ref: number; readonly fault: FaultRecord }
  | { readonly kind: "release"; readonly ref: number }
  | ProgressMessage
  | { readonly kind: "value"; readonly id: number; readonly value: unknown }
  | { readonly kind: "fault"; readonly id: number; readonly fault: FaultRecord }
  | { readonly kind: "cancel"; readonly id: number; readonly reason: string }
  | { readonly kind: "ping" | "pong"; readonly number: number }
  | { readonly kind: "goaway"; readonly reason: string };

type StreamMessage =
  | { readonly kind: "item"; readonly ref: number; readonly item: unknown }
  | { readonly kind: "end"; readonly ref: number }
  | { readonly kind: "credit"; readonly ref: number; readonly bytes: number };

/** How far a call is. */
export interface ProgressMessage {
  readonly kind: "progress";
  readonly id: number;
  readonly done: number;
  readonly total: number | undefined;
  readonly note: string | undefined;
}

/**
 * Reads the message that a frame holds. The value comes from the network: nothing about it is known
 * yet, and nothing of it is used before it is known.
 *
 * @throws {@link Fault} `protocol_error`
 */
export function readMessage(frame: Uint8Array): Message {
  const parts = readList(decode(frame, dataLimits(frame)), "message");
  switch (parts[0]) {
    case KIND.call:
      return readCall(readTuple(parts, "call", 7));
    case KIND.value:
      readTuple(parts, "reply", 3);
      return { kind: "value", id: readPositive(parts[1], "id"), value: asReference(parts[2]) };
    case KIND.fault:
      readTuple(parts, "fault", 3);
      return { kind: "fault", id: readPositive(parts[1], "id"), fault: readFaultRecord(parts[2]) };
    case KIND.cancel:
      readTuple(parts, "cancel", 3);
      return {
        kind: "cancel",
        id: readPositive(parts[1], "id"),
        reason: readText(parts[2], "reason", REASON_MAX_CHARS),
      };
    case KIND.item:
      readTuple(parts, "item", 3);
      return { kind: "item", ref: readPositive(parts[1], "ref"), item: parts[2] };
    case KIND.end:
    case KIND.release:
      readTuple(parts, "end or release", 2);
      return { kind: parts[0] === KIND.end ? "end" : "release", ref: readPositive(parts[1], "ref") };
    case KIND.gone:
      readTuple(parts, "gone", 3);
      return { kind: "gone", ref: readPositive(parts[1], "ref"), fault: readFaultRecord(parts[2]) };
    case KIND.credit:
      readTuple(parts, "credit", 3);
      return { kind: "credit", ref: readPositive(parts[1], "ref"), bytes: readPositive(parts[2], "bytes") };
    case KIND.progress:
      return readProgress(readTuple(parts, "progress", 5));
    case KIND.ping:
    case KIND.pong:
      readTuple(parts, "ping", 2);
      return { kind: parts[0] === KIND.ping ? "ping" : "pong", number: readCount(parts[1], "number") };
    case KIND.goaway:
      readTuple(parts, "goaway", 2);
      return { kind: "goaway", reason: readText(parts[1], "reason", REASON_MAX_CHARS) };
    default:
      throw new Fault("protocol_error", "a message of no known kind");
  }
}

/** The kind stands behind the head of the array, in one byte. */
function dataLimits(frame: Uint8Array): DataLimits {
  return frame[1] === KIND.call ? CALL_DATA : frame[1] === KIND.value ? VALUE_DATA : SESSION_DATA;
}

function readCall(parts: readonly unknown[]): CallMessage {
  const id = readPositive(parts[1], "id");
  const target = readInteger(parts[2], "target");
  if (-target >= id) throw new Fault("protocol_error", `target ${target} of call ${id}: no earlier call`);
  const options = readClosedMap(parts[6], "options", CALL_OPTIONS);
  const { deadline_ms: deadline, within } = options;
  const call: CallMessage = {
    kind: "call",
    id,
    target,
    method: readText(parts[3], "method", Number.MAX_SAFE_INTEGER),
    positional: readPositional(parts[4]),
    named: readNamed(parts[5]),
    deadlineMs: deadline === undefined ? undefined : readCount(deadline, "deadline_ms"),
  };
  const trace = readTrace(options);
  // Most calls have neither, and nothing more is made for them.
  if (within === undefined && trace === undefined) return call;
  return {
    ...call,
    ...(within === undefined ? {} : { within: readPositive(within, "within") }),
    ...(trace === undefined ? {} : { trace }),
  };
}

function readPositional(found: unknown): readonly unknown[] {
  const positional = readList(found, "positional");
  // Nearly always there is none, and the list stays as it is.
  return positional.some(isTagged) ? positional.map(asReference) : positional;
}

function readNamed(found: unknown): WireMap {
  const named = readMap(found, "named");
  let references = false;
  for (const name in named) {
    if (!isArgumentName(name)) {
      throw new Fault("protocol_error", `the name of an argument: ${ARGUMENT_NAME_RULE} was expected`);
    }
    references ||= isTagged(named[name]);
  }
  if (!references) return named;
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, asReference(value)]));
}

/** How many references are among the arguments of a call. */
export function countReferences({ positional, named }: Pick<CallMessage, "positional" | "named">): number {
  let count = 0;
  for (let i = 0; i < positional.length; i++) if (positional[i] instanceof WireReference) count++;
  for (const name in named) if (named[name] instanceof WireReference) count++;
  return count;
}

function readProgress(parts: readonly unknown[]): ProgressMessage {
  const [, id, done, total, note] = parts;
  return {
    kind: "progress",
    id: readPositive(id, "id"),
    done: readNumber(done, "done"),
    total: total === null ? undefined : readNumber(total, "total"),
    note: note === null ? undefined : readText(note, "note", REASON_MAX_CHARS),
  };
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
      return unreachable(message);
  }
}

function unreachable(message: never): never {
  throw new Error(`a message of no known kind: ${JSON.stringify(message)}`);
}
