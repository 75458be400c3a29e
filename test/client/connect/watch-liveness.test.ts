import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { watchLiveness } from "../../../client/connect/watch-liveness.ts";
import type { Link } from "../../../link/link.ts";

const LIMITS = { silentMs: 60_000, answerMs: 60_000 };

describe("the client's watch over its daemon", () => {
  let nowMs: number;
  let hasSign: boolean;
  let asked: number;
  let dead: string[];
  beforeEach(() => {
    mock.timers.enable({ apis: ["setInterval"] });
    nowMs = 0;
    hasSign = false;
    asked = 0;
    dead = [];
  });
  afterEach(() => mock.timers.reset());

  const watch = (): (() => void) => {
    const link = {
      isReading: true,
      unreadBytes: 0,
      takeSign: () => {
        const had = hasSign;
        hasSign = false;
        return had;
      },
    };
    return watchLiveness(
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the part of a link that is looked at
      link as unknown as Link,
      { monotonicMs: () => nowMs, wallMs: () => nowMs },
      { ask: () => asked++, dead: (error) => void dead.push(error.message) },
      LIMITS,
    );
  };
  const pass = (ms: number): void => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
      nowMs += 2_000;
      mock.timers.tick(2_000);
    }
  };

  test("asks after a minute without a sign, and gives the connection up after another", () => {
    watch();
    pass(58_000);
    assert.equal(asked, 0);
    pass(2_000);
    assert.equal(asked, 1);
    pass(58_000);
    assert.deepEqual(dead, []);
    pass(2_000);
    assert.equal(dead.length, 1);
    assert.match(dead[0] ?? "", /no sign of life for 120 s/);
  });

  test("begins anew with any sign of life", () => {
    watch();
    for (let i = 0; i < 20; i++) {
      pass(50_000);
      hasSign = true;
    }
    assert.deepEqual([asked, dead.length], [0, 0]);
  });

  test("looks no longer when it is ended", () => {
    const end = watch();
    end();
    pass(600_000);
    assert.deepEqual([asked, dead.length], [0, 0]);
  });
});
