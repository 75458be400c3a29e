import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Progress } from "../../../daemon/run/progress.ts";
import { Deadlines } from "../../../link/deadlines.ts";
import type { ProgressMessage } from "../../../wire/message.ts";

/** A clock that stands still until it is moved. */
function made(): {
  readonly progress: Progress;
  readonly sent: ProgressMessage[];
  readonly move: (ms: number) => void;
} {
  let now = 0;
  const clock = { monotonicMs: () => now, wallMs: () => now };
  const sent: ProgressMessage[] = [];
  const progress = new Progress(clock, new Deadlines(clock), (message) => sent.push(message));
  return {
    progress,
    sent,
    move: (ms) => {
      now += ms;
    },
  };
}

describe("how far a call is", () => {
  test("is told at once, then at most ten times a second, and last of all what was said last", () => {
    const { progress, sent, move } = made();
    for (let i = 0; i < 1_000; i++) {
      progress.report(1, i, 1_000, undefined);
      move(1);
    }
    assert.equal(sent.length, 10);
    progress.report(1, 1_000, 1_000, "done");
    progress.report(1, 1_000, 1_000, "really done");
    progress.end(1);
    assert.deepEqual(sent.at(-1), {
      kind: "progress",
      id: 1,
      done: 1_000,
      total: 1_000,
      note: "really done",
    });
    progress.end(1);
    assert.equal(sent.length, 12);
  });

  test("is told of each call by itself", () => {
    const { progress, sent } = made();
    for (const id of [1, 2, 3]) progress.report(id, 0, undefined, undefined);
    assert.deepEqual(
      sent.map(({ id }) => id),
      [1, 2, 3],
    );
  });

  test("is a number from 0, and a note that goes into a message; what a method says else is left out", () => {
    const { progress, sent, move } = made();
    const report = (call: number, ...words: unknown[]): void => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as a method that knows no types
      progress.report(call, ...(words as [number, number, string]));
    };
    for (const bad of [-1, Number.NaN, Infinity, "5", undefined, {}]) report(1, bad, 1, "x");
    assert.deepEqual(sent, []);
    report(1, 1, -5, 7);
    move(1_000);
    report(1, 2, Number.NaN, `\ufeff${"n".repeat(300)}`);
    move(1_000);
    report(1, 3, 4, "half \ud800 a pair");
    assert.deepEqual(
      sent.map(({ total, note }) => [total, note]),
      [
        [undefined, undefined],
        [undefined, `${"n".repeat(255)}…`],
        [4, "half \ufffd a pair"],
      ],
    );
  });
});
