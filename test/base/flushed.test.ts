import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { describe, test } from "node:test";
import { flushed, flushedWhileTaken } from "../../base/flushed.ts";

/** A stream whose reader takes a write when the test says so. */
function held(): { readonly stream: Writable; readonly take: (error?: Error) => void } {
  const writes: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => void writes.push(done),
  });
  stream.on("error", () => undefined);
  return { stream, take: (error) => writes.shift()?.(error) };
}

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let isSettled = false;
  void promise.then(() => (isSettled = true));
  await new Promise((resolve) => setImmediate(resolve));
  return isSettled;
};

describe("flushed", () => {
  test("settles when all is taken, and not before", async () => {
    const { stream, take } = held();
    assert.equal(await settled(flushed(stream)), true, "nothing was written");
    stream.write("a");
    stream.write("b");
    const done = flushed(stream);
    take();
    assert.equal(await settled(done), false);
    take();
    take();
    await done;
  });

  test("settles when nothing more can be written", async () => {
    const { stream, take } = held();
    stream.write("a");
    const done = flushed(stream);
    take(new Error("gone"));
    await done;
    await flushed(stream);
  });
});

describe("flushedWhileTaken", () => {
  test("gives up a reader that takes nothing, also for who waits after it", async () => {
    const { stream } = held();
    stream.write("a");
    await flushedWhileTaken(stream, 1);
    await flushed(stream);
    assert.equal(stream.writableLength, 1);
  });

  test("waits for one that takes something", async () => {
    const { stream, take } = held();
    for (const text of ["a", "b", "c"]) stream.write(text);
    const done = flushedWhileTaken(stream, 60_000);
    while (!(await settled(done))) take();
    assert.equal(stream.writableLength, 0);
  });
});
