import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Output, WAITING_MAX_BYTES } from "../../../cli/io/output.ts";

/** Standard output whose reader takes a write when the test says so. */
function reader(signal = new AbortController().signal): {
  readonly output: Output;
  readonly taken: string[];
  readonly take: (error?: Error) => Promise<void>;
} {
  const taken: string[] = [];
  const writes: ((error?: Error) => void)[] = [];
  const output = new Output({
    signal,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        taken.push(Buffer.from(bytes).toString());
        writes.push((error) => (error === undefined ? resolve() : reject(error)));
      }),
  });
  const take = async (error?: Error): Promise<void> => {
    writes.shift()?.(error);
    await turn();
  };
  return { output, taken, take };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let isSettled = false;
  promise.then(
    () => (isSettled = true),
    () => (isSettled = true),
  );
  await turn();
  return isSettled;
};

describe("Output", () => {
  test("writes at once, and what comes meanwhile together and in its order", async () => {
    const { output, taken, take } = reader();
    for (const piece of ["a", Buffer.from("b"), "c"]) await output.write(piece);
    assert.deepEqual(taken, ["a"]);
    await take();
    assert.deepEqual(taken, ["a", "bc"]);
    const end = output.end();
    assert.equal(await settled(end), false);
    await take();
    await end;
    await output.end();
  });

  test("lets exactly so much wait, and has whoever makes one byte more wait too", async () => {
    const { output, take } = reader();
    await output.write("first");
    assert.equal(await settled(output.write(new Uint8Array(WAITING_MAX_BYTES))), true);
    const more = output.write("x");
    assert.equal(await settled(more), false);
    await take();
    assert.equal(await settled(more), true);
  });

  test("tells everybody of an error, and writes no more", async () => {
    const { output, taken, take } = reader();
    await output.write("a");
    const waiting = output.write(new Uint8Array(WAITING_MAX_BYTES + 1));
    const failing = Promise.all([assert.rejects(waiting, /gone/), take(new Error("gone"))]);
    await failing;
    await assert.rejects(output.write("b"), /gone/);
    await assert.rejects(output.end(), /gone/);
    assert.deepEqual(taken, ["a"]);
  });

  test("waits for a reader that takes nothing no longer than the command goes on", async () => {
    const stop = new AbortController();
    const { output } = reader(stop.signal);
    await output.write("a");
    const end = output.end();
    stop.abort(new Error("interrupted"));
    await assert.rejects(end, /interrupted/);
    await assert.rejects(
      reader(AbortSignal.abort(new Error("before")))
        .output.write("a")
        .then(turn)
        .then(() => end),
      /interrupted|before/,
    );
  });
});
