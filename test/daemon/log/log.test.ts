import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chooseFormat, createLog, type LogFormat } from "../../../daemon/log/log.ts";

function logged(
  format: Exclude<LogFormat, "auto">,
  ...[message, fields]: [string, Record<string, unknown>?]
): string {
  const lines: string[] = [];
  createLog({ write: (line) => lines.push(line) }, "info", format).warn(message, fields);
  assert.equal(lines.length, 1);
  return lines[0] ?? "";
}

describe("the log", () => {
  test("writes JSON, pretty lines, or lines with the journal's priorities", () => {
    const { time, ...rest } = JSON.parse(logged("json", "hello", { count: 2, absent: undefined }));
    assert.match(time, /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(rest, { level: "warn", msg: "hello", count: 2 });
    assert.match(logged("journal", "hello"), /^<4>\{"level":"warn"/);
    assert.match(logged("pretty", "hello", { count: 2 }), /^\d\d:\d\d:\d\d WARN {2}hello count=2\n$/);
  });

  test("is one line without anything that a terminal would obey, whatever a peer put into a field", () => {
    const hostile = ["a\nb", "\u001b]52;c;eA==\u0007", "\u009b2J", "\u202egpj", "\u2028x", "\ud800"];
    for (const format of ["json", "journal", "pretty"] as const) {
      for (const text of hostile) {
        for (const line of [
          logged(format, "m", { text }),
          logged(format, text),
          logged(format, "m", { error: new Error(text, { cause: new Error(text) }) }),
        ]) {
          assert.equal(line.indexOf("\n"), line.length - 1, `${format} ${JSON.stringify(line)}`);
          assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        }
      }
    }
  });

  test("keeps a long text of a peer short", () => {
    assert.equal(logged("json", "m", { text: "x".repeat(1_000_000) }).length < 2_000, true);
    assert.equal(JSON.parse(logged("json", "m", { text: "x".repeat(1024) })).text.length, 1024);
  });

  test("shows lists and objects, up to 64 values in four depths, and says where something is left out", () => {
    const many = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
    assert.deepEqual(JSON.parse(logged("json", "m", { list: many(64) })).list, many(64));
    assert.deepEqual(JSON.parse(logged("json", "m", { list: many(65) })).list, [...many(64), "left out"]);
    const deep = { a: { b: { c: { d: 1 } } } };
    assert.deepEqual(JSON.parse(logged("json", "m", { deep })).deep, deep);
    assert.deepEqual(JSON.parse(logged("json", "m", { deep: { z: deep } })).deep, {
      z: { a: { b: { c: "[object Object]" } } },
    });
    assert.match(logged("pretty", "m", { deep }), / deep=\{"a":\{"b":\{"c":\{"d":1\}\}\}\}\n$/);
  });

  test("leaves out what is below its level", () => {
    const lines: string[] = [];
    const log = createLog({ write: (line) => lines.push(line) }, "error", "json");
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).msg),
      ["d"],
    );
  });

  test("is for people on a terminal, for the journal under systemd, JSON elsewhere, unless it was told", () => {
    const at = (isTerminal: boolean, underJournal: boolean): string =>
      chooseFormat("auto", { isTerminal, underJournal });
    assert.deepEqual([at(true, true), at(false, true), at(false, false)], ["pretty", "journal", "json"]);
    assert.equal(chooseFormat("json", { isTerminal: true, underJournal: true }), "json");
  });
});
