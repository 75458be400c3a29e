import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../base/fault.ts";
import { encode } from "../../wire/cbor.ts";
import { faultRecord } from "../../wire/fault-record.ts";
import { encodeMessage, type Message } from "../../wire/message.ts";
import { readMessage } from "../../wire/read-message.ts";
import {
  BAD_TRACEPARENTS,
  BAD_TRACESTATES,
  LATER_TRACEPARENT,
  TRACE,
  TRACEPARENT,
} from "../support/traces.ts";
import { readWhole } from "../support/whole-message.ts";

const MESSAGES: readonly Message[] = [
  { kind: "call", id: 1, target: 0, method: "add", positional: [2, 3], named: {}, deadlineMs: 1000 },
  {
    kind: "call",
    id: 7,
    target: 0,
    method: "",
    positional: [],
    named: { a: [null], "on-line": "x" },
    deadlineMs: undefined,
  },
  { kind: "value", id: 1, value: { list: [1.5, "x", true] } },
  { kind: "fault", id: 2, fault: { code: "internal", message: "this side failed", id: "abc-2" } },
  {
    kind: "fault",
    id: 3,
    fault: {
      code: "resource_exhausted",
      message: "m",
      id: "i",
      reason: "disk.full",
      data: { free: 0 },
      retry: { ok: true, afterMs: 5 },
      outcome: "not_started",
      origin: "limit",
      issues: [{ path: "a", message: "b" }],
      cause: [{ code: "not_found", message: "c", reason: "r" }],
    },
  },
  { kind: "cancel", id: 4, reason: "late" },
  { kind: "ping", number: 0 },
  { kind: "pong", number: Number.MAX_SAFE_INTEGER },
  { kind: "goaway", reason: "" },
];

const refused = (parts: unknown): void => {
  assert.throws(() => readMessage(encode(parts)), { code: "protocol_error" }, JSON.stringify(parts));
};

describe("messages", () => {
  test("come back as they were sent", () => {
    for (const message of MESSAGES) assert.deepEqual(readWhole(encodeMessage(message)), message);
  });

  test("of no known kind, or no array at all, are refused", () => {
    for (const parts of [[], [15], ["16"], [null], {}, "x", 16, [1, Buffer.alloc(3)], [20, 1], [99, 1, 2]])
      refused(parts);
  });

  test("with a part too few, too many or of the wrong type are refused", () => {
    const call: readonly unknown[] = [16, 1, 0, "add", [], {}, {}];
    assert.equal(readMessage(encode(call)).kind, "call");
    refused(call.slice(0, 6));
    refused([...call, 0]);
    for (const [place, bad] of [
      [1, 0],
      [1, -1],
      [1, 1.5],
      [1, 1e300],
      [1, "1"],
      [2, 1.5],
      [2, null],
      [3, 1],
      [3, null],
      [4, {}],
      [4, null],
      [5, []],
      [5, null],
      [6, []],
      [6, { deadline_ms: -1 }],
      [6, { deadline_ms: "1" }],
      [6, { later: 1 }],
    ] as const) {
      refused(call.with(place, bad));
    }
    for (const parts of [
      [17, 1],
      [17, 0, 1],
      [20, 1],
      [20, 0, null],
      [21, 1, 2],
      [22, 1, {}],
      [23, 1, 0],
      [23, 1, 1.5],
      [24],
      [25, 1, 0, null],
      [25, 1, -1, null, null],
      [25, 1, 0, null, "x".repeat(257)],
      [16, 1, -1, "add", [], {}, {}],
      [16, 1, 0, "add", [], {}, { within: 0 }],
      [18, 1, 2],
      [18, 1, {}],
      [19, 1],
      [19, 1, 2],
      [19, 1, "x".repeat(257)],
      [26],
      [26, -1],
      [26, "1"],
      [27, 1.5],
      [28],
      [28, 7],
      [28, "x".repeat(257)],
    ]) {
      refused(parts);
    }
    assert.equal(readMessage(encode([19, 1, "x".repeat(256)])).kind, "cancel");
  });

  test("carry a trace as it is, for all that a call causes", () => {
    const call = { kind: "call", id: 1, target: 0, method: "add", positional: [], named: {} } as const;
    for (const trace of [TRACE, { traceparent: TRACEPARENT }, { ...TRACE, tracestate: "x".repeat(512) }]) {
      const read = readWhole(encodeMessage({ ...call, deadlineMs: 1, within: 2, trace }));
      assert.deepEqual(read, { ...call, deadlineMs: 1, within: 2, trace });
      assert.ok(read.kind === "call" && Object.isFrozen(read.trace));
    }
    const without = encodeMessage({ ...call, deadlineMs: undefined });
    assert.deepEqual(encodeMessage({ ...call, deadlineMs: undefined, trace: undefined }), without);
    assert.equal("trace" in readMessage(without), false, "nothing is made for a call that has none");
  });

  test("with what is no trace, or a state without one, are refused", () => {
    const inTrace = (options: object): unknown => [16, 1, 0, "add", [], {}, options];
    assert.equal(readMessage(encode(inTrace({ ...TRACE }))).kind, "call");
    const { tracestate } = TRACE;
    refused(inTrace({ tracestate }));
    for (const traceparent of [...Object.values(BAD_TRACEPARENTS), LATER_TRACEPARENT, 1, null, [TRACEPARENT]])
      refused(inTrace({ traceparent, tracestate }));
    for (const bad of [...Object.values(BAD_TRACESTATES), "", 1, null, ["a=1"]])
      refused(inTrace({ traceparent: TRACEPARENT, tracestate: bad }));
  });

  test("name arguments by the rule, and nothing else", () => {
    const named = (name: string): unknown[] => [16, 1, 0, "add", [], { [name]: 1 }, {}];
    assert.equal(readMessage(encode(named(`a${"b".repeat(63)}`))).kind, "call");
    for (const name of ["", "0", "a b", "a.b", "ä", `a${"b".repeat(64)}`, "a\n", "length\0"])
      refused(named(name));
  });

  test("carry any text as a method: whether it names anything is not for the wire to say", () => {
    for (const method of ["constructor", "then", "add.", "\n", "ädd", ""]) {
      const message = readMessage(encode([16, 1, 0, method, [], {}, {}]));
      assert.equal(message.kind === "call" && message.method, method);
    }
  });

  test("cannot name a code or an origin that is looked up here", () => {
    const fault = (change: object): unknown => [
      18,
      1,
      { code: "internal", message: "m", id: "i", ...change },
    ];
    for (const code of ["constructor", "toString", "no_such_code", ""]) {
      const message = readMessage(encode(fault({ code })));
      assert.equal(message.kind === "fault" && message.fault.code, "internal");
    }
    for (const change of [
      { code: 1 },
      { id: 1 },
      { message: "x".repeat(5000) },
      { origin: "elsewhere" },
      { outcome: "maybe" },
      { issues: {} },
      { issues: [{}] },
      { retry: 1 },
      { cause: [1] },
      { reason: 1 },
    ]) {
      refused(fault(change));
    }
    const many = readMessage(
      encode(fault({ cause: Array.from({ length: 20 }, () => ({ code: "internal", message: "m" })) })),
    );
    assert.equal(many.kind === "fault" && many.fault.cause?.length, 8);
  });

  test("carry faults within exact bounds, and what this side sends is cut to them", () => {
    const read = (change: object): Message =>
      readWhole(encode([18, 1, { code: "internal", message: "m", id: "i", ...change }]));
    for (const change of [
      { reason: "x".repeat(256) },
      { message: "x".repeat(4096) },
      { id: "x".repeat(256) },
    ])
      assert.equal(read(change).kind, "fault");
    for (const change of [
      { reason: "x".repeat(257) },
      { message: "x".repeat(4097) },
      { id: "x".repeat(257) },
    ]) {
      assert.throws(() => read(change), { code: "protocol_error" });
    }
    const issue = { path: "p".repeat(300), message: "m".repeat(5000) };
    const fault = new Fault("internal", "d", {
      text: "t".repeat(4097),
      reason: "r".repeat(257),
      issues: Array.from({ length: 65 }, () => issue),
    });
    const record = faultRecord(fault, "i");
    assert.deepEqual([record.message.length, record.reason?.length, record.issues?.length], [4096, 256, 64]);
    assert.deepEqual(readMessage(encodeMessage({ kind: "fault", id: 1, fault: record })), {
      kind: "fault",
      id: 1,
      fault: record,
    });
    assert.equal(
      faultRecord(new Fault("internal", "d", { text: "t".repeat(4096) }), "i").message,
      "t".repeat(4096),
    );
  });

  test("that cannot be encoded say which argument it was", () => {
    const call = { kind: "call", id: 1, target: 0, method: "add", deadlineMs: undefined } as const;
    const detail = (message: Message): string => {
      try {
        encodeMessage(message);
      } catch (error) {
        return (error as Error).message;
      }
      return assert.fail("it was encoded");
    };
    assert.match(detail({ ...call, positional: [1, [() => 1]], named: {} }), /argument 2\[0\]: a function/);
    assert.match(detail({ ...call, positional: [], named: { on: { x: 1n } } }), /argument 'on'\.x: a bigint/);
    assert.match(
      detail({ kind: "value", id: 1, value: { a: new Map() } }),
      /the result\.a: a Map cannot be sent; pass an object, or a list of pairs/,
    );
  });
});

test("a long text is sent in memory of its own, and keeps no more than its bytes", () => {
  for (const value of ["x".repeat(100_000), "\u20ac".repeat(30_000), ["x".repeat(20_000), 1]]) {
    const first = encodeMessage({ kind: "value", id: 1, value });
    const second = encodeMessage({ kind: "value", id: 2, value: "y".repeat(100_000) });
    assert.ok(first.buffer.byteLength < 2 * first.length, `${first.buffer.byteLength} bytes are kept`);
    assert.notEqual(first.buffer, second.buffer);
    // What came behind it has changed nothing of it.
    assert.deepEqual(readWhole(first), { kind: "value", id: 1, value });
  }
});
