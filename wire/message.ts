import { Fault } from "../base/fault.ts";
import { ARGUMENT_NAME_RULE, isArgumentName } from "../base/names.ts";
import { decode, encodeParts } from "./cbor.ts";
import { type FaultRecord, faultMap, readFaultRecord } from "./fault-record.ts";
import {
  readClosedMap,
  readCount,
  readList,
  readMap,
  readPositive,
  readText,
  readTuple,
  type WireMap,
} from "./fields.ts";
import { SESSION_DATA } from "./limits.ts";

/*
 * The messages after the login (docs/protocol.md, section 5), the same in both directions:
 *
 *     [16, id, target, method, [positional…], {named…}, {options…}]   call
 *     [17, id, value]                                                 reply
 *     [18, id, fault]                                                 reply that says why not
 *     [19, id, reason]                                                cancel
 *     [26, number]                                                    ping
 *     [27, number]                                                    pong, the same number
 *     [28, reason]                                                    goaway: no new calls
 */
const KIND = { call: 16, value: 17, fault: 18, cancel: 19, ping: 26, pong: 27, goaway: 28 } as const;

const REASON_MAX_CHARS = 256;

export interface CallMessage {
  readonly kind: "call";
  /** from 1, each greater than the one before: an id is never used twice in a connection */
  readonly id: number;
  /** 0: the catalogue. Nothing else can be called yet. */
  readonly target: 0;
  /** Any text: whether it names anything is for the session's own table, and the answer is the same if not. */
  readonly method: string;
  readonly positional: readonly unknown[];
  readonly named: WireMap;
  /** how long the caller will wait, in milliseconds from now */
  readonly deadlineMs: number | undefined;
}

export type Message =
  | CallMessage
  | { readonly kind: "value"; readonly id: number; readonly value: unknown }
  | { readonly kind: "fault"; readonly id: number; readonly fault: FaultRecord }
  | { readonly kind: "cancel"; readonly id: number; readonly reason: string }
  | { readonly kind: "ping" | "pong"; readonly number: number }
  | { readonly kind: "goaway"; readonly reason: string };

/**
 * Reads the message that a frame holds. The value comes from the network: nothing about it is known
 * yet, and nothing of it is used before it is known.
 *
 * @throws {@link Fault} `protocol_error`
 */
export function readMessage(frame: Uint8Array): Message {
  const parts = readList(decode(frame, SESSION_DATA), "message");
  switch (parts[0]) {
    case KIND.call:
      return readCall(readTuple(parts, "call", 7));
    case KIND.value:
      readTuple(parts, "reply", 3);
      return { kind: "value", id: readPositive(parts[1], "id"), value: parts[2] };
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

function readCall(parts: readonly unknown[]): CallMessage {
  const target = readCount(parts[2], "target");
  if (target !== 0) throw new Fault("protocol_error", `target ${target}: 0, the catalogue, was expected`);
  const options = readClosedMap(parts[6], "options", ["deadline_ms"]);
  const deadline = options["deadline_ms"];
  return {
    kind: "call",
    id: readPositive(parts[1], "id"),
    target,
    method: readText(parts[3], "method", Number.MAX_SAFE_INTEGER),
    positional: readList(parts[4], "positional"),
    named: readNamed(parts[5]),
    deadlineMs: deadline === undefined ? undefined : readCount(deadline, "deadline_ms"),
  };
}

function readNamed(found: unknown): WireMap {
  const named = readMap(found, "named");
  for (const name of Object.keys(named)) {
    if (!isArgumentName(name)) {
      throw new Fault("protocol_error", `the name of an argument: ${ARGUMENT_NAME_RULE} was expected`);
    }
  }
  return named;
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
      const { id, target, method, positional, named, deadlineMs } = message;
      const options = deadlineMs === undefined ? {} : { deadline_ms: deadlineMs };
      return encodeParts([KIND.call, id, target], [method, positional, named, options]);
    }
    case "value":
      return encodeParts([KIND.value, message.id], [message.value]);
    case "fault":
      return encodeParts([KIND.fault, message.id], [faultMap(message.fault)]);
    case "cancel":
      return encodeParts([KIND.cancel, message.id], [message.reason]);
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
