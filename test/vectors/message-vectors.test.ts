import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FrameReader } from "../../wire/frame.ts";
import { LOGIN_FRAME_MAX_BYTES, SESSION_FRAME_MAX_BYTES } from "../../wire/limits.ts";
import { encodeMessage } from "../../wire/message.ts";
import { readWhole } from "../support/whole-message.ts";
import { bytesOf } from "../wire/cbor-samples.ts";
import { referenceDecode } from "../wire/reference-cbor.ts";
import { diagnostic } from "./diagnostic.ts";
import { dataLimits, readFrame } from "./read-frame.ts";
import { storedMessages } from "./stored-vectors.ts";

const vectors = storedMessages();

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
