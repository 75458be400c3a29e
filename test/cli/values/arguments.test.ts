import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MethodEntry, Parameter, Shape } from "../../../catalogue/catalogue.ts";
import { type ArgumentSources, type CallArguments, readArguments } from "../../../cli/values/arguments.ts";
import { fakeIo } from "../fake-io.ts";

const param = (name: string, shape: Shape, optional = false): Parameter => ({ name, shape, optional });

const method = (...params: Parameter[]): MethodEntry => ({
  name: "test.method",
  doc: "",
  params,
  returns: { type: "any" },
  effect: "read",
  idempotent: true,
  errors: new Map(),
  reserved: false,
});

const ADD = method(param("a", { type: "int" }), param("b", { type: "int" }));
const GREET = method(param("name", { type: "string" }), param("loud", { type: "bool" }, true));
const STORE = method(param("data", { type: "bytes" }), param("note", { type: "string" }, true));

const read = (
  entry: MethodEntry | undefined,
  words: readonly string[],
  options: Partial<ArgumentSources> = {},
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<CallArguments> =>
  readArguments(
    entry,
    { words, arg: [], contents: [], args: undefined, kwargs: undefined, input: undefined, ...options },
    fakeIo({ files }),
  );

const refuses = (call: Promise<unknown>, message: RegExp): Promise<void> =>
  assert.rejects(call, { name: "Failure", ending: "usage", message });

describe("readArguments by position", () => {
  test("types each word by its parameter", async () => {
    assert.deepEqual(await read(ADD, ["2", "3"]), { positional: [2, 3], named: {} });
    assert.deepEqual(await read(GREET, ["007", "true"]), { positional: ["007", true], named: {} });
  });

  test("names the parameter, its place and what was expected of a word that does not fit", async () => {
    await refuses(
      read(ADD, ["2", "three"]),
      /^argument 'b' \(2nd\): int was expected, but 'three' was given$/,
    );
    await refuses(read(GREET, ["x", "yes"]), /^argument 'loud' \(2nd\): true or false was expected/);
  });

  test("refuses too many and too few", async () => {
    await refuses(read(ADD, ["1", "2", "3"]), /^test\.method takes 2 arguments, and more were given$/);
    await refuses(read(method(), ["1"]), /takes 0 arguments/);
    await refuses(read(ADD, ["1"]), /^argument 'b' \(2nd\): int was expected, but nothing was given$/);
    assert.deepEqual(await read(GREET, ["x"]), { positional: ["x"], named: {} });
  });

  test("says where options and names stand, of a word that looks like one and does not fit", async () => {
    await assert.rejects(read(ADD, ["2", "3", "--json"]), {
      hints: [
        "options stand before METHOD: rpcctl call [OPTIONS] test.method …",
        "rpcctl describe test.method shows the arguments",
        "by name, before METHOD: --arg a=… --arg b=…",
      ],
    });
    for (const [word, option] of [
      ["b=3", "--arg b=VALUE"],
      ["b:=3", `--kwargs '{"b": JSON}'`],
      ["b@=f", "--file b=PATH"],
      ["b:@=f", "--file b=PATH"],
    ])
      await assert.rejects(read(ADD, ["2", word ?? ""]), {
        message: `argument 'b' (2nd): int was expected, but '${word}' was given`,
        hints: [
          `names stand before METHOD: rpcctl call ${option} test.method …`,
          "rpcctl describe test.method shows the arguments",
        ],
      });
  });

  test("looks for no options among the words", async () => {
    assert.deepEqual(await read(GREET, ["--help"]), { positional: ["--help"], named: {} });
    assert.deepEqual(await read(GREET, ["-"]), { positional: ["-"], named: {} });
    assert.deepEqual(await read(GREET, ["--"]), { positional: ["--"], named: {} });
    for (const word of [
      "name=x",
      "loud=true",
      'name:="x"',
      "name@=/etc/hostname",
      "name:@=/etc/hostname",
      "@/etc/hostname",
    ])
      assert.deepEqual(await read(GREET, [word]), { positional: [word], named: {} }, word);
  });
});

describe("readArguments by name", () => {
  const named = (entry: MethodEntry, ...arg: string[]): Promise<CallArguments> => read(entry, [], { arg });

  test("types the value by the shape of the parameter; the name ends at the first =", async () => {
    assert.deepEqual(await named(ADD, "b=3", "a=2"), { positional: [], named: { b: 3, a: 2 } });
    assert.deepEqual(await named(GREET, "name=a=b"), { positional: [], named: { name: "a=b" } });
    assert.deepEqual(await named(GREET, "name="), { positional: [], named: { name: "" } });
    assert.deepEqual(await read(ADD, ["2"], { arg: ["b=3"] }), { positional: [2], named: { b: 3 } });
    await refuses(named(ADD, "a=x", "b=1"), /^argument 'a' \(1st\): int was expected, but 'x' was given$/);
  });

  test("takes no value for a file, for JSON or for another name", async () => {
    for (const value of [
      "@/etc/passwd",
      "@=/etc/passwd",
      ":@=/etc/passwd",
      ':="x"',
      "=loud=true",
      "\nloud=true",
    ])
      assert.deepEqual(
        await named(GREET, `name=${value}`),
        { positional: [], named: { name: value } },
        value,
      );
  });

  test("refuses what has no name, and a name that the method does not know", async () => {
    for (const text of ["x", "=x", "1=x", "__proto__=x", "a:=1", "a@=f", "a b=1"])
      await refuses(named(ADD, text), /^--arg: /);
    await refuses(named(ADD, "c=1"), /^test\.method has no argument 'c'$/);
  });

  test("refuses an argument that is given twice, in whatever way", async () => {
    await refuses(named(ADD, "a=1", "a=2"), /argument 'a' is given twice/);
    await refuses(read(ADD, ["1"], { arg: ["a=2"] }), /argument 'a' is given twice/);
    await refuses(read(ADD, ["1"], { kwargs: '{"a": 1}' }), /argument 'a' is given twice/);
    await refuses(
      read(STORE, [], { arg: ["data=hex:00"], contents: [{ name: "data", value: "none" }] }),
      /given twice/,
    );
  });
});

describe("readArguments from files", () => {
  const files = {
    "f.bin": new Uint8Array([0, 255]),
    "f.txt": "héllo\n",
    "f.json": '["a", "b"]\n',
    n: "7\n",
    "-": "in",
    bom: "\ufeffx",
  };
  const fromFile = (entry: MethodEntry, name: string, value: string): Promise<CallArguments> =>
    read(entry, [], { contents: [{ name, value }] }, files);

  test("takes bytes and texts as they are, and other data as JSON", async () => {
    const tags = method(param("tags", { type: "list", of: { type: "string" } }));
    const count = method(param("n", { type: "int" }));
    for (const [entry, name, path, value] of [
      [STORE, "data", "f.bin", new Uint8Array([0, 255])],
      [GREET, "name", "f.txt", "héllo\n"],
      [GREET, "name", "-", "in"],
      [tags, "tags", "f.json", ["a", "b"]],
      [count, "n", "n", 7],
    ] as const)
      assert.deepEqual(await fromFile(entry, name, path), { positional: [], named: { [name]: value } });
  });

  test("says of a file what is wrong with it", async () => {
    await refuses(fromFile(GREET, "name", "f.bin"), /^f\.bin: a text in UTF-8 was expected/);
    await refuses(fromFile(GREET, "name", "bom"), /^bom: the text begins with a byte order mark/);
    await refuses(
      fromFile(GREET, "loud", "f.txt"),
      /^argument 'loud' \(2nd\): bool was expected, written as JSON/,
    );
    await refuses(fromFile(ADD, "c", "f.txt"), /has no argument 'c'/);
  });
});

describe("readArguments from options", () => {
  test("reads --args, --kwargs and --input by the shapes too", async () => {
    assert.deepEqual(await read(ADD, [], { args: "[2, 3]" }), { positional: [2, 3], named: {} });
    assert.deepEqual(await read(ADD, [], { args: "[2]", arg: ["b=3"] }), {
      positional: [2],
      named: { b: 3 },
    });
    assert.deepEqual(await read(ADD, [], { kwargs: '{"a": 2, "b": 3}' }), {
      positional: [],
      named: { a: 2, b: 3 },
    });
    const files = { "in.json": '{"args": [2], "kwargs": {"b": 3}}' };
    assert.deepEqual(await read(ADD, [], { input: "in.json" }, files), { positional: [2], named: { b: 3 } });
    await refuses(
      read(ADD, [], { args: '["2", 3]' }),
      /^argument 'a' \(1st\): int was expected, but "2" was given$/,
    );
  });

  test("refuses other JSON, other keys, and other arguments beside them", async () => {
    await refuses(read(ADD, [], { args: "{}" }), /--args: a JSON list was expected/);
    await refuses(read(ADD, [], { args: "[1" }), /--args: it is not JSON/);
    await refuses(read(ADD, [], { kwargs: "[]" }), /--kwargs: a JSON object was expected/);
    await refuses(read(ADD, [], { kwargs: '{"c": 1}' }), /has no argument 'c'/);
    await refuses(read(ADD, [], { kwargs: '{"__proto__": 1}' }), /'__proto__' cannot stand as a key/);
    await refuses(read(undefined, [], { kwargs: '{"1": 1}' }), /names no argument/);
    await refuses(read(ADD, ["3"], { args: "[2]" }), /is one more/);
    await refuses(read(ADD, ["3"], { input: "x" }), /--input gives all arguments/);
    await refuses(read(ADD, [], { input: "x", args: "[]" }), /--input gives all arguments/);
    await refuses(read(ADD, [], { input: "x", arg: ["a=1"] }), /--input gives all arguments/);
    await refuses(read(ADD, [], { kwargs: '{"a": 1, "a": 2}' }), /--kwargs: the key 'a' stands twice/);
    await refuses(
      read(ADD, [], { input: "x" }, { x: "\ufeff{}" }),
      /^x: the text begins with a byte order mark/,
    );
    await refuses(read(ADD, [], { input: "x" }, { x: '{"arg": []}' }), /no 'arg'/);
    await refuses(read(ADD, [], { input: "x" }, { x: "[]" }), /--input: a JSON object/);
    await refuses(read(ADD, [], { input: "x" }, { x: new Uint8Array([0xff]) }), /not UTF-8/);
  });
});

describe("readArguments of a method that is not known", () => {
  test("takes every word as any, and none as a name", async () => {
    assert.deepEqual(await read(undefined, ["2", "x", "a=1", "a@=/etc/passwd", '{"b": 1}']), {
      positional: [2, "x", "a=1", "a@=/etc/passwd", { b: 1 }],
      named: {},
    });
    assert.deepEqual(await read(undefined, [], { kwargs: '{"a": "x"}' }), {
      positional: [],
      named: { a: "x" },
    });
  });

  test("still sends no number that would be rounded", async () => {
    await refuses(read(undefined, ["9007199254740993"]), /would be rounded/);
  });
});

describe("readArguments of a parameter that may be anything", () => {
  test("takes JSON as JSON and all else as text, and a file as bytes", async () => {
    const any = method(param("x", { type: "any" }));
    assert.deepEqual(await read(any, ["[1]"]), { positional: [[1]], named: {} });
    assert.deepEqual(await read(any, [], { arg: ["x=hello"] }), { positional: [], named: { x: "hello" } });
    await refuses(read(any, ['{"a": 1, "\\u0061": 2}']), /the key 'a' stands twice/);
    assert.deepEqual(await read(any, [], { contents: [{ name: "x", value: "f" }] }, { f: "1" }), {
      positional: [],
      named: { x: new Uint8Array([0x31]) },
    });
  });
});
