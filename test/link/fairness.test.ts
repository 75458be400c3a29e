import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { describe, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { Deadlines } from "../../link/deadlines.ts";
import { FAIR_BYTES, FAIR_FRAMES, SESSION_UNREAD_MAX_BYTES } from "../../link/limits.ts";
import { Link } from "../../link/link.ts";
import { frameHeader } from "../../wire/frame.ts";
import { SESSION_FRAME_MAX_BYTES } from "../../wire/limits.ts";

const BODY = new Uint8Array(1024);
const EDGE = FAIR_BYTES / BODY.length;

/** Frames that are handed out before the others' turn, and all of them, of so many that come in one chunk. */
async function handedOut(frames: number, body = BODY): Promise<[number, number]> {
  const [near, far] = duplexPair();
  let handed = 0;
  let inOneGo = 0;
  const done = new Promise<void>((resolve) => {
    const link = new Link(near, new Deadlines(systemClock), {
      frame: () => {
        // Behind everything that is handed out without a pause.
        if (++handed === 1) queueMicrotask(() => (inOneGo = handed));
        if (handed === frames) setImmediate(resolve);
      },
      closed: () => undefined,
    });
    link.limitTo({ frameBytes: SESSION_FRAME_MAX_BYTES, unreadBytes: SESSION_UNREAD_MAX_BYTES });
  });
  far.write(Buffer.concat(Array.from({ length: frames }, () => [frameHeader(body.length), body]).flat()));
  await done;
  near.destroy();
  far.destroy();
  return [inOneGo, handed];
}

describe("one connection among others", () => {
  test("has as much of a chunk read as its turn holds, and the rest after the others", async () => {
    assert.deepEqual(await handedOut(EDGE), [EDGE, EDGE], "exactly a turn");
    assert.deepEqual(await handedOut(EDGE + 1), [EDGE, EDGE + 1], "one past it");
    assert.deepEqual(await handedOut(3 * EDGE), [EDGE, 3 * EDGE]);
  });

  test("has as many small messages read as its turn holds, and the rest after the others", async () => {
    const small = new Uint8Array(1);
    assert.deepEqual(await handedOut(FAIR_FRAMES, small), [FAIR_FRAMES, FAIR_FRAMES], "exactly a turn");
    assert.deepEqual(await handedOut(FAIR_FRAMES + 1, small), [FAIR_FRAMES, FAIR_FRAMES + 1], "one past it");
  });
});
