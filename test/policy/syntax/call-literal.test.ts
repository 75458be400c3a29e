import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { FORBIDDEN_KEYS, isArgumentName, isMethodName } from "../../../base/names.ts";
import { LiveReference } from "../../../catalogue/live-reference.ts";
import { type CallLiteral, callText, LiteralFlaw, parseCall } from "../../../policy/syntax/call-literal.ts";

/** With the names in a plain object: what it is made of does not matter here. */
const read = (text: string): CallLiteral => {
  const call = parseCall(text);
  return { ...call, named: { ...call.named } };
};

const only = (text: string): unknown => parseCall(`m(${text})`).positional[0];

/** The place is marked with ▸. */
const flawOf = (marked: string): string => {
  const text = marked.replace("▸", "");
  try {
    parseCall(text);
  } catch (error) {
    if (error instanceof LiteralFlaw)
      return `${text.slice(0, error.at)}▸${text.slice(error.at)}: ${error.message}`;
    throw error;
  }
  return "no flaw";
};

describe("parseCall", () => {
  test("reads the method, the positions and the names", () => {
    assert.deepEqual(read("m()"), { method: "m", positional: [], named: {} });
    assert.deepEqual(read("a.b-c.D_1(1, x-1=2, y=3)"), {
      method: "a.b-c.D_1",
      positional: [1],
      named: { "x-1": 2, y: 3 },
    });
    assert.deepEqual(read(" m ( 1 , x = 2 ) "), { method: "m", positional: [1], named: { x: 2 } });
    const words = { true: true, null: null, h: Uint8Array.of() };
    assert.deepEqual(read("m(true=true, null=null, h=h'')").named, words);
    assert.equal(Object.getPrototypeOf(Object.getPrototypeOf(parseCall("m()").named)), null);
  });

  const values: readonly (readonly [text: string, value: unknown])[] = [
    ["0", 0],
    ["-0", 0],
    ["-0.0", 0],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["-9007199254740991", Number.MIN_SAFE_INTEGER],
    ["0.5", 0.5],
    ["-1.5e-3", -0.0015],
    ["1e3", 1000],
    ["1E+3", 1000],
    ["5e-324", 5e-324],
    ["1.7976931348623157e308", Number.MAX_VALUE],
    ["9.007199254740992e15", 2 ** 53],
    ["true", true],
    ["false", false],
    ["null", null],
    ['""', ""],
    ['"a\\"b\\\\c\\/d\\n\\t\\u00e9"', 'a"b\\c/d\n\té'],
    ['"\\ud83d\\ude00"', "😀"],
    ['"😀é"', "😀é"],
    ["h''", Uint8Array.of()],
    ["h'00fF'", Uint8Array.of(0, 255)],
    ["1(0)", new Date(0)],
    ["1( -0.001 )", new Date(-1)],
    ["1(1.001)", new Date(1001)],
    ["1(8640000000000)", new Date(8.64e15)],
    ["[]", []],
    ["[ 1 , [ ] ]", [1, []]],
    ["{}", {}],
    ['{ "" : 1 , "a b" : { } }', { "": 1, "a b": {} }],
    ["<callback>", new LiveReference("callback")],
    ["<stream>", new LiveReference("stream")],
    ["<object>", new LiveReference("object")],
  ];
  for (const [text, value] of values) {
    test(`reads the value ${text}`, () => assert.deepEqual(only(text), value));
  }

  const value = `a value was expected, like 3, "text", h'00ff', [1, 2] or <callback>`;
  const method = "a method was expected";
  const size = "whole numbers go up to 2^53−1 either way, others are finite";
  const json = "between double quotes stands what JSON takes there";
  const flaws: readonly (readonly [marked: string, says: string])[] = [
    ["▸", method],
    ["▸(1)", method],
    ["  ▸.m()", method],
    ["▸m..n()", method],
    ["▸m.*()", method],
    ["▸é()", method],
    [`▸${"a".repeat(129)}()`, method],
    ["m▸", "'(' was expected behind the method"],
    ["m ▸x()", "'(' was expected behind the method"],
    ["m(▸", value],
    ["m(1▸", "',' or ')' was expected"],
    ["m(1 ▸2)", "',' or ')' was expected"],
    ["m(1,▸)", value],
    ["m(▸,1)", value],
    ["m(1)▸)", "nothing was expected behind the ')'"],
    ["m() ▸# x", "nothing was expected behind the ')'"],
    ["m(x=▸)", value],
    ["m(▸x)", value],
    ["m(▸x==1)", value],
    ["m(▸0x=1)", value],
    ["m(1▸=2)", "',' or ')' was expected"],
    ["m(x=1, ▸2)", "a position stands behind a name"],
    ["m(x=1, ▸x=2)", "'x' stands here twice"],
    ["m(▸toString=1)", "'toString' cannot be the name of an argument"],
    [`m(▸${"a".repeat(65)}=1)`, "cannot be the name of an argument"],
    ["m(▸9007199254740992)", size],
    ["m(▸-9007199254740992)", size],
    ["m(▸1e309)", size],
    ["m(▸01)", value],
    ["m(▸+1)", value],
    ["m(▸.5)", value],
    ["m(▸1.)", value],
    ["m(▸1e)", value],
    ["m(▸0x1F)", value],
    ["m(▸1_000)", value],
    ["m(▸1n)", value],
    ["m(▸NaN)", value],
    ["m(▸Infinity)", value],
    ["m(▸-)", value],
    ["m(▸undefined)", value],
    ["m(▸nullx)", value],
    ["m(▸True)", value],
    ['m(▸"x)', value],
    ["m(▸'x')", value],
    ['m(▸"\\x")', json],
    ['m(▸"a\tb")', json],
    ['m(▸"\\ud800")', json],
    ['m("a"▸b")', "',' or ')' was expected"],
    ["m(▸h'0')", value],
    ["m(▸h'0g')", value],
    ["m(▸h'00)", value],
    ["m(▸b64'AA==')", value],
    ["m(▸<file>)", value],
    ["m(▸<Callback>)", value],
    ["m([1▸)", "',' or ']' was expected"],
    ["m([1, ▸])", value],
    ["m({▸a: 1})", "a key between double quotes was expected"],
    ["m({▸1: 1})", "a key between double quotes was expected"],
    ['m({"a"▸})', "':' was expected behind the key"],
    ['m({"a"▸=1})', "':' was expected behind the key"],
    ['m({"a": 1, ▸"a": 2})', 'no call can have the key "a" here'],
    ['m({▸"__proto__": 1})', 'no call can have the key "__proto__" here'],
    ['m({▸"toJSON": 1})', 'no call can have the key "toJSON" here'],
    ['m(▸1("x"))', "1(…) is a time, in seconds since 1970"],
    ["m(1(1▸(0)))", "')' was expected behind the time"],
    ["m(▸1(8640000000000.001))", "1(…) is a time, in seconds since 1970"],
    ["m(1(0▸,1))", "')' was expected behind the time"],
    ["m(2▸(0))", "',' or ')' was expected"],
  ];
  for (const [marked, says] of flaws) {
    test(`says what is wrong and where: ${marked.slice(0, 40)}`, () => {
      const found = flawOf(marked);
      assert.equal(found.slice(0, marked.length), marked);
      assert.ok(found.slice(marked.length).includes(says), found);
    });
  }

  test("takes values as deep as a message can be, and none deeper", () => {
    const lists = (depth: number, inner: string): string =>
      `m(${"[".repeat(depth)}${inner}${"]".repeat(depth)})`;
    const maps = (depth: number): string => `m(a=${'{"a": '.repeat(depth)}1${"}".repeat(depth)})`;
    for (const [good, bad] of [
      [lists(32, ""), lists(33, "")],
      [lists(32, "1, <callback>"), lists(33, "1")],
      [lists(31, "{}"), lists(32, "{}")],
      [maps(32), maps(33)],
    ] as const) {
      assert.equal(flawOf(good), "no flaw");
      assert.match(flawOf(bad), /values nest deeper than 32 levels/);
    }
  });

  test("takes a text that is as long as a file, and refuses one that does not end", () => {
    const length = 8_388_500;
    assert.deepEqual(only(`"${"x".repeat(length)}"`), "x".repeat(length));
    assert.equal(flawOf(`m(▸"${"x".repeat(length)}`).startsWith('m(▸"x'), true);
  });

  test("refuses times in times without going down as deep as the text is long", () => {
    assert.throws(() => parseCall(`m(${"1(".repeat(200_000)}`), LiteralFlaw);
  });
});

/** A key that a map on the wire can have. */
const key = fc.string({ unit: "binary", maxLength: 8 }).filter((text) => !FORBIDDEN_KEYS.has(text));
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => (one === 0 ? 0 : one));
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom('"', "\\", "\u0000\u001f\u007f\u2028", "😀", "\ufeff"),
);

/** 138,000 years from 1970: farther away a double of seconds has no room for thousandths. */
const FAR_MS = 2 ** 42 * 1000;

const data: fc.Arbitrary<unknown> = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.oneof(
      fc.constantFrom<unknown>(null, true, false, 0, 2 ** 53, -(2 ** 53), 1e21, Number.MAX_VALUE, 5e-324),
      fc.maxSafeInteger(),
      number,
      text,
      fc.uint8Array({ maxLength: 20 }),
      fc.date({ noInvalidDate: true, min: new Date(-FAR_MS), max: new Date(FAR_MS) }),
      fc.constantFrom(...(["callback", "stream", "object"] as const)).map((kind) => new LiveReference(kind)),
    ),
    fc.array(tie("data"), { maxLength: 4 }),
    fc.dictionary(key, tie("data"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).data;

const argumentName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,10}$/).filter(isArgumentName);
const methodName = fc
  .stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,5}(\.[A-Za-z0-9][A-Za-z0-9_-]{0,5}){0,3}$/)
  .filter(isMethodName);

const call: fc.Arbitrary<CallLiteral> = fc.record(
  {
    method: methodName,
    positional: fc.array(data, { maxLength: 3 }),
    named: fc.dictionary(argumentName, data, { maxKeys: 3, noNullPrototype: true }),
  },
  { noNullPrototype: true },
);

describe("callText", () => {
  test("writes every call of data and references so that parseCall reads the same", () => {
    fc.assert(
      fc.property(call, (one) => {
        assert.deepEqual(read(callText(one)), one);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  test("writes visible ASCII only", () => {
    fc.assert(
      fc.property(call, (one) => assert.match(callText(one), /^[ -~]*$/)),
      { seed: 4, numRuns: 500 },
    );
  });
});
