import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MethodEntry } from "../../catalogue/catalogue.ts";
import { matches } from "../../cli/commands/ls.ts";
import { printMethods } from "../../cli/methods/list.ts";
import { methodText } from "../../cli/methods/text.ts";
import { methodRecord, parameterList } from "../../cli/print/signature.ts";
import { wrapText } from "../../cli/print/wrap-text.ts";
import { fakeIo } from "./fake-io.ts";

const ADD: MethodEntry = {
  name: "math.add",
  doc: "Adds two whole numbers.",
  params: [
    { name: "a", shape: { type: "int", min: 0 }, optional: false },
    { name: "b", shape: { type: "int" }, optional: true, default: 5 },
    { name: "note", shape: { type: "string" }, optional: true },
  ],
  returns: { type: "int" },
  effect: "read",
  idempotent: true,
  errors: new Map([["math.overflow", { type: "map", fields: [] }]]),
  reserved: false,
};

const HOSTILE = "\u001b[31m\u009b\u202e\nforged";

describe("methodText", () => {
  test("says what a method takes, returns and does", () => {
    assert.equal(
      methodText(ADD),
      [
        "math.add(a: int 0.., b: int = 5, note?: string) → int",
        "  Adds two whole numbers.",
        "",
        "arguments",
        "  a     int 0..",
        "  b     int      default 5",
        "  note  string   optional",
        "",
        "effect: read, idempotent",
        "",
        "reasons of its failures",
        "  math.overflow  map",
      ].join("\n"),
    );
  });

  test("says with which options what is passed by reference is given, and what becomes of the result", () => {
    const text = methodText({
      ...ADD,
      params: [
        { name: "lines", shape: { type: "stream", of: { type: "string" } }, optional: false },
        { name: "tell", shape: { type: "callback", args: [], returns: { type: "null" } }, optional: true },
        { name: "sink", shape: { type: "object", methods: ["write"] }, optional: true },
      ],
      returns: { type: "stream", of: { type: "int" } },
      errors: new Map(),
    });
    assert.match(text, /^ {2}lines +stream of string +--file lines=PATH$/m);
    assert.match(text, /^ {2}tell +callback\(\) +optional +--callback tell=-, or tell='COMMAND'$/m);
    assert.match(
      text,
      /^ {2}sink +object \{write\} +optional +only a program can give it, with rpcd\/client$/m,
    );
    assert.match(text, /^result: items, printed as they come, each as a line of JSON$/m);
    const bytes = methodText({ ...ADD, returns: { type: "stream", of: { type: "bytes" } } });
    assert.match(bytes, /^result: bytes, written as they come: > FILE keeps them$/m);
    assert.match(methodText({ ...ADD, on: "cursor" }), /^It is called on a 'cursor' that a method returns/m);
  });

  test("escapes all that came from the daemon", () => {
    const hostile: MethodEntry = {
      ...ADD,
      name: HOSTILE,
      doc: HOSTILE,
      params: [
        {
          name: HOSTILE,
          shape: {
            type: "map",
            fields: [{ name: HOSTILE, shape: { type: "enum", values: [HOSTILE] }, optional: true }],
          },
          optional: true,
          default: HOSTILE,
        },
      ],
      returns: { type: "object", methods: [], interface: HOSTILE },
      on: HOSTILE,
      errors: new Map([[HOSTILE, { type: "enum", values: [HOSTILE] }]]),
    };
    const text = methodText(hostile) + parameterList(hostile.params);
    // oxlint-disable-next-line no-control-regex -- the control characters are what this is about
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
    assert.doesNotMatch(text, /^forged/m);
  });
});

describe("methodRecord", () => {
  test("tells the shapes of the failures by their reasons", () => {
    assert.deepEqual(Object.keys(methodRecord(ADD)), [
      "name",
      "doc",
      "params",
      "returns",
      "effect",
      "idempotent",
      "errors",
    ]);
    assert.deepEqual(Object.entries(methodRecord(ADD)).at(-1), [
      "errors",
      {
        "math.overflow": { type: "map", fields: [] },
      },
    ]);
  });
});

describe("methodRecord of a method of an object", () => {
  test("tells whose it is", () => {
    assert.equal(Object.entries(methodRecord({ ...ADD, on: "cursor" }))[4]?.join(" "), "on cursor");
  });
});

describe("matches", () => {
  test("takes * for any characters, none as well", () => {
    for (const pattern of [
      "math.add",
      "*",
      "math.*",
      "*.add",
      "m*d",
      "math.add*",
      "*a*a*",
      "**",
      "ma*th.a*dd",
    ]) {
      assert.ok(matches("math.add", pattern), pattern);
    }
  });

  test("matches the whole name, and each character as it is", () => {
    for (const pattern of [
      "",
      "math",
      "add",
      "Math.add",
      "math?add",
      "mathxadd",
      "math.add*d",
      "a*",
      "*dd*dd",
    ]) {
      assert.ok(!matches("math.add", pattern), pattern);
    }
    assert.ok(!matches("aba", "ab*ba"));
  });

  test("takes work in proportion to a hostile pattern", () => {
    assert.ok(!matches("a".repeat(128), `${"a*".repeat(64)}b`));
  });
});

describe("a list of methods", () => {
  const entry = (name: string, params: MethodEntry["params"], doc: string): [string, MethodEntry] => [
    name,
    { ...ADD, name, params, doc },
  ];
  const LONG = Array.from({ length: 12 }, (_, i) => ({
    name: `parameter_${i}`,
    shape: { type: "int", min: 0, max: 1000 } as const,
    optional: false,
  }));
  const catalogue = new Map([
    entry("add", [], "Adds."),
    entry(
      "wide",
      LONG,
      "Has many parameters, each of them a number, and a text that tells of it at some length.",
    ),
  ]);
  const shown = (outColumns: number | undefined): readonly string[] => {
    const io = Object.assign(fakeIo(), { outColumns });
    printMethods(catalogue, { json: false, wanted: () => true, none: "none" }, io);
    return io.printed.join("\n").split("\n");
  };

  test("wraps between words at the width of the terminal", () => {
    for (const columns of [40, 80, 132]) {
      const lines = shown(columns);
      for (const line of lines) assert.ok(line.length <= columns, `${columns}: ${line}`);
      const text = lines.join(" ").replaceAll(/ +/g, " ");
      assert.ok(text.includes("wide (parameter_0: int 0..1000, parameter_1: int 0..1000,"), text);
      assert.ok(text.includes("each of them a number, and a text that tells of it at some length."), text);
    }
  });

  test("is one line for each method in a pipe, without blanks up to a far column", () => {
    const lines = shown(undefined);
    assert.equal(lines.length, 2);
    for (const line of lines) assert.doesNotMatch(line, / {31}/);
    assert.match(lines[0] ?? "", /^add +\(\) +Adds\.$/);
  });
});

describe("wrapText", () => {
  test("continues below the last column where that is in the left half, else a little further in", () => {
    assert.equal(wrapText("  --name  one two three four", 20), "  --name  one two\n          three four");
    assert.equal(wrapText("one two three four", 10), "one two\n  three\n  four");
    assert.equal(wrapText("  one two three", 9), "  one two\n    three");
  });

  test("leaves what fits, a word that is too wide, and a text for a pipe as they are", () => {
    assert.equal(wrapText("one two", 7), "one two");
    assert.equal(wrapText("a bbbbbbbbbbbb c", 8), "a\n  bbbbbbbbbbbb\n  c");
    assert.equal(wrapText("one two three", undefined), "one two three");
    assert.equal(wrapText("日本 日本", 7), "日本\n  日本");
  });
});
