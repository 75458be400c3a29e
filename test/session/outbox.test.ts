import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { Fault } from "../../base/fault.ts";
import { Outbox, TooLarge } from "../../session/outbox.ts";
import { SESSION_FRAME_MAX_BYTES } from "../../wire/limits.ts";
import { readWhole } from "../support/whole-message.ts";

/** An outbox, and what it has sent. */
function outboxOf(frameMaxBytes?: number): { readonly outbox: Outbox; readonly sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  const line = { isChoked: false, send: (frame: Uint8Array): void => void sent.push(frame) };
  return { outbox: new Outbox(line, frameMaxBytes), sent };
}

/** The bytes of a reply beside its text, for texts of this length. */
const REPLY_OWN_BYTES = 8;

describe("the outbox of a connection", () => {
  test("sends what fits, and says how many bytes it took", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (value) => {
        const { outbox, sent } = outboxOf();
        const bytes = outbox.send({ kind: "value", id: 1, value });
        assert.equal(sent.length, 1);
        assert.equal(bytes, sent[0]?.length);
        assert.deepEqual(readWhole(sent[0] ?? new Uint8Array()), { kind: "value", id: 1, value });
      }),
    );
  });

  test("sends a message of the most bytes, and nothing of one byte more", () => {
    const { outbox, sent } = outboxOf();
    const text = (bytes: number): string => "x".repeat(bytes - REPLY_OWN_BYTES);
    const fits = outbox.send({ kind: "value", id: 1, value: text(SESSION_FRAME_MAX_BYTES) });
    assert.equal(fits, SESSION_FRAME_MAX_BYTES);
    const beyond = outbox.send({ kind: "value", id: 2, value: text(SESSION_FRAME_MAX_BYTES + 1) });
    assert.ok(beyond instanceof TooLarge);
    assert.match(beyond.detail, /1048577 bytes, and 1048576 is the most/);
    assert.equal(sent.length, 1);
  });

  test("sends nothing of what costs its receiver too much, or has no form on the wire", () => {
    const { outbox, sent } = outboxOf();
    const costly = outbox.send({ kind: "item", ref: 1, item: Array.from({ length: 10_001 }, () => []) });
    assert.ok(costly instanceof TooLarge);
    assert.throws(() => outbox.send({ kind: "value", id: 1, value: () => 1 }), Fault);
    const throwing = {
      get value(): unknown {
        throw new RangeError("a getter");
      },
    };
    assert.throws(() => outbox.send({ kind: "value", id: 1, value: throwing }), RangeError);
    assert.equal(sent.length, 0);
  });

  test("sends what was encoded before once it is posted", () => {
    const { outbox, sent } = outboxOf();
    const frame = outbox.encode({ kind: "value", id: 1, value: 5 });
    assert.ok(frame instanceof Uint8Array);
    assert.equal(sent.length, 0);
    outbox.post(frame);
    assert.deepEqual(sent, [frame]);
  });

  test("sends a short fault where the whole one does not fit, and says why", () => {
    for (const data of ["x".repeat(SESSION_FRAME_MAX_BYTES), () => 1]) {
      const { outbox, sent } = outboxOf();
      const fault = new Fault("not_found", "the log's words", {
        text: "nothing there",
        reason: "t.none",
        data,
      });
      assert.notEqual(outbox.fault({ kind: "fault", id: 7 }, fault, "c-7"), undefined);
      const [frame = new Uint8Array()] = sent;
      const message = readWhole(frame);
      assert.ok(message.kind === "fault");
      assert.deepEqual([message.id, message.fault.code, message.fault.id], [7, "internal", "c-7"]);
      assert.equal(sent.length, 1);
      assert.ok(!Buffer.from(frame).toString("latin1").includes("the log's words"));
    }
  });

  test("sends a fault even to a receiver that takes hardly anything", () => {
    const { outbox, sent } = outboxOf(1);
    assert.ok(outbox.fault({ kind: "gone", ref: 3 }, new Fault("internal", "why"), "") instanceof Error);
    assert.equal(sent.length, 1);
  });
});
