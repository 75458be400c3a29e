import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, mock, test } from "node:test";
import { AuditWriter } from "../../../daemon/audit/writer.ts";
import { DeniedCalls } from "../../../daemon/limits/denied-calls.ts";
import { Measures } from "../../../daemon/limits/measures.ts";
import { Strangers } from "../../../daemon/limits/strangers.ts";
import { createLog } from "../../../daemon/log/log.ts";
import { Deadlines } from "../../../link/deadlines.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** A clock that a test moves; the timers of the deadlines move with it. */
function moved(): {
  clock: { monotonicMs(): number; wallMs(): number };
  readonly pass: (ms: number) => void;
} {
  let now = 1_000;
  return {
    clock: { monotonicMs: () => now, wallMs: () => now },
    pass: (ms) => {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + 16);
        mock.timers.tick(16);
      }
    },
  };
}

describe("what is written of strangers", () => {
  test("71: 100,000 refused logins leave a bounded audit log, in which they are all counted", () => {
    mock.timers.enable({ apis: ["setInterval"] });
    const { path, remove } = tempFolder();
    try {
      const { clock, pass } = moved();
      const deadlines = new Deadlines(clock);
      const lines: string[] = [];
      const log = createLog({ write: (line) => void lines.push(line) }, "debug", "json");
      const file = join(path, "audit.jsonl");
      const audit = new AuditWriter(file, log, clock);
      const strangers = new Strangers({ audit, log, clock, deadlines, measures: new Measures() });
      for (let i = 0; i < 100_000; i++) {
        const reason = i % 3 === 0 ? "bad_signature" : "unknown_key";
        strangers.refused(
          { atMs: clock.wallMs(), id: `c${i}`, via: "tls" },
          { kind: "login", result: "refused", reason },
        );
        // A thousand a second: they come for a hundred seconds.
        if (i % 1_000 === 999) pass(1_000);
      }
      strangers.close();
      assert.equal(deadlines.pending, 0);
      audit.close();
      const text = readFileSync(file, "utf8");
      const events = text
        .trim()
        .split("\n")
        .map((line): Record<string, unknown> => JSON.parse(line));
      const single = events.filter(({ kind }) => kind === "login").length;
      const counted = events.filter(({ kind }) => kind === "refusals").map(({ count }) => Number(count));
      assert.equal(single + counted.reduce((sum, one) => sum + one, 0), 100_000, "each is counted");
      assert.deepEqual([single, counted.length], [60, 2], "thirty whole lines and one count for each minute");
      assert.equal(text.length < 16 * 1024, true, `${text.length} bytes`);
      assert.equal(lines.length < 300, true, `${lines.length} lines in the log`);
      assert.match(
        text,
        /"reasons":\{"bad_signature":\d+,"unknown_key":\d+\}|"reasons":\{"unknown_key":\d+,"bad_signature":\d+\}/,
      );
    } finally {
      mock.timers.reset();
      remove();
    }
  });
});

describe("refused calls", () => {
  test("a burst is free, and beyond it something is owed, up to a bound", () => {
    const time = { now: 0 };
    const clock = { monotonicMs: () => time.now, wallMs: () => time.now };
    const denied = new DeniedCalls({ burst: 3, perSecond: 10 }, clock);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => denied.take("id:a")),
      [true, true, true, false],
    );
    assert.equal(denied.owedMs("id:a"), 100);
    for (let i = 0; i < 1_000; i++) denied.take("id:a");
    assert.equal(denied.owedMs("id:a"), 300, "no more than a burst is ever owed");
    assert.deepEqual(
      [denied.owedMs("id:b"), denied.take("id:b")],
      [0, true],
      "another principal has its own",
    );
  });

  test("time gives it back, up to the burst and no further", () => {
    const time = { now: 0 };
    const clock = { monotonicMs: () => time.now, wallMs: () => time.now };
    const denied = new DeniedCalls({ burst: 2, perSecond: 10 }, clock);
    for (let i = 0; i < 4; i++) denied.take("id:a");
    time.now = 200;
    assert.equal(denied.owedMs("id:a"), 0, "two came back in 200 ms");
    time.now = 1_000_000;
    assert.deepEqual(
      [1, 2, 3].map(() => denied.take("id:a")),
      [true, true, false],
    );
  });

  test("ten thousand principals leave no ten thousand buckets once theirs are full again", () => {
    const time = { now: 0 };
    const denied = new DeniedCalls(
      { burst: 1, perSecond: 1 },
      { monotonicMs: () => time.now, wallMs: () => 0 },
    );
    for (let i = 0; i < 10_000; i++) {
      time.now += 10_000;
      denied.take(`id:${i}`);
    }
    assert.equal(denied.size <= 1_024, true, `${denied.size} buckets`);
  });
});
