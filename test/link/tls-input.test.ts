import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { HandshakeTurns } from "../../link/handshake-turns.ts";
import {
  BARREN_RECORDS_BURST,
  BARREN_RECORDS_PER_SECOND,
  FAIR_BYTES,
  FAIR_FRAMES,
  LOGIN_ENCRYPTED_MAX_BYTES,
  TLS_FAIR_BYTES,
} from "../../link/limits.ts";
import { TlsInput } from "../../link/tls-input.ts";
import { TlsRecords } from "../../link/tls-records.ts";

const HEADER_BYTES = 5;

function record(bytes: number): Uint8Array {
  const made = Buffer.alloc(bytes);
  made.set([23, 3, 3]);
  made.writeUInt16BE(bytes - HEADER_BYTES, 3);
  return made;
}

const records = (count: number, bytes = 27): Uint8Array =>
  Buffer.concat(Array.from({ length: count }, () => record(bytes)));

/** An input whose records have data or none, as the test says. */
function input({
  isFruitful = true,
  handshakes = new HandshakeTurns(() => 0),
}: {
  readonly isFruitful?: boolean;
  readonly handshakes?: HandshakeTurns;
} = {}) {
  const seen = { bytes: 0, pieces: 0, nowMs: 0, isPaused: false, went: 0, hasEnded: false, why: "" };
  const inside = new TlsRecords();
  const made = new TlsInput(
    {
      decrypt: (bytes) => {
        seen.bytes += bytes.length;
        inside.walk(bytes, 0, bytes.length, Number.POSITIVE_INFINITY);
        if (isFruitful) seen.pieces = inside.count;
      },
      get pieces() {
        return seen.pieces;
      },
      isBehind: false,
      get isPaused() {
        return seen.isPaused;
      },
      go: () => seen.went++,
      end: () => {
        seen.hasEnded = true;
      },
      fail: (error) => {
        seen.why = error.message;
      },
    },
    handshakes,
    () => seen.nowMs,
  );
  return { input: made, seen };
}

describe("the records of TLS", () => {
  test("are found however the bytes are cut", () => {
    const bytes = Buffer.concat([record(5), record(27), record(300), record(6), record(16_645)]);
    for (const size of [1, 2, 3, 7, 100, bytes.length]) {
      const found = new TlsRecords();
      for (let at = 0; at < bytes.length; at += size) {
        const chunk = bytes.subarray(at, at + size);
        assert.equal(found.walk(chunk, 0, chunk.length, 9), chunk.length);
      }
      assert.equal(found.count, 5, `in pieces of ${size}`);
    }
  });

  test("are walked up to so many, or so many bytes", () => {
    const bytes = records(3);
    const found = new TlsRecords();
    assert.deepEqual([found.walk(bytes, 0, bytes.length, 2), found.count], [54, 2]);
    assert.deepEqual([found.walk(bytes, 54, 60, 2), found.count], [60, 2]);
    assert.deepEqual([found.walk(bytes, 60, bytes.length, 2), found.count], [81, 3]);
  });
});

describe("what a peer sends under TLS", () => {
  test("before the login is decrypted up to 16 KiB, and one byte more ends it", async () => {
    const { input: one, seen } = input();
    assert.equal(one.take(record(LOGIN_ENCRYPTED_MAX_BYTES)), true);
    assert.equal(one.take(record(HEADER_BYTES)), false);
    await setImmediate();
    assert.equal(seen.bytes, LOGIN_ENCRYPTED_MAX_BYTES);
    assert.match(seen.why, /more than 16384 encrypted bytes before the login/);
  });

  test("waits beyond that while a login is looked at, and is decrypted after a good one", async () => {
    const { input: one, seen } = input();
    seen.isPaused = true;
    assert.equal(one.take(record(LOGIN_ENCRYPTED_MAX_BYTES + 100)), false);
    one.end();
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    assert.deepEqual([seen.bytes, seen.why, seen.hasEnded], [LOGIN_ENCRYPTED_MAX_BYTES, "", false]);
    one.admit();
    await setImmediate();
    assert.deepEqual([seen.bytes, seen.why, seen.hasEnded], [LOGIN_ENCRYPTED_MAX_BYTES + 100, "", true]);
  });

  test("may have 64 records without data at once, and 10 a second, before the login and after it", () => {
    for (const isAdmitted of [false, true]) {
      const { input: one, seen } = input({ isFruitful: false });
      if (isAdmitted) one.admit();
      one.take(records(BARREN_RECORDS_BURST));
      assert.equal(seen.why, "");
      seen.nowMs = 1_000;
      one.take(records(BARREN_RECORDS_PER_SECOND));
      assert.equal(seen.why, "");
      one.take(records(1));
      assert.match(seen.why, /more than 64 TLS records without data, and 10 a second/);
      const { bytes } = seen;
      assert.equal(one.take(records(1)), false);
      assert.equal(seen.bytes, bytes, "nothing is decrypted any more");
    }
  });

  test("regains no more of them than it had, however long it is quiet", () => {
    const { input: one, seen } = input({ isFruitful: false });
    one.take(records(1));
    seen.nowMs = 3_600_000;
    one.take(records(BARREN_RECORDS_BURST));
    assert.equal(seen.why, "");
    one.take(records(1));
    assert.notEqual(seen.why, "");
  });

  test("is decrypted up to 256 records a turn", async () => {
    for (const beyond of [0, 1]) {
      const { input: one, seen } = input();
      one.admit();
      assert.equal(one.take(records(FAIR_FRAMES + beyond)), beyond === 0);
      assert.equal(seen.bytes, FAIR_FRAMES * 27);
      await setImmediate();
      assert.deepEqual([seen.bytes, seen.went], [(FAIR_FRAMES + beyond) * 27, beyond]);
    }
  });

  test("is read up to 256 KiB a turn, in chunks that are full", async () => {
    const { input: one, seen } = input();
    one.admit();
    const full = records(4, FAIR_BYTES / 4);
    const taken = Array.from({ length: TLS_FAIR_BYTES / FAIR_BYTES }, () => one.take(full));
    assert.deepEqual(taken, [true, true, true, false]);
    assert.equal(seen.went, 0);
    await setImmediate();
    assert.equal(seen.went, 1);
    assert.equal(one.take(full), true, "a turn of its own");
    assert.equal(seen.bytes, TLS_FAIR_BYTES + FAIR_BYTES);
  });
});
