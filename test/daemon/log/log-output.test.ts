import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LOG_UNWRITTEN_MAX_BYTES, LogOutput } from "../../../daemon/log/output.ts";

const LINE_BYTES = 1024;
const LINES = LOG_UNWRITTEN_MAX_BYTES / LINE_BYTES;
const line = (bytes = LINE_BYTES): string => `${"x".repeat(bytes - 1)}\n`;

/** An output whose reader takes lines when the test says so. */
function output(): {
  out: LogOutput;
  told: number[];
  written: () => number;
  take: (count: number, error?: Error) => void;
} {
  const waiting: ((error?: Error | null) => void)[] = [];
  let written = 0;
  const out = new LogOutput({
    write: (_chunk: unknown, done: unknown) => {
      written++;
      waiting.push(done as (error?: Error | null) => void);
      return true;
    },
  });
  const told: number[] = [];
  out.onFlowsAgain((dropped) => told.push(dropped));
  const take = (count: number, error?: Error): void => {
    for (const done of waiting.splice(0, count)) done(error);
  };
  return { out, told, written: () => written, take };
}

describe("the output of the log", () => {
  test("keeps 1 MiB that nobody takes, and drops and counts what is beyond", () => {
    const { out, written } = output();
    for (let i = 0; i < LINES; i++) out.write(line());
    assert.deepEqual([written(), out.droppedLines], [LINES, 0], "exactly as much");
    out.write("\n");
    out.write(line());
    assert.deepEqual([written(), out.droppedLines], [LINES, 2], "one byte past it, and what follows");
  });

  test("says once how many were dropped, when half of it was taken", () => {
    const { out, written, told, take } = output();
    for (let i = 0; i < LINES + 3; i++) out.write(line());
    take(LINES / 2 - 1);
    out.write(line());
    assert.deepEqual([written(), told], [LINES, []], "not yet");
    take(1);
    out.write(line());
    assert.deepEqual([written(), told, out.droppedLines], [LINES + 1, [4], 4]);
    take(LINES);
    assert.deepEqual(told, [4]);
  });

  test("counts bytes, not characters", () => {
    const { out, written } = output();
    for (let i = 0; i < LINES; i++) out.write("é".repeat(LINE_BYTES / 2));
    out.write("é");
    assert.deepEqual([written(), out.droppedLines], [LINES, 1]);
  });

  test("counts lines that could not be written, goes on trying, and says so when one was", () => {
    const { out, written, told, take } = output();
    for (let i = 0; i < 3; i++) {
      out.write(line());
      take(1, new Error("no space left"));
    }
    assert.deepEqual([written(), told, out.droppedLines], [3, [], 3]);
    out.write(line());
    take(1);
    assert.deepEqual([told, out.droppedLines], [[3], 3]);
  });
});
