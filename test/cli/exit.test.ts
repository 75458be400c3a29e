import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Ending, EXIT_TABLES, exitCode, GENERAL_EXITS, POLICY_EXITS } from "../../cli/exit.ts";

const GENERAL: Readonly<Record<Ending, number>> = {
  ok: 0,
  findings: 12,
  failed: 1,
  refused: 1,
  usage: 2,
  denied: 3,
  identity: 4,
  not_found: 6,
  unavailable: 7,
  deadline: 8,
  quota: 9,
  protocol: 10,
  broken: 11,
  internal: 13,
  interrupted: 130,
  output_closed: 141,
};

const POLICY: Readonly<Record<Ending, number>> = {
  ...GENERAL,
  findings: 1,
  refused: 2,
  usage: 3,
  failed: 4,
  denied: 4,
  identity: 4,
  not_found: 4,
  unavailable: 4,
  deadline: 4,
  quota: 4,
  protocol: 4,
  broken: 4,
  internal: 4,
};

const entries = (codes: Readonly<Record<Ending, number>>): readonly (readonly [Ending, number])[] =>
  EXIT_TABLES.flatMap(({ rows }) => rows.flatMap(({ endings }) => endings)).map((ending) => [
    ending,
    codes[ending],
  ]);

describe("exitCode", () => {
  for (const [table, codes] of [
    [GENERAL_EXITS, GENERAL],
    [POLICY_EXITS, POLICY],
  ] as const) {
    test(`gives every ending its code in the table of ${table.title}`, () => {
      for (const [ending, code] of entries(codes)) {
        assert.equal(exitCode(table, ending), code, ending);
      }
    });
  }

  test("knows no ending that a table has no row for", () => {
    assert.throws(() => exitCode({ title: "none", rows: [] }, "ok"), /no row for 'ok'/);
  });
});

describe("the exit tables", () => {
  test("name each code and each ending once", () => {
    for (const { rows } of EXIT_TABLES) {
      const codes = rows.map(({ code }) => code);
      const endings = rows.flatMap((row) => row.endings);
      assert.equal(new Set(codes).size, codes.length);
      assert.equal(new Set(endings).size, endings.length);
    }
  });
});
