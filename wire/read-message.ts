import { Fault } from "../base/fault.ts";
import { CALL_OPTIONS, readTrace } from "./call-options.ts";
import { check, decodeChecked, decodeText } from "./cbor.ts";
import type { Checked } from "./cbor-check.ts";
import { readFaultRecord } from "./fault-record.ts";
import {
  readClosedMap,
  readCount,
  readInteger,
  readList,
  readNumber,
  readPositive,
  readText,
  readTuple,
} from "./fields.ts";
import { CALL_DATA, type DataLimits, SESSION_DATA, VALUE_DATA } from "./limits.ts";
import { type CallHead, KIND, type ProgressMessage, REASON_MAX_CHARS, type SmallMessage } from "./message.ts";
import { Packed, PackedArguments } from "./packed.ts";
import { WireReference } from "./reference.ts";

/** A call that came: what it names is known, and its arguments are not decoded yet. */
export interface ReceivedCall extends CallHead {
  readonly args: PackedArguments;
}

/** A message that came. Data in it is checked and not decoded. */
export type Received =
  | ReceivedCall
  | { readonly kind: "item"; readonly ref: number; readonly item: Packed }
  | { readonly kind: "value"; readonly id: number; readonly value: Packed | WireReference }
  | SmallMessage;

/**
 * Reads the message that a frame holds. All of it is checked, whatever becomes of it: the verdict on a message does not
 * depend on how busy this side is.
 *
 *     [16, id, target, method, [positional…], {named…}, {options…}]
 *          └──── read at once ────┘ └─── PackedArguments ───┘ └ read at once ┘
 *
 * @param frame - is not written to any more: what is packed lies in it
 * @throws {@link Fault} `protocol_error`
 */
export function readMessage(frame: Uint8Array): Received {
  const limits = dataLimits(frame[1] ?? 0);
  const checked = check(frame, limits);
  if ((frame[0] ?? 0) >> 5 !== ARRAY) throw new Fault("protocol_error", "message: an array was expected");
  const kind = partOf(frame, checked, 0);
  switch (kind) {
    case KIND.call:
      // A kind may come as a float: then the limits of its data are known only now, and it had no references.
      return readCall(frame, limits === CALL_DATA ? checked : check(frame, CALL_DATA));
    case KIND.value:
      return readValue(frame, limits === VALUE_DATA ? checked : check(frame, VALUE_DATA));
    case KIND.item: {
      expectParts(checked, "item", 3);
      const ref = readPositive(partOf(frame, checked, 1), "ref");
      return { kind: "item", ref, item: new Packed(frame, checked.parts[2] ?? 0, frame.length, checked) };
    }
    default:
      return readSmall(
        readList(
          decodeChecked(frame, 0, frame.length, checked.hasNegativeZero, checked.hasSparseMap),
          "message",
        ),
      );
  }
}

const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

/** The kind stands behind the head of the array, nearly always in one byte. */
function dataLimits(kind: number): DataLimits {
  return kind === KIND.call ? CALL_DATA : kind === KIND.value ? VALUE_DATA : SESSION_DATA;
}

function expectParts({ partCount }: Checked, what: string, count: number): void {
  if (partCount !== count)
    throw new Fault("protocol_error", `${what}: an array of ${count} elements was expected`);
}

/** One element of the message's array. Most are small whole numbers, which need no decoder. */
function partOf(
  frame: Uint8Array,
  { parts, partCount, hasNegativeZero, hasSparseMap }: Checked,
  i: number,
): unknown {
  if (i >= partCount) throw new Fault("protocol_error", `message: an element ${i} was expected`);
  const at = parts[i] ?? 0;
  const initial = frame[at] ?? 0;
  const byte = (k: number): number => frame[at + k] ?? 0;
  if (initial < 24) return initial;
  if (initial === 0x18) return byte(1);
  if (initial === 0x19) return (byte(1) << 8) | byte(2);
  if (initial === 0x1a) return ((byte(1) << 24) | (byte(2) << 16) | (byte(3) << 8) | byte(4)) >>> 0;
  return decodeChecked(
    frame,
    at,
    i + 1 < partCount ? (parts[i + 1] ?? 0) : frame.length,
    hasNegativeZero,
    hasSparseMap,
  );
}

function majorAt(frame: Uint8Array, at: number): number {
  return (frame[at] ?? 0) >> 5;
}

function readValue(frame: Uint8Array, checked: Checked): Received {
  expectParts(checked, "reply", 3);
  const id = readPositive(partOf(frame, checked, 1), "id");
  const [reference] = referencesOf(checked);
  const at = checked.parts[2] ?? 0;
  return { kind: "value", id, value: reference ?? new Packed(frame, at, frame.length, checked) };
}

function referencesOf({ referenceCount, referenceKinds, referenceIds }: Checked): readonly WireReference[] {
  if (referenceCount === 0) return NO_REFERENCES;
  const references: WireReference[] = [];
  for (let i = 0; i < referenceCount; i++) {
    const kind = referenceKinds[i];
    const id = referenceIds[i];
    if (kind === undefined || id === undefined) throw new Error("fewer references than were counted");
    references.push(new WireReference(kind, id));
  }
  return references;
}

const NO_REFERENCES: readonly WireReference[] = Object.freeze([]);

const NO_OPTIONS: Readonly<Record<string, unknown>> = Object.freeze({});
const EMPTY_MAP = 0xa0;

function readCall(frame: Uint8Array, checked: Checked): ReceivedCall {
  expectParts(checked, "call", 7);
  const { parts } = checked;
  const methodAt = parts[3] ?? 0;
  const positionalAt = parts[4] ?? 0;
  const namedAt = parts[5] ?? 0;
  const optionsAt = parts[6] ?? 0;
  const id = readPositive(partOf(frame, checked, 1), "id");
  const target = readInteger(partOf(frame, checked, 2), "target");
  if (-target >= id) throw new Fault("protocol_error", `target ${target} of call ${id}: no earlier call`);
  if (majorAt(frame, methodAt) !== TEXT) throw new Fault("protocol_error", "method: a text was expected");
  if (majorAt(frame, positionalAt) !== ARRAY)
    throw new Fault("protocol_error", "positional: an array was expected");
  if (majorAt(frame, namedAt) !== MAP) throw new Fault("protocol_error", "named: a map was expected");
  const args = new PackedArguments(frame, [positionalAt, namedAt, optionsAt], checked, referencesOf(checked));
  const found =
    optionsAt === frame.length - 1 && frame[optionsAt] === EMPTY_MAP ? NO_OPTIONS : partOf(frame, checked, 6);
  const options = found === NO_OPTIONS ? NO_OPTIONS : readClosedMap(found, "options", CALL_OPTIONS);
  const { deadline_ms: deadline, within } = options;
  const call: ReceivedCall = {
    kind: "call",
    id,
    target,
    method: textOf(frame, methodAt, positionalAt),
    args,
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

/** A text that was checked, head and all between the two offsets. */
function textOf(frame: Uint8Array, from: number, end: number): string {
  const info = (frame[from] ?? 0) & 0x1f;
  return decodeText(frame, from + (info < 24 ? 1 : 1 + (1 << (info - 24))), end);
}

function readSmall(parts: readonly unknown[]): SmallMessage {
  switch (parts[0]) {
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
