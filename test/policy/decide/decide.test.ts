import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAX_DATA_DEPTH, MAX_DATA_ITEMS } from "../../../policy/base/data.ts";
import { Candidates } from "../../../policy/decide/candidates.ts";
import type { Decision } from "../../../policy/decide/compiled-grant.ts";
import { decide, deniedPaths, nearestMiss } from "../../../policy/decide/decide.ts";
import { bound, candidatesFor } from "../support.ts";

class Thing {
  readonly a = 1;
}

const allowedBy = (decision: Decision): string | undefined =>
  decision.allowed ? decision.grant.id : undefined;

const allows = (rule: string, args: Readonly<Record<string, unknown>>): boolean =>
  decide(candidatesFor({ g: rule }), bound(args)).allowed;

/** Which of the values the constraint of an argument allows. */
const allowed = (constraint: string, values: readonly unknown[]): unknown[] => {
  const grants = candidatesFor({ g: `{a: ${constraint}}` });
  return values.filter((a) => decide(grants, bound({ a })).allowed);
};

const NUMBERS = [-2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2 ** 53 - 1, 2 ** 53, 1e300];
const OTHERS = ["1", "", true, false, null, undefined, [], {}, 1n, Number.NaN, Number.POSITIVE_INFINITY];

describe("a constraint", () => {
  test("int allows whole numbers up to 2^53−1 either way, and nothing else", () => {
    assert.deepEqual(allowed("int", [...NUMBERS, ...OTHERS]), [-2, -1, 0, 1, 2, 2 ** 53 - 1]);
    assert.deepEqual(allowed("int", [-(2 ** 53 - 1), -(2 ** 53)]), [-(2 ** 53 - 1)]);
  });

  test("int with ends allows the ends and what is between", () => {
    assert.deepEqual(allowed("{int: -1..1}", [...NUMBERS, ...OTHERS]), [-1, 0, 1]);
    assert.deepEqual(allowed("{int: 1..}", NUMBERS), [1, 2, 2 ** 53 - 1]);
    assert.deepEqual(allowed("{int: ..0}", NUMBERS), [-2, -1, 0]);
  });

  test("number allows every finite number in its range", () => {
    assert.deepEqual(allowed("number", [...NUMBERS, ...OTHERS]), NUMBERS);
    assert.deepEqual(allowed("{number: 0..0.5}", [...NUMBERS, 0.5000000000000001, -5e-324]), [0, 0.5]);
  });

  test("takes minus zero for zero", () => {
    for (const constraint of ["int", "{int: 0..0}", "{number: 0..}", "{number: ..0}", "{enum: [0]}"]) {
      assert.equal(allowed(constraint, [-0]).length, 1, constraint);
    }
  });

  test("bool and null allow just that", () => {
    assert.deepEqual(allowed("bool", [...NUMBERS, ...OTHERS]), [true, false]);
    assert.deepEqual(allowed("null", [...NUMBERS, ...OTHERS]), [null]);
  });

  test("string counts code points", () => {
    assert.deepEqual(allowed("{string: 1..2}", ["", "a", "ab", "abc", "😀", "😀😀", "😀😀😀", 1]), [
      "a",
      "ab",
      "😀",
      "😀😀",
    ]);
    assert.deepEqual(allowed("{string: 3..}", ["😀😀", "\ud83d\ud83d\ud83d", "\ude00\ud83d\ude00"]), [
      "\ud83d\ud83d\ud83d",
    ]);
    assert.deepEqual(allowed("string", [...OTHERS]), ["1", ""]);
  });

  test("enum compares by value and by type", () => {
    const members = "{enum: [web, 3, '4', null, true]}";
    const values = ["web", "Web", 3, "3", 4, "4", null, "null", true, "true", false, 0, undefined];
    assert.deepEqual(allowed(members, values), ["web", 3, "4", null, true]);
  });

  test("any allows data at any depth and refuses everything else", () => {
    const data = [
      null,
      true,
      0.5,
      "",
      Uint8Array.of(1),
      Buffer.from("x"),
      new Date(0),
      [],
      [[{ a: [null] }]],
      bound({ a: 1 }),
    ];
    assert.deepEqual(allowed("any", data), data);
    const code = [
      () => 0,
      Symbol("s"),
      1n,
      undefined,
      new Map(),
      new Set(),
      /x/,
      Promise.resolve(),
      new Thing(),
    ];
    const wrong = [
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      new Date(Number.NaN),
      new Float64Array(1),
      Object.create({ a: 1 }),
    ];
    class Sub extends Array {}
    const hidden = [[undefined], [() => 0], { a: { b: Symbol("s") } }, Array(1), new Sub()];
    assert.deepEqual(allowed("any", [...code, ...wrong, ...hidden]), []);
  });

  test("any follows values exactly as deep as its limit, and never in a circle", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    assert.equal(allows("any", { a: nested(MAX_DATA_DEPTH) }), true);
    assert.equal(allows("any", { a: nested(MAX_DATA_DEPTH + 1) }), false);
    const circle: unknown[] = [];
    circle.push(circle, circle);
    assert.equal(allows("any", { a: circle }), false);
  });

  test("any looks at exactly as many items as its limit, however they are shared", () => {
    // The list itself is one item.
    assert.equal(allows("any", { a: Array(MAX_DATA_ITEMS - 1).fill(0) }), true);
    assert.equal(allows("any", { a: Array(MAX_DATA_ITEMS).fill(0) }), false);
    let shared: unknown = 1;
    for (let i = 0; i < 60; i++) shared = [shared, shared];
    assert.equal(allows("any", { a: shared }), false);
  });
});

describe("the record of a grant", () => {
  test("is closed: what it does not list refuses", () => {
    assert.equal(allows("{a: int}", { a: 1 }), true);
    assert.equal(allows("{a: int}", { a: 1, b: 2 }), false);
    assert.equal(allows("{a: int, '*': string}", { a: 1, b: "x" }), true);
    assert.equal(allows("{a: int, '*': string}", { a: 1, b: 2 }), false);
  });

  test("wants what is not optional", () => {
    assert.equal(allows("{a: int, b?: int}", { a: 1 }), true);
    assert.equal(allows("{a: int, b?: int}", { b: 1 }), false);
    assert.equal(allows("{a: int, b?: int}", { a: 1, b: "1" }), false);
  });

  test("does not take a key without a value for absent", () => {
    assert.equal(allows("{a: int, b?: int}", { a: 1, b: undefined }), false);
    assert.equal(allows("any", { a: undefined }), false);
    assert.equal(allows("none", { a: undefined }), false);
  });

  test("names a parameter by its position or its name", () => {
    assert.equal(allows("{0: int, 1: string}", { a: 1, b: "x" }), true);
    assert.equal(allows("{0: int, 1: string}", { a: "x", b: 1 }), false);
    assert.equal(allows("{1: int}", { a: 1 }), false);
  });

  test("holds both constraints where position and name meet in one parameter", () => {
    assert.equal(allows("{0: {int: 1..3}, a: {int: 3..5}}", { a: 3 }), true);
    assert.equal(allows("{0: {int: 1..3}, a: {int: 3..5}}", { a: 2 }), false);
    assert.equal(allows("{0: {int: 1..3}, a: {int: 3..5}}", { a: 4 }), false);
  });

  test("can never match with a required position beyond the parameters", () => {
    assert.equal(allows("{0: int, 2: int}", { a: 1, b: 2 }), false);
    assert.equal(allows("{0: int, 2?: int}", { a: 1 }), true);
  });

  test("none allows no argument, any allows any data", () => {
    assert.equal(allows("none", {}), true);
    assert.equal(allows("none", { a: 1 }), false);
    assert.equal(allows("any", {}), true);
    assert.equal(allows("any", { a: 1, b: [2] }), true);
    assert.equal(allows("any", { a: 1, b: () => 2 }), false);
  });

  test("is not moved by arguments with names of JavaScript's", () => {
    for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
      const args = bound(Object.fromEntries([[name, 1]]));
      assert.equal(decide(candidatesFor({ g: "{a?: int}" }), args).allowed, false, name);
      assert.equal(decide(candidatesFor({ g: "none" }), args).allowed, false, name);
    }
  });
});

describe("decide", () => {
  test("names the grant, the same object each time", () => {
    const grants = candidatesFor({ x: "{a: int}", y: "{a: string}" });
    assert.equal(allowedBy(decide(grants, bound({ a: "s" }))), "y");
    assert.equal(decide(grants, bound({ a: 1 })), decide(grants, bound({ a: 2 })));
  });

  test("denies without candidates", () => {
    assert.deepEqual(decide(new Candidates([]), bound({})), { allowed: false, why: "args" });
    assert.deepEqual(decide(undefined, bound({})), { allowed: false, why: "args" });
  });

  test("denies when deciding throws, whatever a later candidate would say, and hands the error over", () => {
    const error = new Error("from inside");
    const trap = {
      get inner(): never {
        throw error;
      },
    };
    const grants = candidatesFor({ first: "{a: any}", second: "any" });
    assert.deepEqual(decide(grants, bound({ a: trap })), { allowed: false, why: "error", error });
  });
});

const miss = (rule: string, args: Readonly<Record<string, unknown>>): string => {
  const { path, want, got } = nearestMiss(candidatesFor({ g: rule }), bound(args)) ?? {};
  return `${path}: ${want}, got ${got}`;
};

describe("nearestMiss", () => {
  test("takes the candidate with the fewest failing conditions", () => {
    const grants = candidatesFor({ far: "{a: string, b: string}", near: "{a: {int: 1..5}, b: string}" });
    assert.deepEqual(nearestMiss(grants, bound({ a: 3, b: 4 })), {
      grant: "near",
      at: { line: 12, column: 28, endLine: 12, endColumn: 29 },
      path: "b",
      want: "string",
      got: "4",
    });
  });

  test("says what was wanted and what came, escaped and short", () => {
    assert.equal(miss("{a: {int: 1..5}}", { a: 6 }), "a: int 1..5, got 6");
    assert.equal(miss("{a: {int: 1..}}", {}), "a: int 1.., got nothing");
    assert.equal(
      miss("{a: {string: ..2}}", { a: "\u001b[2J" }),
      'a: string ..2, got "\\u{1b}[2J"'.replace("..2", "0..2"),
    );
    assert.equal(
      miss("{a: {enum: [web, 3, null]}}", { a: "x".repeat(100) }),
      `a: enum "web", 3, null, got "${"x".repeat(60)}… (40 more)"`,
    );
    assert.equal(miss("none", { b: [1, 2] }), "b: no such argument, got a list of 2");
    assert.equal(miss("{a?: bool}", { b: { c: 1 } }), "b: no such argument, got a map of 1");
    assert.equal(miss("any", { b: () => 0 }), "b: any, got a function");
    assert.equal(miss("{a: null, '*': bool}", { a: null, b: Uint8Array.of(1, 2) }), "b: bool, got 2 bytes");
    assert.equal(miss("{a: number}", { a: new Date(0) }), "a: number, got 1970-01-01T00:00:00.000Z");
    assert.equal(miss("{a: number}", { a: new Map() }), "a: number, got an object that is no data");
  });

  test("says nothing where the call is allowed or there is no candidate", () => {
    assert.equal(nearestMiss(candidatesFor({ g: "any", h: "none" }), bound({ a: 1 })), undefined);
    assert.equal(nearestMiss(new Candidates([]), bound({ a: 1 })), undefined);
  });
});

const denied = (rules: Readonly<Record<string, string>>, args: Readonly<Record<string, unknown>>): string[] =>
  deniedPaths(candidatesFor(rules), bound(args));

describe("deniedPaths", () => {
  test("names the arguments that no candidate accepts, then the missing ones", () => {
    assert.deepEqual(denied({ g: "{a: int, b: int, c: int}" }, { b: "x", a: "x" }), ["b", "a", "c"]);
    assert.deepEqual(denied({ g: "{a: int, b: int}", h: "{a: string, b: int}" }, { a: 1, b: "x" }), ["b"]);
  });

  test("names none where each argument suits some candidate", () => {
    assert.deepEqual(denied({ g: "{a: int, b: int}", h: "{a: string, b: string}" }, { a: 1, b: "x" }), []);
    assert.deepEqual(denied({}, { a: 1 }), []);
  });
});
