import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { FAULT_ORIGINS, FAULT_OUTCOMES, FAULT_TEXT, Fault, type FaultCode } from "../../base/fault.ts";
import type { TraceContext } from "../../base/trace-context.ts";
import { encode } from "../../wire/cbor.ts";
import type { FaultCause, FaultRecord } from "../../wire/fault-record.ts";
import { CALL_DATA } from "../../wire/limits.ts";
import {
  encodeHelloBody,
  encodeHostBody,
  encodeLoginBody,
  encodeLoginMessage,
  encodeWelcomeBody,
  type LoginMessage,
} from "../../wire/login-message.ts";
import { encodeMessage, type Message } from "../../wire/message.ts";
import { type ReferenceKind, WireReference } from "../../wire/reference.ts";
import { traceparents } from "../support/traces.ts";
import { dataLimits, type Frame, readFrame } from "../vectors/read-frame.ts";
import { storedMessages } from "../vectors/stored-vectors.ts";
import { bytesOf, hexOf, profileValue } from "./cbor-samples.ts";
import { namesIn, parseCddl } from "./cddl.ts";
import { matches, PRELUDE_NAMES } from "./cddl-match.ts";
import { mutated } from "./cddl-mutated.ts";
import { referenceDecode } from "./reference-cbor.ts";

const rules = parseCddl(readFileSync(new URL("../../../docs/protocol.cddl", import.meta.url), "utf8"));

/** The value in the bytes, by the decoder that shares nothing with the encoder; they are of the profile. */
const valueOf = (bytes: Uint8Array): unknown => {
  const verdict = referenceDecode(bytes, dataLimits({ when: "after", body: bytes }));
  return "value" in verdict ? verdict.value : assert.fail(`${verdict.refused}: ${hexOf(bytes)}`);
};

const isA = (rule: string, bytes: Uint8Array): boolean => {
  const verdict = referenceDecode(bytes, dataLimits({ when: "after", body: bytes }));
  return "value" in verdict && matches(rules, { kind: "rule", name: rule }, verdict.value);
};

const ROOT = { before: "before-login", after: "after-login" } as const;

const id = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.maxSafeNat().map((one) => one || 1),
);
const word = fc
  .oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: "binary", maxLength: 128 }),
    // As many bytes as 256 characters can have.
    fc.constantFrom("", "\u6c34".repeat(256), "\u{1f600}".repeat(128)),
  )
  .filter((text) => !text.startsWith("\ufeff"));
const code = fc.constantFrom(...(Object.keys(FAULT_TEXT) as FaultCode[]));
const words = fc.oneof(
  { weight: 30, arbitrary: word },
  { weight: 1, arbitrary: fc.constantFrom("x".repeat(4096), "\u6c34".repeat(4096)) },
);
const argumentName = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/)
  .filter((name) => name !== "constructor" && name !== "then");

const cause: fc.Arbitrary<FaultCause> = fc.record(
  { code, message: words, reason: word },
  { requiredKeys: ["code", "message"] },
);

const faultRecord: fc.Arbitrary<FaultRecord> = fc.record(
  {
    code,
    message: words,
    id: word,
    reason: word,
    data: profileValue,
    retry: fc.record(
      { ok: fc.boolean(), afterMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }) },
      { requiredKeys: ["ok"] },
    ),
    outcome: fc.constantFrom(...FAULT_OUTCOMES),
    origin: fc.constantFrom(...FAULT_ORIGINS),
    issues: fc.array(fc.record({ path: word, message: word }), { maxLength: 64, size: "small" }),
    cause: fc.array(cause, { maxLength: 8 }),
  },
  { requiredKeys: ["code", "message", "id"] },
);

const fromZero = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const reference = fc
  .tuple(fc.constantFrom<ReferenceKind>("yours", "callback", "stream", "object"), fc.integer({ min: 1 }))
  .map(([kind, number]) => new WireReference(kind, number));
/** What stands alone, as an argument or a result, may be passed by reference. */
const argument = fc.oneof({ weight: 4, arbitrary: profileValue }, { weight: 1, arbitrary: reference });

const trace: fc.Arbitrary<TraceContext> = fc.record(
  { traceparent: traceparents, tracestate: fc.stringMatching(/^[ -~]{1,512}$/) },
  { requiredKeys: ["traceparent"] },
);

/** Every message that may follow `welcome`. */
const MESSAGES: Readonly<Record<Message["kind"], fc.Arbitrary<Message>>> = {
  call: fc.record({
    kind: fc.constant("call" as const),
    id,
    target: fc.oneof(fc.constant(0), fc.maxSafeNat()),
    method: word,
    positional: fc.array(argument, { maxLength: 4 }),
    named: fc.dictionary(argumentName, argument, { maxKeys: 4, noNullPrototype: true }),
    deadlineMs: fc.option(fc.maxSafeNat(), { nil: undefined }),
    within: fc.option(id, { nil: undefined }),
    trace: fc.option(trace, { nil: undefined }),
  }),
  value: fc.record({ kind: fc.constant("value" as const), id, value: argument }),
  fault: fc.record({ kind: fc.constant("fault" as const), id, fault: faultRecord }),
  item: fc.record({ kind: fc.constant("item" as const), ref: id, item: profileValue }),
  end: fc.record({ kind: fc.constant("end" as const), ref: id }),
  gone: fc.record({ kind: fc.constant("gone" as const), ref: id, fault: faultRecord }),
  credit: fc.record({ kind: fc.constant("credit" as const), ref: id, bytes: id }),
  release: fc.record({ kind: fc.constant("release" as const), ref: id }),
  progress: fc.record({
    kind: fc.constant("progress" as const),
    id,
    done: fromZero,
    total: fc.option(fromZero, { nil: undefined }),
    note: fc.option(word, { nil: undefined }),
  }),
  cancel: fc.record({ kind: fc.constant("cancel" as const), id, reason: word }),
  ping: fc.record({ kind: fc.constant("ping" as const), number: fc.maxSafeNat() }),
  pong: fc.record({ kind: fc.constant("pong" as const), number: fc.maxSafeNat() }),
  goaway: fc.record({ kind: fc.constant("goaway" as const), reason: word }),
};

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const positive = fc.integer({ min: 1 });

/** Every message of the login, with the body that our encoders make for it. */
const LOGIN_MESSAGES: Readonly<Record<LoginMessage["kind"], fc.Arbitrary<LoginMessage>>> = {
  hello: fc
    .record({ versions: fc.array(fc.nat(), { maxLength: 5 }), nonce: bytes(32) })
    .map((body) => ({ kind: "hello", body: encodeHelloBody(body) })),
  host: fc
    .tuple(fc.record({ version: fc.nat(), nonce: bytes(32), key: bytes(32) }), bytes(64))
    .map(([body, signature]) => ({ kind: "host", body: encodeHostBody(body), signature })),
  login: fc
    .tuple(fc.record({ key: bytes(32) }), bytes(64))
    .map(([body, signature]) => ({ kind: "login", body: encodeLoginBody(body), signature })),
  welcome: fc
    .record({
      principal: word,
      roles: fc.array(word, { maxLength: 3 }),
      connection: fc.oneof(fc.stringMatching(/^[a-z0-9]{16}$/), fc.constant("\u6c34".repeat(64))),
      boot: bytes(16),
      digest: bytes(32),
      limits: fc.record({ frameBytes: positive, callsInFlight: positive, deadlineMs: positive }),
      otherHostKeys: fc.array(fc.record({ key: bytes(32), signature: bytes(64) }), { maxLength: 3 }),
    })
    .map((body) => ({ kind: "welcome", body: encodeWelcomeBody(body) })),
  refused: fc.constantFrom(
    { kind: "refused" },
    { kind: "refused", why: "resource_exhausted" },
    { kind: "refused", why: "unavailable" },
  ),
};

const vectors = storedMessages();

describe("docs/protocol.cddl", () => {
  test("defines every name that it uses, and uses every name that it defines", () => {
    const used = new Set(["frame", ...[...rules.values()].flatMap(namesIn)]);
    const known = [...rules.keys(), ...PRELUDE_NAMES];
    assert.deepEqual([...used].toSorted(), known.toSorted());
  });

  test("has every message that our encoders make, by the rule of its name", () => {
    for (const [kind, messages] of Object.entries(MESSAGES)) {
      fc.assert(
        fc.property(messages, (message) => {
          const frame = encodeMessage(message);
          assert.ok(isA(kind, frame), hexOf(frame));
          assert.ok(isA("frame", frame));
          assert.ok(!isA("before-login", frame));
        }),
        { numRuns: 200 },
      );
    }
  });

  test("has every message of the login that our encoders make, by the rule of its name", () => {
    for (const [kind, messages] of Object.entries(LOGIN_MESSAGES)) {
      fc.assert(
        fc.property(messages, (message) => {
          const frame = encodeLoginMessage(message);
          assert.ok(isA(kind, frame), hexOf(frame));
          assert.ok(isA("frame", frame));
          assert.ok(!isA("after-login", frame));
        }),
        { numRuns: 200 },
      );
    }
  });

  test("has every vector of a message, and none that is refused for its shape", () => {
    for (const { name, body } of [...vectors.messages, ...vectors.other_forms])
      assert.ok(isA("after-login", bytesOf(body)), name);
    for (const { when, rule, body } of vectors.at_limits) assert.ok(isA(ROOT[when], bytesOf(body)), rule);
    for (const { when, violates, rule, body } of vectors.refused) {
      if (violates !== "profile") assert.equal(isA(ROOT[when], bytesOf(body)), violates === "bound", rule);
    }
  });
});

/** Where the code and the grammar may differ, each with the place in docs/protocol.md that says so. */
const DIFFERENCES = {
  /** Section 7: a client reads a fault more leniently than a daemon may write it. */
  lenientFault: "lenient fault",
  /** The head of the grammar: texts are bounded in characters, `.size` counts bytes. */
  longText: "long text",
  /** Section 5: a call hangs on an earlier one; the grammar cannot compare. */
  laterTarget: "target is no earlier call",
} as const;

/** What the code and the grammar differ in about a value; `undefined` if they agree. */
function difference(when: Frame["when"], value: unknown): string | undefined {
  const body = encode(value, CALL_DATA);
  const { message, refused } = readFrame({ when, body });
  const allowed = isA(ROOT[when], body);
  if (allowed === (message !== undefined)) return undefined;
  if (allowed) {
    const tooLong = / a text of at most (64|256|4096) characters was expected$/.test(refused ?? "");
    if (refused?.endsWith("no earlier call")) return DIFFERENCES.laterTarget;
    return tooLong ? DIFFERENCES.longText : `the grammar has what the code refuses: ${refused}`;
  }
  // A fault is as the grammar has it once it was read.
  const asRead =
    (message?.kind === "fault" || message?.kind === "gone") && isA(message.kind, encodeMessage(message));
  return asRead ? DIFFERENCES.lenientFault : "the code reads what the grammar does not have";
}

function isEncodable(value: unknown): boolean {
  try {
    encode(value, CALL_DATA);
    return true;
  } catch (error) {
    assert.ok(
      error instanceof Fault && /a reference, where only data may be/.test(error.detail),
      String(error),
    );
    return false;
  }
}

describe("docs/protocol.cddl and the code", () => {
  test("say the same of every structure, but for the differences that the page names", () => {
    let allowed = 0;
    let all = 0;
    const holds = (when: Frame["when"], samples: fc.Arbitrary<unknown>): void => {
      fc.assert(
        fc.property(samples, (value) => {
          // A reference that was put where none can be written.
          fc.pre(isEncodable(value));
          const found = difference(when, value);
          const known: readonly string[] = Object.values(DIFFERENCES);
          assert.ok(
            found === undefined || known.includes(found),
            `${found}: ${hexOf(encode(value, CALL_DATA))}`,
          );
          all++;
          if (isA(ROOT[when], encode(value, CALL_DATA))) allowed++;
        }),
        { numRuns: 800 },
      );
    };
    for (const messages of Object.values(MESSAGES))
      holds("after", mutated(messages.map((message) => valueOf(encodeMessage(message)))));
    for (const messages of Object.values(LOGIN_MESSAGES))
      holds("before", mutated(messages.map((message) => valueOf(encodeLoginMessage(message)))));
    // Else the samples are too tame, or too wild, to tell anything.
    assert.ok(allowed > all / 10 && allowed < (9 * all) / 10, `${allowed} of ${all} are messages`);
  });

  test("differ in a fault by nothing but what the page lets pass", () => {
    const least = { code: "internal", message: "m", id: "i" };
    const fault = (change: object): unknown => [18, 1, { ...least, ...change }];
    const issue = { path: "p", message: "m" };
    for (const change of [
      { code: "no_such_code" },
      { more: 1 },
      { retry: { ok: true, more: 1 } },
      { retry: { ok: true, after_ms: -1 } },
      { retry: { ok: true, after_ms: "soon" } },
      { issues: [{ ...issue, more: 1 }] },
      { issues: Array.from({ length: 65 }, () => issue) },
      { cause: [{ ...least }] },
      { cause: Array.from({ length: 9 }, () => ({ code: "internal", message: "m" })) },
    ]) {
      assert.equal(difference("after", fault(change)), DIFFERENCES.lenientFault, JSON.stringify(change));
    }
  });

  test("differ in a text where its bytes fit and its characters do not", () => {
    for (const text of ["x".repeat(257), "\u{1f600}".repeat(129)])
      assert.equal(difference("after", [28, text]), DIFFERENCES.longText);
    for (const text of ["x".repeat(256), "\u6c34".repeat(256), "x".repeat(769)])
      assert.equal(difference("after", [28, text]), undefined);
  });
});
