import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { type Ending, EXIT_CODES, exitCode } from "../../../cli/io/exit.ts";

const CODES: Readonly<Record<Ending, number>> = {
  ok: 0,
  failed: 1,
  findings: 1,
  usage: 2,
  denied: 3,
  identity: 4,
  refused: 5,
  not_found: 6,
  unavailable: 7,
  deadline: 8,
  quota: 9,
  protocol: 10,
  broken: 11,
  unhealthy: 12,
  internal: 13,
  interrupted: 130,
  output_closed: 141,
};

const PAGE = readFileSync(new URL("../../../../docs/rpcctl.md", import.meta.url), "utf8");

describe("the exit codes", () => {
  test("are the same for every command", () => {
    const endings = EXIT_CODES.flatMap((row) => row.endings);
    assert.deepEqual(endings.toSorted(), Object.keys(CODES).toSorted());
    for (const ending of endings) assert.equal(exitCode(ending), CODES[ending], ending);
  });

  test("name each code and each ending once", () => {
    const codes = EXIT_CODES.map(({ code }) => code);
    const endings = EXIT_CODES.flatMap((row) => row.endings);
    assert.equal(new Set(codes).size, codes.length);
    assert.equal(new Set(endings).size, endings.length);
  });

  test("stand in docs/rpcctl.md as in the table", () => {
    const [, section = assert.fail("no section 'Exit codes'")] = PAGE.split("\n## Exit codes\n");
    const [own = ""] = section.split("\n## ");
    const rows = own.split("\n").filter((line) => /^\| \d/.test(line));
    const expected = EXIT_CODES.map(({ code, text }) => `| ${code} | ${text} |`);
    assert.deepEqual(rows, expected, `expected:\n${expected.join("\n")}`);
  });
});
