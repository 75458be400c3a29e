import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check } from "../../wire/cbor.ts";
import { FrameReader } from "../../wire/frame.ts";
import {
  type DataLimits,
  LOGIN_DATA,
  LOGIN_FRAME_MAX_BYTES,
  SESSION_FRAME_MAX_BYTES,
} from "../../wire/limits.ts";
import { readLoginMessage } from "../../wire/login-message.ts";
import { encodeMessage } from "../../wire/message.ts";
import { readWhole } from "../support/whole-message.ts";
import { bytesOf } from "../wire/cbor-samples.ts";
import { referenceDecode } from "../wire/reference-cbor.ts";
import { diagnostic } from "./diagnostic.ts";
import { dataLimits, readFrame } from "./read-frame.ts";
import { storedMessages } from "./stored-vectors.ts";

const vectors = storedMessages();

/** Throws unless both decoders say that the bytes cost so much. */
const costs = (cost: number, body: Uint8Array, limits: DataLimits, name: string): void => {
  const verdict = referenceDecode(body, limits);
  assert.equal("value" in verdict && verdict.cost, cost, name);
  assert.equal(check(body, limits).cost, cost, name);
};

const decoded = (body: Uint8Array): ReturnType<typeof referenceDecode> =>
  referenceDecode(body, dataLimits({ when: "after", body }));

describe("a message vector", () => {
  test("is read by both decoders as what its notation says", () => {
    for (const { name, diagnostic: notation, json, body, frame } of vectors.messages) {
      const bytes = bytesOf(body);
      const verdict = decoded(bytes);
      const value = "value" in verdict ? verdict.value : assert.fail(name);
      assert.equal(diagnostic(value), notation, name);
      if (json !== undefined) assert.deepEqual(value, json, name);
      assert.equal(frame, (body.length / 2).toString(16).padStart(8, "0") + body);
      // What was read has all of it: sent again it is the same value, though the keys may stand in another order.
      const again = decoded(encodeMessage(readWhole(bytes)));
      assert.deepStrictEqual(again, verdict, name);
    }
  });

  test("has the cost that both decoders count", () => {
    for (const { name, cost, body } of vectors.messages)
      costs(cost, bytesOf(body), dataLimits({ when: "after", body: bytesOf(body) }), name);
  });

  test("stands there for every kind, and for each by its own name", () => {
    const names = vectors.messages.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    const kinds = vectors.messages.map(({ body }) => readWhole(bytesOf(body)).kind);
    assert.deepEqual([...new Set(kinds)].toSorted(), [
      "call",
      "cancel",
      "credit",
      "end",
      "fault",
      "goaway",
      "gone",
      "item",
      "ping",
      "pong",
      "progress",
      "release",
      "value",
    ]);
  });

  test("in another form is read as the same message", () => {
    for (const { name, same_as: sameAs, body } of vectors.other_forms) {
      const same = vectors.messages.find((one) => one.name === sameAs) ?? assert.fail(sameAs);
      assert.notEqual(body, same.body);
      assert.deepStrictEqual(readWhole(bytesOf(body)), readWhole(bytesOf(same.body)), name);
      assert.deepStrictEqual(decoded(bytesOf(body)), decoded(bytesOf(same.body)), name);
    }
  });
});

describe("a vector of what is at a limit", () => {
  test("is read, and costs what it says", () => {
    for (const { when, rule, cost, body } of vectors.at_limits) {
      const bytes = bytesOf(body);
      assert.equal(readFrame({ when, body: bytes }).refused, undefined, rule);
      costs(cost, bytes, dataLimits({ when, body: bytes }), rule);
    }
  });

  test("has a body of the cost that it says, before welcome", () => {
    for (const { when, rule, body, body_cost: bodyCost = 0 } of vectors.at_limits) {
      if (when === "after") continue;
      const message = readLoginMessage(bytesOf(body));
      costs(bodyCost, "body" in message ? message.body : assert.fail(rule), LOGIN_DATA, rule);
    }
  });

  test("is refused when it is one past it", () => {
    assert.equal(vectors.at_limits.length, 2);
    const refused = vectors.refused.map(({ when, rule }) => `${when} ${rule}`);
    for (const rule of ["after cost 8 MiB: one more", "before cost 64 KiB: one more"])
      assert.ok(refused.includes(rule), rule);
    assert.ok(refused.includes("before hello: a body that costs at most 64 KiB"));
  });
});

describe("a vector of what must be refused", () => {
  test("is refused by the code", () => {
    for (const { when, rule, body } of vectors.refused)
      assert.notEqual(readFrame({ when, body: bytesOf(body) }).refused, undefined, `${rule}: ${body}`);
  });

  test("is refused by the reference decoder if it is not of the profile, and only then", () => {
    for (const { when, violates, rule, body } of vectors.refused) {
      const verdict = referenceDecode(bytesOf(body), dataLimits({ when, body: bytesOf(body) }));
      assert.equal("refused" in verdict, violates === "profile", `${rule}: ${body}`);
    }
  });

  test("stands there once, each with a rule of its own", () => {
    const rules = vectors.refused.map(({ when, rule }) => `${when} ${rule}`);
    assert.equal(new Set(rules).size, rules.length);
    const bodies = vectors.refused.map(({ when, body }) => `${when} ${body}`);
    assert.equal(new Set(bodies).size, bodies.length);
  });

  test("is a header that is refused before its body comes", () => {
    for (const { when, rule, header } of vectors.refused_headers) {
      const reader = new FrameReader(when === "before" ? LOGIN_FRAME_MAX_BYTES : SESSION_FRAME_MAX_BYTES);
      reader.feed(bytesOf(header));
      assert.throws(() => reader.next(), { code: "protocol_error" }, rule);
    }
  });
});
