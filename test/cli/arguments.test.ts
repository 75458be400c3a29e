import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MethodEntry, Parameter, Shape } from "../../base/catalogue.ts";
import { type ArgumentSources, type CallArguments, readArguments } from "../../cli/arguments.ts";
import { fakeIo } from "./fake-io.ts";

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
    { words, args: undefined, kwargs: undefined, input: undefined, ...options },
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

  test("says where options stand of a word that looks like one and does not fit", async () => {
    await assert.rejects(read(ADD, ["2", "3", "--json"]), {
      hints: [
        "options of rpcctl stand before METHOD",
        "rpcctl describe test.method shows the arguments",
        "by name: a=… b=…",
      ],
    });
  });

  test("looks for no options among the words", async () => {
    assert.deepEqual(await read(GREET, ["--help"]), { positional: ["--help"], named: {} });
    assert.deepEqual(await read(GREET, ["-"]), { positional: ["-"], named: {} });
    assert.deepEqual(await read(GREET, ["--"]), { positional: ["--"], named: {} });
  });
});

describe("readArguments by name", () => {
  test("types k=v by the shape of k", async () => {
    assert.deepEqual(await read(ADD, ["b=3", "a=2"]), { positional: [], named: { b: 3, a: 2 } });
    assert.deepEqual(await read(GREET, ["name=a=b"]), { positional: [], named: { name: "a=b" } });
    assert.deepEqual(await read(GREET, ["name="]), { positional: [], named: { name: "" } });
    await refuses(read(ADD, ["a=x", "b=1"]), /^argument 'a' \(1st\): int was expected, but 'x' was given$/);
  });

  test("takes k=v for a text where the method has no k", async () => {
    assert.deepEqual(await read(GREET, ["title=Dr"]), { positional: ["title=Dr"], named: {} });
    assert.deepEqual(await read(GREET, ["Name=x"]), { positional: ["Name=x"], named: {} });
    assert.deepEqual(await read(GREET, ["=x"]), { positional: ["=x"], named: {} });
    await refuses(read(ADD, ["c=1", "2"]), /^argument 'a' \(1st\): int was expected, but 'c=1' was given$/);
  });

  test("takes k:=JSON exactly", async () => {
    assert.deepEqual(await read(GREET, ['name:="007"']), { positional: [], named: { name: "007" } });
    await refuses(read(GREET, ["name:=7"]), /string was expected, but 7 was given/);
    await refuses(read(GREET, ["name:=x"]), /it is not JSON/);
    await refuses(read(ADD, ["a:=9007199254740993", "b:=1"]), /would be rounded/);
  });

  test("reads bytes and texts from a file with k@=", async () => {
    const files = { "f.bin": new Uint8Array([0, 255]), "f.txt": "héllo\n", "-": "in" };
    assert.deepEqual(await read(STORE, ["data@=f.bin"], {}, files), {
      positional: [],
      named: { data: new Uint8Array([0, 255]) },
    });
    assert.deepEqual(await read(GREET, ["name@=f.txt"], {}, files), {
      positional: [],
      named: { name: "héllo\n" },
    });
    assert.deepEqual(await read(GREET, ["name@=-"], {}, files), { positional: [], named: { name: "in" } });
    await refuses(read(GREET, ["name@=f.bin"], {}, files), /not UTF-8/);
    await refuses(read(ADD, ["a@=f.txt", "b=1"], {}, files), /a file gives bytes or a text/);
  });

  test("reads JSON from a file with k:@=", async () => {
    const files = { "f.json": '["a", "b"]' };
    const tags = method(param("tags", { type: "list", of: { type: "string" } }));
    assert.deepEqual(await read(tags, ["tags:@=f.json"], {}, files), {
      positional: [],
      named: { tags: ["a", "b"] },
    });
    await refuses(read(ADD, ["a:@=f.json", "b=1"], {}, files), /int was expected/);
  });

  test("reads no file for a value, whatever it looks like", async () => {
    for (const word of [
      "@/etc/passwd",
      "name=@/etc/passwd",
      "x@=/etc/passwd",
      "x:@=/etc/passwd",
      "@=/etc/passwd",
    ]) {
      const { positional, named } = await read(GREET, [word]);
      assert.deepEqual([...positional, ...Object.values(named)], [word.replace(/^name=/, "")]);
    }
  });

  test("refuses an argument that is given twice, by position and by name", async () => {
    await refuses(read(ADD, ["a=1", "a=2"]), /argument 'a' is given twice/);
    await refuses(read(ADD, ["1", "a=2"]), /argument 'a' is given twice/);
    await refuses(read(ADD, ["a=2", "1"]), /argument 'a' is given twice/);
    await refuses(read(ADD, ["1"], { kwargs: '{"a": 1}' }), /argument 'a' is given twice/);
  });
});

describe("readArguments from options", () => {
  test("reads --args, --kwargs and --input by the shapes too", async () => {
    assert.deepEqual(await read(ADD, [], { args: "[2, 3]" }), { positional: [2, 3], named: {} });
    assert.deepEqual(await read(ADD, ["b=3"], { args: "[2]" }), { positional: [2], named: { b: 3 } });
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
    assert.deepEqual(await read(any, ["x=hello"]), { positional: [], named: { x: "hello" } });
    assert.deepEqual(await read(any, ["x@=f"], {}, { f: "1" }), {
      positional: [],
      named: { x: new Uint8Array([0x31]) },
    });
  });
});
