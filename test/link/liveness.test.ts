import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Liveness } from "../../link/liveness.ts";

const LIMITS = { silentMs: 30_000, answerMs: 15_000 };
const LOOK_MS = 500;

describe("liveness", () => {
  let link: { sign: boolean; isReading: boolean; unreadBytes: number; takeSign(): boolean };
  let asked: number;
  let nowMs: number;
  let liveness: Liveness;
  beforeEach(() => {
    asked = 0;
    nowMs = 1_000_000;
    link = {
      sign: false,
      isReading: true,
      unreadBytes: 0,
      takeSign() {
        const { sign } = this;
        this.sign = false;
        return sign;
      },
    };
    liveness = new Liveness(link, () => asked++, nowMs);
  });

  /** Looks twice a second for so long. @returns whether the peer is alive by then */
  const after = (ms: number): boolean => {
    let isAlive = true;
    for (const untilMs = nowMs + ms; nowMs < untilMs && isAlive; ) {
      nowMs += LOOK_MS;
      isAlive = liveness.look(nowMs, LIMITS);
    }
    return isAlive;
  };

  test("asks after the silence, once, and not before", () => {
    assert.ok(after(29_500));
    assert.equal(asked, 0);
    assert.ok(after(500));
    assert.equal(asked, 1);
    assert.ok(after(14_500));
    assert.equal(asked, 1);
  });

  test("finds a peer dead that gives no sign of life for the whole time after the question", () => {
    assert.ok(after(44_500));
    assert.ok(!after(500));
  });

  test("begins anew with any sign of life, also in the last moment", () => {
    assert.ok(after(44_500));
    link.sign = true;
    assert.ok(after(29_500));
    assert.equal(asked, 1);
    assert.ok(after(15_000));
    assert.equal(asked, 2);
    assert.ok(!after(15_000));
  });

  test("asks nothing where output waits, and still finds the peer dead that does not take it", () => {
    link.unreadBytes = 1;
    assert.ok(after(44_500));
    assert.equal(asked, 0);
    assert.ok(!after(500));
  });

  test("stands while this side does not read", () => {
    link.isReading = false;
    assert.ok(after(3_600_000));
    link.isReading = true;
    assert.ok(after(29_500));
    assert.equal(asked, 0);
  });

  test("does not take its own standstill for the peer's silence", () => {
    assert.ok(after(30_000));
    assert.equal(asked, 1);
    // The process was stopped for an hour: what the peer has sent meanwhile is read after this.
    nowMs += 3_600_000;
    assert.ok(liveness.look(nowMs, LIMITS));
    link.sign = true;
    assert.ok(after(29_500));
  });

  test("does not take one standstill for the time that an answer may take, however short that is", () => {
    const short = { silentMs: 1_000, answerMs: 1_000 };
    nowMs += 1_000;
    assert.ok(liveness.look(nowMs, short));
    nowMs += 1_000;
    assert.ok(liveness.look(nowMs, short));
    assert.equal(asked, 1);
    nowMs += 1_500;
    assert.ok(liveness.look(nowMs, short));
    nowMs += 500;
    assert.ok(!liveness.look(nowMs, short));
  });

  test("is probed at once if nothing was heard for so long, and says whether a sign is awaited", () => {
    assert.ok(after(500));
    assert.ok(!liveness.probe(nowMs, 1_000));
    nowMs += 500;
    assert.ok(liveness.probe(nowMs, 1_000));
    assert.ok(liveness.probe(nowMs, 1_000));
    assert.equal(asked, 1);
    link.sign = true;
    assert.ok(!liveness.probe(nowMs, 1_000));
    assert.equal(liveness.heardAtMs, nowMs);
  });

  test("waits for nothing where this side does not read", () => {
    assert.ok(after(5_000));
    assert.ok(liveness.probe(nowMs, 1_000));
    link.isReading = false;
    assert.ok(!liveness.probe(nowMs, 1_000));
  });
});
