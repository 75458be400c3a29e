import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { loadPolicy } from "../../policy/load/load.ts";
import type { Problem } from "../../yaml/problem.ts";
import { EXAMPLE } from "./example.ts";
import { type Break, breaksOf } from "./example-breaks.ts";
import { brief, bytes, catalogueOf, method, NOW_MS, param } from "./support.ts";

const LINES = EXAMPLE.split("\n");

/** Without indentation and comment, and with braces as the language's pages write them. */
const bare = (line: string): string =>
  line
    .replace(/(^| )\s*#.*/, "")
    .replaceAll("{ ", "{")
    .replaceAll(" }", "}")
    .trim();

/** The lines of keys by their comments. */
const KEYS = Object.fromEntries(
  [...EXAMPLE.matchAll(/ssh-ed25519 [A-Za-z0-9+/=]+ ([^,\]\n]+)/g)].map(([line, comment = ""]) => [
    comment,
    line,
  ]),
);

const BREAKS = breaksOf(KEYS);

const problemsOf = (text: string, catalogue?: Catalogue): readonly Problem[] =>
  loadPolicy(bytes(text), catalogue, NOW_MS).problems;

const errorsOf = (text: string, catalogue?: Catalogue): string[] =>
  problemsOf(text, catalogue)
    .filter(({ severity }) => severity === "error")
    .map(brief);

/** The methods that the example is about, but for the parameters that take what is live: see below. */
const CATALOGUE = catalogueOf(
  method("math.add", [param("a", { shape: { type: "int" } }), param("b", { shape: { type: "int" } })]),
  method("math.mul", [param("a", { shape: { type: "int" } }), param("b", { shape: { type: "int" } })]),
  method("metrics.cpu.load"),
  method("log.tail", [
    param("path", { shape: { type: "string" } }),
    param("lines", { shape: { type: "int", min: 1 }, optional: true, default: 100 }),
    param("on-line"),
  ]),
  method("service.status"),
  method("service.restart", [param("unit", { shape: { type: "string" } })]),
  method("service.deploy", [
    param("unit", { shape: { type: "enum", values: ["web", "api", "worker", "db"] } }),
    param("version", { shape: { type: "string" } }),
    param("canary", {
      shape: { type: "one_of", shapes: [{ type: "number", min: 0, max: 1 }, { type: "null" }] },
      optional: true,
      default: null,
    }),
    param("tags", { shape: { type: "list", of: { type: "string" } }, optional: true, default: [] }),
    param("labels", { shape: { type: "map", fields: [], others: { type: "string" } }, optional: true }),
    param("note", { shape: { type: "string", maxLength: 1000 }, optional: true, default: "" }),
    param("image", { optional: true }),
  ]),
);

/** The example without what is live: a catalogue has no word for parameters that take it. */
const DATA_ONLY = EXAMPLE.replace(/^ *on-line: .*\n/m, "      on-line: any\n")
  .replace("image?: stream", "image?: any")
  .replace("image=<stream>", "image=h'00ff'");

describe("the example", () => {
  test("loads without an error, and its tests pass", () => {
    assert.deepEqual(errorsOf(EXAMPLE), []);
  });

  test("loads without an error where the methods are known, and its tests pass", () => {
    assert.deepEqual(errorsOf(DATA_ONLY, CATALOGUE), []);
  });

  test("has a break for each line that is neither empty nor a comment", () => {
    const lines = LINES.map(bare).filter((line) => line !== "");
    assert.deepEqual(
      BREAKS.map(({ line }) => line),
      lines,
    );
  });
});

/** Which line of the example each break is about: the next one that bears that text. */
const numbered = (): readonly (Break & { readonly number: number })[] => {
  let from = 0;
  return BREAKS.map((one) => {
    const at = LINES.findIndex((line, i) => i >= from && bare(line) === one.line);
    from = at + 1;
    return { ...one, number: at + 1 };
  });
};

describe("the example with one line broken", () => {
  for (const { line, broken, code, on, number } of numbered()) {
    const where =
      on === undefined ? "there" : `on the ${on.length === 1 ? "line" : "lines"} that it is about`;
    test(`is refused with ${code} ${where}: line ${number}, ${line.slice(0, 40)}`, () => {
      const [indent = ""] = /^ */.exec(LINES[number - 1] ?? "") ?? [];
      const text = LINES.with(number - 1, `${indent}${broken}`).join("\n");
      assert.notEqual(text, EXAMPLE);
      const found = problemsOf(text).filter((one) => one.severity === "error" && one.code === code);
      const lines = new Set(found.map(({ at }) => at.line));
      const expected =
        on === undefined
          ? [number]
          : LINES.flatMap((each, i) => (on.some((begin) => bare(each).startsWith(begin)) ? [i + 1] : []));
      for (const one of expected)
        assert.ok(lines.has(one), `line ${one}: ${problemsOf(text).map(brief).join("\n")}`);
    });
  }
});
