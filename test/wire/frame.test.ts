import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { FrameReader, frameHeader } from "../../wire/frame.ts";

const frame = (body: string): Buffer =>
  Buffer.concat([frameHeader(Buffer.byteLength(body)), Buffer.from(body)]);

const pull = (reader: FrameReader): string[] => {
  const bodies: string[] = [];
  for (let body = reader.next(); body !== undefined; body = reader.next())
    bodies.push(Buffer.from(body).toString());
  return bodies;
};

const read = (chunks: readonly Uint8Array[], maxBytes = 16): string[] => {
  const reader = new FrameReader(maxBytes);
  return chunks.flatMap((chunk) => {
    reader.feed(chunk);
    return pull(reader);
  });
};

describe("FrameReader", () => {
  test("returns the frames of one chunk in their order", () => {
    assert.deepEqual(read([Buffer.concat([frame("one"), frame("two")])]), ["one", "two"]);
  });

  test("gives the same frames however the bytes are cut", () => {
    const bytes = Buffer.concat([frame("one"), frame("2"), frame("three")]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.deepEqual(
        read([bytes.subarray(0, cut), bytes.subarray(cut)]),
        ["one", "2", "three"],
        `cut at ${cut}`,
      );
    }
    const cuts = fc.tuple(
      fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 12 }),
      fc.array(fc.nat(200), { maxLength: 12 }),
    );
    fc.assert(
      fc.property(cuts, ([bodies, places]) => {
        const whole = Buffer.concat(bodies.map(frame));
        const ends = [...places, whole.length]
          .map((place) => Math.min(place, whole.length))
          .toSorted((a, b) => a - b);
        const chunks = ends.map((end, i) => whole.subarray(ends[i - 1] ?? 0, end));
        assert.deepEqual(read(chunks, 64), bodies);
      }),
    );
  });

  test("hands out a frame that lies within a chunk without copying it", () => {
    const chunk = frame("abc");
    const reader = new FrameReader(16);
    reader.feed(chunk);
    const body = reader.next() ?? assert.fail();
    assert.equal(body.buffer, chunk.buffer);
  });

  test("accepts a body of exactly the limit", () => {
    assert.deepEqual(read([frame("12345678")], 8), ["12345678"]);
  });

  test("refuses a longer body from its header alone", () => {
    assert.throws(() => read([frame("123456789").subarray(0, 4)], 8), {
      code: "protocol_error",
      message: "protocol_error: 9 bytes claimed, 1 to 8 accepted",
    });
  });

  test("refuses a header of nothing, of 2^31−1 and of 2^32−1, however it is cut", () => {
    for (const claimed of [0, 0x7fffffff, 0xffffffff]) {
      const header = frameHeader(claimed);
      assert.throws(() => read([header]), { code: "protocol_error" });
      assert.throws(() => read([...header].map((byte) => Uint8Array.of(byte))), { code: "protocol_error" });
    }
  });

  test("stops where its owner stops: what is behind a frame is not looked at until it is asked for", () => {
    const reader = new FrameReader(16);
    reader.feed(Buffer.concat([frame("login"), frameHeader(0)]));
    assert.equal(Buffer.from(reader.next() ?? []).toString(), "login");
    assert.equal(reader.heldBytes, 4);
    assert.throws(() => reader.next(), { code: "protocol_error" });
  });

  test("takes the new limit for frames whose header was not read yet", () => {
    const reader = new FrameReader(4);
    reader.feed(Buffer.concat([frame("four"), frame("five5")]));
    assert.equal(reader.next()?.length, 4);
    reader.limitTo(5);
    assert.equal(reader.next()?.length, 5);
  });

  test("holds little more than what arrived, and lets it go with the frame", () => {
    const body = "x".repeat(100_000);
    const bytes = frame(body);
    const reader = new FrameReader(200_000);
    for (let i = 0; i < bytes.length - 1; i++) {
      reader.feed(bytes.subarray(i, i + 1));
      assert.equal(reader.next(), undefined);
    }
    assert.equal(reader.heldBytes, bytes.length - 1);
    reader.feed(bytes.subarray(-1));
    assert.equal(reader.next()?.length, body.length);
    assert.equal(reader.heldBytes, 0);
  });

  test("reads ten thousand small frames of one chunk without growing the stack", () => {
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => frame("x")));
    assert.equal(read([many]).length, 10_000);
  });

  test("a chunk that is fed before the last was read is a mistake of this side", () => {
    const reader = new FrameReader(16);
    reader.feed(frame("a"));
    assert.throws(() => reader.feed(frame("b")), /before the last one was read/);
  });
});
