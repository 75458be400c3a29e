import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { StreamReader } from "../../../session/references/stream-reader.ts";
import { isStreamable, StreamSource } from "../../../session/references/stream-source.ts";
import { STREAM_ITEM_BYTES, STREAM_WINDOW_BYTES } from "../../../wire/limits.ts";
import { packed } from "../../support/whole-message.ts";

/** Both ends of a stream, joined by a line on which nothing takes time. */
class Joined {
  readonly sent: unknown[] = [];
  readonly credits: number[] = [];
  outstanding = 0;
  greatest = 0;
  choked = false;
  released = false;
  ended: unknown[] = [];
  readerEnded = 0;
  /** what waits to be read, and the most that may, in bytes of cost */
  held = 0;
  most = Number.POSITIVE_INFINITY;
  readonly source: StreamSource;
  readonly reader: StreamReader;

  /** @param bytesOf - what an item takes */
  constructor(
    items: AsyncIterable<unknown> | Iterable<unknown>,
    bytesOf: (item: unknown) => number = () => 10,
  ) {
    this.source = new StreamSource(items, {
      item: (item) => {
        const bytes = bytesOf(item);
        this.sent.push(item);
        this.outstanding += bytes + STREAM_ITEM_BYTES;
        this.greatest = Math.max(this.greatest, this.outstanding - bytes - STREAM_ITEM_BYTES);
        // As on a line: it arrives when the sender has done what it was at.
        queueMicrotask(() => this.reader.push(packed(item), bytes));
        return bytes;
      },
      isChoked: () => this.choked,
      ended: (error) => {
        this.ended.push(error);
        queueMicrotask(() => this.reader.end(error));
      },
    });
    this.reader = new StreamReader({
      credit: (bytes) => {
        this.credits.push(bytes);
        this.source.credit(bytes);
      },
      release: () => {
        this.released = true;
        this.source.stop();
      },
      ended: () => {
        this.readerEnded++;
      },
      holds: (cost) => {
        if (this.held + cost > this.most) return false;
        this.held += cost;
        return true;
      },
      gives: (cost) => {
        this.held -= cost;
      },
      noRoom: () => new Error("no room"),
      read: (item, bytes) => {
        this.outstanding -= bytes + STREAM_ITEM_BYTES;
        return item;
      },
    });
  }
}

async function all(reader: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of reader) found.push(item);
  return found;
}

describe("a stream", () => {
  test("gives every item once and in order, and never more ahead than a window and an item", async () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 100_000, max: 1_000_000 }));
    await fc.assert(
      fc.asyncProperty(fc.array(size, { maxLength: 40 }), fc.boolean(), async (sizes, isAsync) => {
        const items = sizes.map((bytes, i) => ({ i, bytes }));
        const joined = new Joined(
          isAsync ? slowly(items) : items,
          (item) => (item as { bytes: number }).bytes,
        );
        assert.deepEqual(await all(joined.reader), items);
        assert.ok(joined.greatest <= STREAM_WINDOW_BYTES, `${joined.greatest} bytes ahead`);
        assert.equal(joined.outstanding, 0);
        assert.deepEqual([joined.ended, joined.readerEnded], [[undefined], 1]);
        await joined.source.finished;
      }),
      { numRuns: 60 },
    );
  });

  test("asks for nothing before it is read", async () => {
    let asked = 0;
    const joined = new Joined(
      (function* (): Generator<number> {
        asked++;
        yield 1;
      })(),
    );
    assert.deepEqual([asked, joined.credits], [0, []]);
    assert.deepEqual(await all(joined.reader), [1]);
  });

  test("that breaks off gives what came, then the error, once", async () => {
    const joined = new Joined(
      (function* (): Generator<number> {
        yield 1;
        throw new Error("gone");
      })(),
    );
    assert.deepEqual(await joined.reader.next(), { done: false, value: 1 });
    await assert.rejects(joined.reader.next(), { message: "gone" });
    assert.deepEqual(await joined.reader.next(), { done: true, value: undefined });
    assert.equal(joined.readerEnded, 1);
    await joined.source.finished;
  });

  test("that is left early lets its iterator clean up, and is done", async () => {
    let cleaned = 0;
    const joined = new Joined(
      (function* (): Generator<number> {
        try {
          for (let i = 0; ; i++) yield i;
        } finally {
          cleaned++;
        }
      })(),
    );
    for await (const item of joined.reader) if (item === 3) break;
    await joined.source.finished;
    assert.deepEqual([cleaned, joined.released, joined.readerEnded], [1, true, 1]);
    assert.deepEqual(await joined.reader.next(), { done: true, value: undefined });
  });

  test("waits while the other side is choked, and goes on when it flows", async () => {
    const joined = new Joined([1, 2, 3]);
    joined.choked = true;
    const first = joined.reader.next();
    await Promise.resolve();
    assert.deepEqual(joined.sent, []);
    joined.choked = false;
    joined.source.flow();
    assert.deepEqual(await first, { done: false, value: 1 });
    assert.deepEqual(await all(joined.reader), [2, 3]);
  });

  test("takes credit up to the window, and not a byte more", () => {
    const idle = new Joined([]);
    idle.choked = true;
    idle.source.credit(STREAM_WINDOW_BYTES);
    assert.throws(() => idle.source.credit(1), { code: "protocol_error" });
  });

  test("refuses an item for which there was no credit", async () => {
    const none = (): void => undefined;
    const reader = new StreamReader({
      credit: none,
      release: none,
      ended: none,
      holds: () => true,
      gives: none,
      noRoom: none,
      read: (item) => item,
    });
    assert.throws(() => reader.push(packed(1), 10), { code: "protocol_error" }, "before it was read");
    assert.equal(isPending(reader.next()), true);
    // The first is read at once, and its credit given back; of the window then given a byte is left, and that will do.
    const allButOne = STREAM_WINDOW_BYTES - STREAM_ITEM_BYTES - 1;
    reader.push(packed("w"), allButOne);
    reader.push(packed("x"), allButOne);
    reader.push(packed("y"), 500_000);
    assert.throws(
      () => reader.push(packed("z"), 1),
      { code: "protocol_error" },
      "and below it there is none",
    );
  });

  test("that is aborted rejects who waits, and forgets what came", async () => {
    const joined = new Joined(slowly([1, 2, 3]));
    const first = joined.reader.next();
    joined.reader.abort(new Error("enough"));
    await assert.rejects(first, { message: "enough" });
    assert.deepEqual(await joined.reader.next(), { done: true, value: undefined });
    joined.reader.push(packed(9), 10);
    assert.deepEqual(await joined.reader.next(), { done: true, value: undefined });
    assert.deepEqual([joined.released, joined.readerEnded], [true, 1]);
  });

  test("may be read by several at a time: each gets items of its own", async () => {
    const joined = new Joined(slowly([1, 2, 3, 4]));
    const both = await Promise.all([joined.reader.next(), joined.reader.next(), joined.reader.next()]);
    assert.deepEqual(
      both.map(({ value }) => value),
      [1, 2, 3],
    );
  });

  test("is made of what has items, and of no text and no bytes", () => {
    for (const good of [[], new Set(), new Map().keys(), slowly([])]) assert.equal(isStreamable(good), true);
    for (const bad of ["text", new Uint8Array(3), {}, 5, undefined, null, () => undefined])
      assert.equal(isStreamable(bad), false);
  });
});

/** Somebody waits; who it is need not know what becomes of it. */
function isPending(waiting: Promise<unknown>): boolean {
  waiting.catch(() => undefined);
  return true;
}

async function* slowly<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}
