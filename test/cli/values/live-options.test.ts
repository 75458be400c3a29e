import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isLive, type MethodEntry, type Parameter } from "../../../catalogue/catalogue.ts";
import { readArguments } from "../../../cli/values/arguments.ts";
import {
  checkLiveGiven,
  type LiveWords,
  liveOption,
  readLiveOptions,
} from "../../../cli/values/live-options.ts";
import { readWordsBehind } from "../../../cli/words/words-behind.ts";
import { fakeIo } from "../fake-io.ts";

const TEXT = { type: "string" } as const;
const param = (name: string, shape: Parameter["shape"], optional = false): Parameter => ({
  name,
  shape,
  optional,
});
const method = (...params: Parameter[]): MethodEntry => ({
  name: "m",
  doc: "",
  params,
  returns: { type: "any" },
  effect: "read",
  idempotent: true,
  errors: new Map(),
  reserved: false,
});

const LINES = param("lines", { type: "stream", of: TEXT });
const TOLD = param("on_line", { type: "callback", args: [TEXT], returns: { type: "null" } }, true);
const GREP = method(param("pattern", TEXT), LINES, TOLD, param("count", { type: "int" }, true));
const ADD = method(param("a", { type: "int" }), param("b", { type: "int" }));
const GREET = method(param("name", TEXT), param("more", TEXT, true), param("last", TEXT, true));

const read = (
  entry: MethodEntry | undefined,
  options: { readonly file?: readonly string[]; readonly callback?: readonly string[] } = {},
): LiveWords => {
  const words = readLiveOptions(entry, { file: [], callback: [], ...options });
  checkLiveGiven(entry, words);
  return words;
};

const found = ({ given, contents }: LiveWords): unknown => [
  [...given.values()].map(({ option, name, value }) => `${option} ${name} ${value}`),
  contents.map(({ name, value }) => `${name} ${value}`),
];

const refuses = (call: () => unknown, message: RegExp): void =>
  assert.throws(call, { name: "Failure", ending: "usage", message });

describe("readLiveOptions", () => {
  test("takes streams and callbacks by reference, and the content of a file for data", () => {
    const options = { file: ["lines=a=b.txt", "pattern=p"], callback: ["on_line=tee 'x y'"] };
    assert.deepEqual(found(read(GREP, options)), [
      ["--file lines a=b.txt", "--callback on_line tee 'x y'"],
      ["pattern p"],
    ]);
  });

  test("refuses what has not the form, with the form", () => {
    for (const text of ["", "lines", "lines=", "=path", "__proto__=x", "1=x", "a.b=x"]) {
      refuses(() => read(GREP, { file: [text] }), /^--file: /);
      refuses(() => read(undefined, { callback: [text] }), /^--callback: /);
    }
  });

  test("refuses a parameter that does not exist, is of another kind, or has it already", () => {
    refuses(() => read(GREP, { file: ["line=x"] }), /^m has no argument 'line'$/);
    refuses(() => read(GREP, { callback: ["pattern=x"] }), /^--callback pattern: string was expected$/);
    refuses(() => read(GREP, { file: ["on_line=x"] }), /^--file on_line: callback\(string\) was expected$/);
    refuses(() => read(GREP, { callback: ["lines=-"] }), /^--callback lines: stream of string was expected$/);
    refuses(() => read(GREP, { file: ["lines=x", "lines=y"] }), /^argument 'lines' is given twice$/);
    refuses(() => read(GREET, { file: ["lines=x"] }), /no argument 'lines'/);
  });

  test("names the option that gives what is missing, and where it stands", () => {
    assert.throws(() => read(GREP), {
      message: "argument 'lines': stream of string was expected, but nothing was given",
      hints: [
        "options stand before METHOD: rpcctl call --file lines=PATH m …",
        "rpcctl describe m shows the arguments",
      ],
    });
    const sink = method(param("sink", { type: "object", methods: ["write"] }));
    assert.throws(() => read(sink), {
      hints: [
        "rpcctl passes no objects: a program can give 'sink', with rpcd/client",
        "rpcctl describe m shows the arguments",
      ],
    });
    assert.deepEqual(found(read(method(TOLD))), [[], []]);
  });

  test("suggests printing only for a callback that need not be answered", () => {
    const asked = (returns: Parameter["shape"]): string | undefined =>
      isLive(returns) ? undefined : liveOption("f", { type: "callback", args: [], returns });
    assert.equal(asked({ type: "null" }), "--callback f=-, or f='COMMAND'");
    assert.equal(asked({ type: "any" }), "--callback f=-, or f='COMMAND'");
    assert.equal(asked({ type: "int" }), "--callback f='COMMAND'");
    assert.equal(asked({ type: "bool" }), "--callback f='COMMAND'");
  });

  test("opens and runs nothing for a method that is not known: the daemon denies the call", () => {
    assert.deepEqual(found(read(undefined, { file: ["lines=x"], callback: ["f=sh"] })), [[], []]);
  });
});

describe("a word behind METHOD", () => {
  const values = (entry: MethodEntry | undefined, ...words: string[]): unknown => {
    const behind = readWordsBehind(entry, words);
    return behind.kind === "help" ? "help" : behind.values;
  };

  test("is a value as it is, for every method", () => {
    for (const words of [
      ["--file", "lines=/etc/passwd"],
      ["--callback", "on_line=sh"],
      ["--file=lines=/etc/passwd"],
      ["name=x", "name@=/etc/passwd"],
      ["x", "--"],
      ["x", "--help"],
      ["--help", "x"],
      ["--json"],
      ["-"],
      [],
    ])
      for (const entry of [GREP, GREET, ADD, undefined]) assert.deepEqual(values(entry, ...words), words);
  });

  test("is nothing if it is the first -- , whatever the method takes; behind it there is no exception", () => {
    for (const entry of [GREP, GREET, ADD, undefined]) {
      assert.deepEqual(values(entry, "--", "x", "--"), ["x", "--"]);
      assert.deepEqual(values(entry, "--", "--"), ["--"]);
      assert.deepEqual(values(entry, "--", "--help"), ["--help"]);
      assert.deepEqual(values(entry, "--"), []);
    }
  });

  test("asks about the method if it is --help alone, and the method cannot take this text", () => {
    assert.equal(values(ADD, "--help"), "help");
    assert.equal(values(ADD, "-h"), "help");
    assert.equal(values(method(LINES), "--help"), "help");
    assert.equal(values(undefined, "--help"), "help");
    assert.deepEqual(values(GREET, "--help"), ["--help"]);
    assert.deepEqual(values(GREP, "--help"), ["--help"]);
    assert.deepEqual(values(method(param("x", { type: "any" })), "--help"), ["--help"]);
  });
});

describe("readArguments beside what is passed by reference", () => {
  const args = (words: readonly string[], options = {}): Promise<unknown> =>
    readArguments(
      GREP,
      { words, arg: [], contents: [], args: undefined, kwargs: undefined, input: undefined, ...options },
      fakeIo(),
    );

  test("counts positions over the others, and sends all by name", async () => {
    assert.deepEqual(await args(["x", "3"]), { positional: [], named: { pattern: "x", count: 3 } });
    assert.deepEqual(await args(["x"], { arg: ["count=3"] }), {
      positional: [],
      named: { count: 3, pattern: "x" },
    });
    assert.deepEqual(await args([], { args: '["x", 3]' }), {
      positional: [],
      named: { pattern: "x", count: 3 },
    });
    await assert.rejects(args(["x", "y"]), {
      message: "argument 'count' (2nd): int was expected, but 'y' was given",
    });
    await assert.rejects(args(["x", "3", "4"]), { message: "m takes 2 arguments, and more were given" });
    await assert.rejects(args([]), { message: /^argument 'pattern' \(1st\): string was expected/ });
  });

  test("refuses a value for what is passed by reference, in every form", async () => {
    const message = "argument 'lines': stream of string is passed by reference";
    await assert.rejects(args(["x"], { arg: ["lines=y"] }), { message });
    await assert.rejects(args(["x"], { contents: [{ name: "lines", value: "/etc/passwd" }] }), { message });
    await assert.rejects(args(["x"], { kwargs: '{"lines": "y"}' }), { message });
  });
});
