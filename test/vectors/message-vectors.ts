import { joinBytes } from "../../base/bytes.ts";
import type { FaultRecord } from "../../wire/fault-record.ts";
import { frameHeader } from "../../wire/frame.ts";
import { type CallMessage, encodeMessage, type Message } from "../../wire/message.ts";
import { type ReferenceKind, WireReference } from "../../wire/reference.ts";
import { hexOf } from "../wire/cbor-samples.ts";
import { referenceDecode } from "../wire/reference-cbor.ts";
import { COST_MESSAGES } from "./cost-messages.ts";
import { diagnostic, isJson } from "./diagnostic.ts";
import { dataLimits } from "./read-frame.ts";

const call = (method: string, parts: Partial<CallMessage> = {}): Message => {
  const empty = { positional: [], named: {}, deadlineMs: undefined };
  return { kind: "call", id: 1, target: 0, method, ...empty, ...parts };
};

const value = (found: unknown): Message => ({ kind: "value", id: 1, value: found });

const fault = (parts: Partial<FaultRecord> = {}): Message => {
  const least = { code: "internal", message: "this side failed", id: "k3v9x2m4qd7t1a0b-1" } as const;
  return { kind: "fault", id: 1, fault: { ...least, ...parts } };
};

/** The example of W3C Trace Context, section 3.1. */
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const BYTES = Uint8Array.of(0x00, 0x7f, 0x80, 0xff);

const reference = (kind: ReferenceKind, id: number): WireReference => new WireReference(kind, id);

/** What is sent, by a name that says what it shows. */
const FROM_CLIENT: Readonly<Record<string, Message>> = {
  "call without arguments": call("status"),
  "call by position": call("add", { positional: [2, 3] }),
  "call by name": call("add", { named: { a: 2, b: 3 } }),
  "call by both, with a deadline": call("add", { positional: [2], named: { b: 3 }, deadlineMs: 5000 }),
  "call of a name with dots": call("disk.volume.grow-by", { id: 2, positional: [10] }),
  "call of what is no name": call("", { id: 3 }),
  "call with the last id": call("status", { id: 2 ** 53 - 1 }),
  "call with the longest name of an argument": call("add", { named: { [`a${"_".repeat(63)}`]: null } }),
  "call that passes a function and a file": call("count", {
    positional: [reference("stream", 1)],
    named: { tell: reference("callback", 2), sink: reference("object", 3) },
  }),
  "call that gives a reference back": call("rows", { id: 4, positional: [reference("yours", 24)] }),
  "call on a reference": call("next", { id: 5, target: 1 }),
  "call of a function that was returned": call("", { id: 6, target: 2 ** 53 - 1, positional: [1] }),
  "call on what an earlier call will return": call("next", { id: 7, target: -6 }),
  "call because of a call of the daemon": call("next", { id: 8, within: 3 }),
  "call that belongs to a trace": call("status", { trace: { traceparent: TRACEPARENT } }),
  "call with the state of its trace, and all options": call("status", {
    deadlineMs: 5000,
    within: 3,
    trace: { traceparent: TRACEPARENT, tracestate: "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE" },
  }),
  "call with the longest state of a trace": call("status", {
    trace: { traceparent: TRACEPARENT, tracestate: " ~".repeat(256) },
  }),
  "value of a callback": value("heard"),
  "fault of a callback": fault({ message: "what the caller passed has failed", id: "", origin: "callback" }),
  "item of a line": { kind: "item", ref: 1, item: "better\n" },
  "item of bytes": { kind: "item", ref: 1, item: BYTES },
  "end of a stream": { kind: "end", ref: 1 },
  "gone: a stream that breaks off": {
    kind: "gone",
    ref: 1,
    fault: { code: "data_loss", message: "the file is no text in UTF-8", id: "" },
  },
  "credit of a window": { kind: "credit", ref: 1, bytes: 1_048_576 },
  "credit of a byte": { kind: "credit", ref: 2 ** 53 - 1, bytes: 1 },
  release: { kind: "release", ref: 1 },
  cancel: { kind: "cancel", id: 1, reason: "not wanted any more" },
  "cancel without a word": { kind: "cancel", id: 2 ** 53 - 1, reason: "" },
  ping: { kind: "ping", number: 0 },
  "ping with the last number": { kind: "ping", number: 2 ** 53 - 1 },
  pong: { kind: "pong", number: 24 },
};

const FROM_DAEMON: Readonly<Record<string, Message>> = {
  "value null": value(null),
  "value false": value(false),
  "value true": value(true),
  ...Object.fromEntries(
    [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1].flatMap((one) => [
      [`value ${one}`, value(one)],
      [`value ${-1 - Math.min(one, 2 ** 53 - 2)}`, value(-1 - Math.min(one, 2 ** 53 - 2))],
    ]),
  ),
  ...Object.fromEntries(
    [1.5, -4.1, 5e-324, 1.7976931348623157e308, 2 ** 53].map((one) => [`value ${one} (float)`, value(one)]),
  ),
  "value text, empty": value(""),
  "value text": value('grün, \u6c34, \u{1f600}, \u0000, "\\\n'),
  "value text with a byte order mark that does not stand in front": value("a\ufeff"),
  "value bytes, empty": value(new Uint8Array()),
  "value bytes": value(BYTES),
  "value time": value(new Date("2013-03-21T20:04:00Z")),
  "value time with milliseconds": value(new Date("2013-03-21T20:04:00.500Z")),
  "value time before 1970": value(new Date(-1500)),
  "value time, the last": value(new Date(8_640_000_000_000_000)),
  "value time, the first": value(new Date(-8_640_000_000_000_000)),
  "value array, empty": value([]),
  "value array": value([1, [2, [3]], "x", null]),
  "value map, empty": value({}),
  "value map": value({ a: 1, list: [true, { deep: {} }], "": "the empty key", grün: BYTES }),
  "value as deep as may be": value(nested(31)),
  "value with a key as long as may be": value({ ["k".repeat(128)]: 0 }),
  "fault with what is always there": fault(),
  "fault with a reason and data": fault({
    code: "failed_precondition",
    message: "the disk is full",
    reason: "disk.full",
    data: { free: 0, at: new Date(0) },
  }),
  "fault with data null": fault({ data: null }),
  "fault with retry": fault({ code: "resource_exhausted", retry: { ok: true, afterMs: 1500 } }),
  "fault with retry, no time said": fault({ code: "unavailable", retry: { ok: false } }),
  ...Object.fromEntries(
    (["not_started", "unknown", "done"] as const).map((outcome) => [
      `fault with outcome ${outcome}`,
      fault({ outcome }),
    ]),
  ),
  ...Object.fromEntries(
    (["channel", "login", "policy", "arguments", "handler", "callback", "limit"] as const).map((origin) => [
      `fault with origin ${origin}`,
      fault({ origin }),
    ]),
  ),
  "fault with issues": fault({
    code: "invalid_argument",
    issues: [
      { path: "tags[3]", message: "a text was expected" },
      { path: "labels.team", message: "" },
    ],
  }),
  "fault with a denial": fault({
    code: "permission_denied",
    message: "the policy does not allow this call",
    outcome: "not_started",
    origin: "policy",
    denial: { reason: "no_grant", policy: `sha256:${"0".repeat(64)}` },
  }),
  "fault with a denial by the nearest grant": fault({
    code: "permission_denied",
    message: "the policy does not allow this call",
    issues: [{ path: "unit", message: "not allowed by the policy" }],
    denial: {
      reason: "args",
      policy: `sha256:${"0".repeat(64)}`,
      grant: "deploy",
      at: "53:3",
      path: "unit",
      want: 'enum "web", "api"',
      got: '"db"',
    },
  }),
  "fault with causes": fault({
    cause: [
      { code: "not_found", message: "there is no such disk" },
      { code: "unavailable", reason: "disk.gone", message: "this side takes no new calls" },
    ],
  }),
  "fault with everything": fault({
    code: "permission_denied",
    message: "the policy does not allow this call",
    reason: "r",
    data: [],
    retry: { ok: false, afterMs: 0.5 },
    outcome: "not_started",
    origin: "policy",
    issues: [],
    cause: [],
  }),
  "value that is an object of the daemon": value(reference("object", 1)),
  "value that is a stream": value(reference("stream", 2)),
  "value that is a function": value(reference("callback", 3)),
  "value that is the caller's own": value(reference("yours", 1)),
  "call of a callback": call("", { target: 2, positional: ["better\n"], deadlineMs: 5000 }),
  "call of a callback that belongs to a trace": call("", {
    target: 2,
    trace: { traceparent: TRACEPARENT, tracestate: "rojo=00f067aa0ba902b7" },
  }),
  "cancel of a callback": { kind: "cancel", id: 1, reason: "deadline_exceeded" },
  progress: { kind: "progress", id: 1, done: 3, total: 10, note: "copying" },
  "progress without a total or a note": {
    kind: "progress",
    id: 1,
    done: 0.5,
    total: undefined,
    note: undefined,
  },
  "ping of the daemon": { kind: "ping", number: 7 },
  "pong of the daemon": { kind: "pong", number: 0 },
  goaway: { kind: "goaway", reason: "the daemon stops" },
  "goaway without a word": { kind: "goaway", reason: "" },
  ...COST_MESSAGES,
};

function nested(depth: number): unknown {
  let inner: unknown = [];
  for (let i = 1; i < depth; i++) inner = i % 2 === 0 ? [inner] : { a: inner };
  return inner;
}

/** Messages as nobody needs to write them, and as everybody must read them. */
const OTHER_FORMS: readonly (readonly [name: string, sameAs: string, body: string])[] = [
  ["1.5 as a half float", "value 1.5 (float)", "831101f93e00"],
  ["1.5 as a single float", "value 1.5 (float)", "831101fa3fc00000"],
  ["24 as a half float", "value 24", "831101f94e00"],
  ["2^32 as a single float", "value 4294967296", "831101fa4f800000"],
  ["2^53-1 as a double float", "value 9007199254740991", "831101fb433fffffffffffff"],
  ["-0 as a half float", "value 0", "831101f98000"],
  ["-0 as a double float", "value 0", "831101fb8000000000000000"],
  ["the kind and the id as floats", "value null", "83f94c40f93c00f6"],
  ["a time as a float that is whole", "value time", "831101c1fb41d452d9ec000000"],
  ["a time as a half float", "value time before 1970", "831101c1f9be00"],
  ["a map whose keys are not sorted", "call by name", "871001006361646480a2616203616102a0"],
];

/** What whoever reads it must send at once, whatever else it is doing. */
const ANSWERS: readonly (readonly [name: string, asked: Message, answer: Message])[] = [
  0,
  1,
  2 ** 53 - 1,
].map((number) => [`ping ${number}`, { kind: "ping", number }, { kind: "pong", number }]);

/** The fields `messages`, `other_forms` and `answers` of the file. */
export function messageVectors(): object {
  return {
    messages: [...vectorsOf("client", FROM_CLIENT), ...vectorsOf("daemon", FROM_DAEMON)],
    other_forms: OTHER_FORMS.map(([name, sameAs, body]) => ({ name, same_as: sameAs, body })),
    answers: ANSWERS.map(([name, asked, answer]) => ({
      name,
      frame: frameOf(asked),
      answer: frameOf(answer),
    })),
  };
}

function frameOf(message: Message): string {
  const bytes = encodeMessage(message);
  return hexOf(joinBytes([frameHeader(bytes.length), bytes]));
}

function vectorsOf(from: string, messages: Readonly<Record<string, Message>>): object[] {
  return Object.entries(messages).map(([name, message]) => {
    const bytes = encodeMessage(message);
    // What stands in the bytes, and its cost, by the decoder that shares nothing with the encoder.
    const verdict = referenceDecode(bytes, dataLimits({ when: "after", body: bytes }));
    if ("refused" in verdict) throw new Error(`${name}: ${verdict.refused}`);
    const { value: parts, cost } = verdict;
    return {
      name,
      from,
      diagnostic: diagnostic(parts),
      ...(isJson(parts) ? { json: parts } : {}),
      cost,
      body: hexOf(bytes),
      frame: frameOf(message),
    };
  });
}
