import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MethodEntry, Parameter } from "../../base/catalogue.ts";
import { readArguments } from "../../cli/arguments.ts";
import { type LiveWords, readLiveOptions } from "../../cli/live-options.ts";
import { fakeIo } from "./fake-io.ts";

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
const GREET = method(param("name", TEXT), param("more", TEXT, true), param("last", TEXT, true));

const read = (
  entry: MethodEntry | undefined,
  words: readonly string[] = [],
  options: { readonly file?: readonly string[]; readonly callback?: readonly string[] } = {},
): LiveWords => readLiveOptions(entry, { file: [], callback: [], words, ...options });

const found = ({ given, words }: LiveWords): unknown => [
  [...given.values()].map(({ option, name, value }) => `${option} ${name} ${value}`),
  words,
];

const refuses = (call: () => unknown, message: RegExp): void =>
  assert.throws(call, { name: "Failure", ending: "usage", message });

describe("readLiveOptions", () => {
  test("takes what stands before METHOD", () => {
    const options = { file: ["lines=a=b.txt"], callback: ["on_line=tee 'x y'"] };
    assert.deepEqual(found(read(GREP, ["x", "3"], options)), [
      ["--file lines a=b.txt", "--callback on_line tee 'x y'"],
      ["x", "3"],
    ]);
  });

  test("takes files, and callbacks that are printed, directly behind METHOD", () => {
    assert.deepEqual(found(read(GREP, ["--file", "lines=-", "--callback", "on_line=-", "x"])), [
      ["--file lines -", "--callback on_line -"],
      ["x"],
    ]);
  });

  test("refuses what has not the form, with the form", () => {
    for (const text of ["", "lines", "lines=", "=path", "__proto__=x", "1=x", "a.b=x"]) {
      refuses(() => read(GREP, [], { file: [text] }), /^--file: /);
      refuses(() => read(undefined, [], { callback: [text] }), /^--callback: /);
    }
  });

  test("refuses a parameter that is not there, is another's, or has it already", () => {
    refuses(() => read(GREP, [], { file: ["line=x"] }), /^m has no argument 'line'$/);
    refuses(
      () => read(GREP, [], { file: ["pattern=x"] }),
      /^--file pattern: string was expected, which is an argument/,
    );
    refuses(
      () => read(GREP, [], { file: ["on_line=x"] }),
      /^--file on_line: callback\(string\) was expected$/,
    );
    refuses(
      () => read(GREP, [], { callback: ["lines=-"] }),
      /^--callback lines: stream of string was expected$/,
    );
    refuses(() => read(GREP, [], { file: ["lines=x", "lines=y"] }), /^argument 'lines' is given twice$/);
    refuses(
      () => read(GREP, ["--file", "lines=y"], { file: ["lines=x"] }),
      /^argument 'lines' is given twice$/,
    );
    refuses(() => read(GREET, [], { file: ["lines=x"] }), /no argument 'lines'/);
  });

  test("names the option that gives what is missing", () => {
    assert.throws(() => read(GREP, ["x"]), {
      message: "argument 'lines': stream of string was expected, but nothing was given",
      hints: ["rpcctl call passes it: --file lines=PATH", "rpcctl describe m shows the arguments"],
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

  test("leaves to the daemon what is not known here", () => {
    assert.deepEqual(found(read(undefined, ["--file", "lines=x"], { file: ["lines=x"] })), [
      [],
      ["--file", "lines=x"],
    ]);
  });
});

describe("a value behind METHOD", () => {
  const untouched = (entry: MethodEntry, words: readonly string[], options = {}): void => {
    const { given, words: left } = read(entry, words, options);
    assert.deepEqual(left, words);
    assert.equal(given.size, Object.keys(options).length);
  };

  test("never becomes a file or a command of a method of data alone, whatever its words", () => {
    untouched(GREET, ["--file", "name=/etc/passwd"]);
    untouched(GREET, ["--file", "lines=/etc/passwd"]);
    untouched(GREET, ["--file=name=/etc/passwd", "--callback", "name=sh"]);
    untouched(GREET, ["--", "--file", "name=/etc/passwd"].slice(0, 3));
  });

  test("never becomes one as a single word, behind an argument, or for another parameter", () => {
    const options = { file: ["lines=mine"] };
    untouched(GREP, ["--file=lines=/etc/passwd"], options);
    untouched(GREP, ["x", "--file", "lines=/etc/passwd"], options);
    untouched(GREP, ["--file", "pattern=/etc/passwd"], options);
    untouched(GREP, ["--file", "constructor=/etc/passwd"], options);
    untouched(GREP, ["--callback", "lines=-"], options);
    untouched(GREP, ["--file"], options);
  });

  test("cannot take the place of a file that the script names", () => {
    const mine = { file: ["lines=mine"] };
    refuses(() => read(GREP, ["--file", "lines=/etc/passwd"], mine), /twice/);
    refuses(() => read(GREP, ["--file", "lines=mine", "--file", "lines=/etc/passwd"]), /twice/);
  });

  test("never becomes a command", () => {
    const mine = { file: ["lines=mine"] };
    refuses(() => read(GREP, ["--callback", "on_line=sh -c id"], mine), /a command stands before METHOD$/);
  });

  test("is none behind --, which only a method that takes something by reference knows", () => {
    const mine = { file: ["lines=mine"] };
    assert.deepEqual(read(GREP, ["--", "--callback", "on_line=-"], mine).words, ["--callback", "on_line=-"]);
    assert.deepEqual(read(GREP, ["--", "--"], mine).words, ["--"]);
    assert.deepEqual(read(GREP, ["x", "--"], mine).words, ["x", "--"]);
    assert.deepEqual(read(GREET, ["--"]).words, ["--"]);
  });
});

describe("readArguments beside what is passed by reference", () => {
  const args = (words: readonly string[], options = {}): Promise<unknown> =>
    readArguments(
      GREP,
      { words, args: undefined, kwargs: undefined, input: undefined, ...options },
      fakeIo(),
    );

  test("counts positions over the others, and sends all by name", async () => {
    assert.deepEqual(await args(["x", "3"]), { positional: [], named: { pattern: "x", count: 3 } });
    assert.deepEqual(await args(["count=3", "x"]), { positional: [], named: { pattern: "x", count: 3 } });
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
    for (const word of ["lines=x", 'lines:="x"', "lines@=/etc/passwd", "lines:@=/etc/passwd"])
      await assert.rejects(args(["x", word]), { ending: "usage" }, word);
    await assert.rejects(args(["x", "lines=y"]), { message });
    await assert.rejects(args(["x"], { kwargs: '{"lines": "y"}' }), { message });
  });
});
