import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Failures } from "../../../daemon/log/failures.ts";
import type { Log } from "../../../daemon/log/log.ts";
import type { Deadlines } from "../../../link/deadlines.ts";

interface Line {
  readonly level: "error" | "warn";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

function failures(): { failures: Failures; lines: Line[]; pass: () => void } {
  const lines: Line[] = [];
  let run: (() => void) | undefined;
  const at =
    (level: Line["level"]) =>
    (message: string, fields?: Readonly<Record<string, unknown>>): void => {
      lines.push({ level, message, fields });
    };
  const made = new Failures(
    { error: at("error"), warn: at("warn") } as unknown as Log,
    { start: (_ms: number, end: () => void) => (run = end), stop: () => undefined } as unknown as Deadlines,
  );
  return { failures: made, lines, pass: () => run?.() };
}

describe("the failures of methods in the log", () => {
  test("are told three times for each method and principal in a minute, then counted", () => {
    const { failures: made, lines, pass } = failures();
    const kinds = [
      { method: "a", principal: "id:x" },
      { method: "a", principal: "id:y" },
      { method: "b", principal: "id:x" },
    ];
    for (const kind of kinds) for (let i = 0; i < 3; i++) made.failed("a call failed", kind, { error: i });
    assert.equal(lines.length, 9);
    assert.deepEqual(lines[0]?.fields, { method: "a", principal: "id:x", error: 0 });
    for (const kind of kinds.slice(1)) made.failed("a call failed", kind, {});
    made.failed("a stream broke off", kinds[0] ?? {}, {});
    assert.equal(lines.length, 10, "another failure of the same method is another kind");
    pass();
    assert.deepEqual(
      lines.slice(10),
      kinds.slice(1).map((kind) => ({
        level: "warn",
        message: "more of the same, only counted",
        fields: { what: "a call failed", ...kind, count: 1 },
      })),
    );
    made.failed("a call failed", kinds[1] ?? {}, {});
    assert.equal(lines.length, 13, "in the next minute it is told again");
  });

  test("of 256 kinds have a place of their own, the rest one together", () => {
    const { failures: made, lines, pass } = failures();
    for (let i = 0; i < 256 + 10; i++) made.failed("a call failed", { method: `m${i}` }, {});
    assert.equal(lines.length, 256 + 3);
    pass();
    assert.deepEqual(lines.at(-1)?.fields, { what: "other failures", count: 7 });
    assert.equal(lines.length, 256 + 4);
  });
});
