import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { Deadlines } from "../../link/deadlines.ts";

/** Deadlines on a clock that only moves when it is told to. */
function onHandClock(): {
  deadlines: Deadlines;
  advance: (ms: number) => void;
  sleep: (ms: number) => void;
  done: () => void;
} {
  let now = 1000.5;
  mock.timers.enable({ apis: ["setInterval"] });
  return {
    deadlines: new Deadlines({ monotonicMs: () => now, wallMs: () => 0 }),
    advance: (ms) => {
      for (let i = 0; i < ms; i++) {
        now++;
        mock.timers.tick(1);
      }
    },
    sleep: (ms) => {
      now += ms;
      mock.timers.tick(16);
    },
    done: () => mock.timers.reset(),
  };
}

describe("Deadlines", () => {
  test("fire once, never early, and at most two ticks late", () => {
    const { deadlines, advance, done } = onHandClock();
    for (const delay of [0, 1, 15, 16, 17, 100, 999]) {
      let fired = 0;
      deadlines.start(delay, () => fired++);
      advance(Math.max(0, delay - 1));
      assert.equal(fired, 0, `${delay} ms: not early`);
      advance(33);
      assert.equal(fired, 1, `${delay} ms: fired`);
      advance(100);
      assert.equal(fired, 1, `${delay} ms: once`);
    }
    assert.equal(deadlines.pending, 0);
    done();
  });

  test("that are stopped do not fire, and stopping twice or nothing is no trouble", () => {
    const { deadlines, advance, done } = onHandClock();
    const deadline = deadlines.start(50, () => assert.fail("it fired"));
    const other = deadlines.start(50, () => undefined);
    deadlines.stop(deadline);
    deadlines.stop(deadline);
    deadlines.stop(undefined);
    assert.equal(deadlines.pending, 1);
    advance(100);
    deadlines.stop(other);
    assert.equal(deadlines.pending, 0);
    done();
  });

  test("may stop and start others while they fire, in the same slot too", () => {
    const { deadlines, advance, done } = onHandClock();
    const fired: string[] = [];
    deadlines.start(10, () => {
      fired.push("first");
      deadlines.stop(second);
      deadlines.start(0, () => fired.push("third"));
    });
    const second = deadlines.start(10, () => fired.push("second"));
    advance(100);
    assert.deepEqual(fired, ["first", "third"]);
    done();
  });

  test("are all fired after the process slept for days", () => {
    const { deadlines, sleep, done } = onHandClock();
    let fired = 0;
    for (let i = 0; i < 100; i++) deadlines.start(i * 1000, () => fired++);
    sleep(3 * 24 * 3_600_000);
    assert.equal(fired, 100);
    done();
  });

  test("that are stopped leave nothing behind, however many lie far ahead, each at a moment of its own", () => {
    const { deadlines, done } = onHandClock();
    // Without one that runs, all is forgotten in any case.
    const last = deadlines.start(1_000, () => undefined);
    for (let i = 1; i <= 1_000; i++) deadlines.stop(deadlines.start(60_000 * i, () => undefined));
    assert.ok(deadlines.slots <= 2, `${deadlines.slots} moments are kept`);
    deadlines.stop(last);
    done();
  });

  test("need no timer of the system when none is running", () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const idle = timers();
    const deadlines = new Deadlines({ monotonicMs: () => performance.now(), wallMs: () => 0 });
    const running = Array.from({ length: 1_000 }, () => deadlines.start(60_000, () => undefined));
    for (const deadline of running) deadlines.stop(deadline);
    assert.equal(timers(), idle);
  });
});
