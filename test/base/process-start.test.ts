import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isProcessOf, processStart } from "../../base/process-start.ts";

describe("isProcessOf", () => {
  const own = process.geteuid?.();
  const start = processStart(process.pid) ?? assert.fail("no /proc");

  test("knows a process by its number, its start and its user", () => {
    assert.equal(isProcessOf({ pid: process.pid, processStart: start }, own), true);
  });

  test("believes nothing of a number that is another process's now, or of another user's process", () => {
    assert.equal(isProcessOf({ pid: process.pid, processStart: `${start}0` }, own), false);
    assert.equal(isProcessOf({ pid: process.pid, processStart: start }, Number(own) + 1), false);
    assert.equal(isProcessOf({ pid: process.pid, processStart: start }, undefined), false);
  });
});
