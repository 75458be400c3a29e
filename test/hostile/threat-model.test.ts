import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { ATTACKS } from "../../bench/siege/attacks.ts";
import { PACKAGE } from "../support/daemon.ts";

/** The cases of the design that concern what there is: all but the command line. */
const CASES = [...range(1, 67), ...range(69, 76)];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_one, i) => from + i);
}

/** The rows of the table: case and the files of its tests. */
function rows(): Map<number, readonly string[]> {
  const text = readFileSync(join(PACKAGE, "docs/threat-model.md"), "utf8");
  const found = text.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \| [^|]+ \|$/gm);
  return new Map([...found].map(([, number, files]) => [Number(number), (files ?? "").trim().split(", ")]));
}

/** The numbers with which the names of tests begin, for each file of these folders; files of one name are one. */
function numbered(): Map<string, Set<number>> {
  const files = ["test/hostile", "test/live", "test/daemon", "test/certs", "test/files"].flatMap((folder) =>
    readdirSync(join(PACKAGE, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".test.ts"))
      .map((path) => ({ file: basename(path), path: join(PACKAGE, folder, path) })),
  );
  const numbers = new Map<string, Set<number>>();
  for (const { file, path } of files) {
    const name = file.replace(/\.test\.ts$/, "");
    numbers.set(name, new Set([...(numbers.get(name) ?? []), ...numbersIn(readFileSync(path, "utf8"))]));
  }
  return numbers;
}

function numbersIn(text: string): Set<number> {
  const names = text.matchAll(/(?:test|describe)\(\s*["`]((?:\d+, )*\d+): /g);
  return new Set([...names].flatMap(([, list]) => (list ?? "").split(", ").map(Number)));
}

describe("the table of what was tried, in docs/threat-model.md", () => {
  test("has a row for each case", () => {
    assert.deepEqual([...rows().keys()], CASES);
  });

  test("names for each case files in which there is a test of that number", () => {
    const known = numbered();
    for (const [number, files] of rows())
      for (const file of files)
        assert.equal(file === "–" || known.get(file)?.has(number), true, `case ${number} in ${file}`);
  });

  test("leaves out no file that has a test of a case", () => {
    const table = rows();
    for (const [file, numbers] of numbered())
      for (const number of numbers)
        if (CASES.includes(number))
          assert.equal(table.get(number)?.includes(file), true, `case ${number} in ${file}`);
  });
});

describe("the table of the siege, in docs/threat-model.md", () => {
  test("has a row for each attack of the bench, in their order", () => {
    const text = readFileSync(join(PACKAGE, "docs/threat-model.md"), "utf8");
    const section = text.slice(text.indexOf("## What a siege gets"));
    const attacks = [...section.matchAll(/^\| ([^|]+) \| (unix|tls) \|/gm)].map(
      ([, name, over]) => `${name} (${over})`,
    );
    assert.deepEqual(
      attacks,
      ATTACKS.map(({ name, over }) => `${name} (${over})`),
    );
  });
});
