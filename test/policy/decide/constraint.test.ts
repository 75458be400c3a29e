import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide, deniedPaths, nearestMiss } from "../../../policy/decide/decide.ts";
import { bound, candidatesFor } from "../support.ts";

/** Which of the values the constraint allows. */
const allowed = (constraint: string, values: readonly unknown[]): unknown[] => {
  const grants = candidatesFor({ g: `{a: ${constraint}}` });
  return values.filter((a) => decide(grants, bound({ a })).allowed);
};

const NOT_THESE = ["a", "", 0, true, null, undefined, 1n, () => 0, Symbol("s"), new Map(), new Set(), /x/];

describe("bytes", () => {
  const sized = (length: number): Uint8Array => new Uint8Array(length);

  test("allows bytes whose number lies in the range, both ends included", () => {
    const values = [sized(0), sized(1), sized(4), sized(5), Buffer.from("ab")];
    assert.deepEqual(allowed("bytes", values), values);
    assert.deepEqual(allowed("{bytes: 1..4}", values), [sized(1), sized(4), Buffer.from("ab")]);
    assert.deepEqual(allowed("{bytes: ..0}", values), [sized(0)]);
  });

  test("allows nothing else that has a length", () => {
    const others = [
      new Uint16Array(2),
      new ArrayBuffer(2),
      new DataView(new ArrayBuffer(2)),
      [1, 2],
      { length: 2 },
    ];
    assert.deepEqual(allowed("bytes", [...NOT_THESE, ...others]), []);
  });
});

describe("time", () => {
  test("allows a moment, and nothing that only looks like one", () => {
    const moment = new Date(0);
    const others = [new Date(Number.NaN), "1970-01-01T00:00:00Z", { getTime: 0 }, [moment]];
    assert.deepEqual(allowed("time", [moment, ...others, ...NOT_THESE]), [moment]);
  });

  test("and any are the only ones that allow a moment", () => {
    const moment = [new Date(0)];
    for (const constraint of [
      "int",
      "number",
      "string",
      "bool",
      "'null'",
      "bytes",
      "{re: '.*'}",
      "{glob: '**'}",
      "{path: /**}",
      "{list: {of: any}}",
      "{map: {'*': any}}",
      "[int, string]",
    ]) {
      assert.deepEqual(allowed(constraint, moment), [], constraint);
    }
    assert.deepEqual(allowed("any", moment), moment);
    assert.deepEqual(allowed("[int, time]", moment), moment);
  });
});

describe("re, glob and path", () => {
  test("allow texts that match, and nothing that is no text", () => {
    const values = ["v1", "v12", "v", 1, ["v1"], { toString: () => "v1" }, Buffer.from("v1"), ...NOT_THESE];
    assert.deepEqual(allowed("{re: 'v[0-9]+'}", values), ["v1", "v12"]);
    assert.deepEqual(allowed("{re: ['v[0-9]', 'v[0-9]{2}']}", values), ["v1", "v12"]);
    assert.deepEqual(allowed("{glob: v?}", values), ["v1"]);
    assert.deepEqual(allowed("{glob: [v, 'v??']}", values), ["v12", "v"]);
    assert.deepEqual(allowed("{path: [/a/*, /b/**]}", ["/a/x", "/a/x/y", "/b/x/y", "/b/../y"]), [
      "/a/x",
      "/b/x/y",
    ]);
  });

  test("take a character from a double-quoted text as YAML writes it", () => {
    assert.deepEqual(allowed('{re: "[a\\n\\t]+"}', ["a\n\ta", "a", "a\r"]), ["a\n\ta", "a"]);
    assert.deepEqual(allowed('{re: "\\\\d\\u00e9"}', ["1é", "dé"]), ["1é"]);
  });
});

describe("list", () => {
  test("allows lists of elements that fit, of a length in the range, both ends included", () => {
    const lists = [[], [1], [1, 2], [1, 2, 3], [1, "2"], ["1"], [[1]]];
    assert.deepEqual(allowed("{list: {of: int}}", lists), [[], [1], [1, 2], [1, 2, 3]]);
    assert.deepEqual(allowed("{list: {of: int, len: 1..2}}", lists), [[1], [1, 2]]);
    assert.deepEqual(allowed("{list: {of: any, len: ..0}}", lists), [[]]);
  });

  test("allows only plain lists, without holes", () => {
    class Sub extends Array {}
    const others = [
      Array(2),
      [undefined],
      new Sub(),
      { length: 0 },
      new Uint8Array(2),
      Object.create(Array.prototype),
    ];
    assert.deepEqual(allowed("{list: {of: any}}", [...others, ...NOT_THESE]), []);
  });

  test("may hold lists, maps and alternatives", () => {
    const nested = "{list: {of: {list: {of: [int, 'null']}}, len: 1..}}";
    assert.deepEqual(allowed(nested, [[], [[]], [[1, null]], [[1], ["x"]], [1]]), [[[]], [[1, null]]]);
  });
});

describe("map", () => {
  test("is closed, and wants what is not optional", () => {
    const constraint = "{map: {team: {enum: [core, edge]}, ticket?: string}}";
    const good = [{ team: "core" }, { team: "edge", ticket: "A-1" }, bound({ team: "core" })];
    const bad = [
      {},
      { team: "x" },
      { ticket: "A-1" },
      { team: "core", ticket: 1 },
      { team: "core", other: 1 },
    ];
    assert.deepEqual(allowed(constraint, [...good, ...bad]), good);
    assert.deepEqual(allowed(constraint, [{ team: "core", ticket: undefined }]), []);
  });

  test("with '*' allows other keys that fit", () => {
    const values = [{}, { a: 1 }, { a: 1, b: "x" }, { b: "x" }, { b: 2 }, { a: "x" }];
    assert.deepEqual(allowed("{map: {a?: int, '*': string}}", values), [
      {},
      { a: 1 },
      { a: 1, b: "x" },
      { b: "x" },
    ]);
    assert.deepEqual(allowed("{map: {'*': any}}", values), values);
  });

  test("may name any key that a call can bring: empty, with spaces, digits, of JavaScript's arrays", () => {
    for (const key of ["", "a b", "0", "length", "name", "a.b", "[0]", "a?b"]) {
      const constraint = `{map: {${JSON.stringify(key)}: int}}`;
      assert.equal(
        allowed(constraint, [{ [key]: 1 }, { [key]: "x" }, {}, { [`${key}x`]: 1 }]).length,
        1,
        key,
      );
    }
  });

  test("takes one '?' at the end for optional, so a key that ends in one or is '*' is among the others", () => {
    assert.deepEqual(allowed("{map: {a??: int}}", [{ "a?": 1 }, {}, { "a??": 1 }, { a: 1 }]), [
      { "a?": 1 },
      {},
    ]);
    assert.deepEqual(allowed("{map: {a?: int}}", [{ a: 1 }, {}, { "a?": 1 }]), [{ a: 1 }, {}]);
    assert.deepEqual(
      allowed("{map: {a: int, '*': bool}}", [{ a: 1, "*": true }, { a: 1, "*": 1 }, { "*": true }]),
      [{ a: 1, "*": true }],
    );
  });

  test("looks at a map's own keys only, and at nothing but plain maps", () => {
    class Thing {
      readonly a = 1;
    }
    const others = [new Thing(), Object.create({ a: 1 }), [1], Object.assign([], { a: 1 }), new Date(0)];
    assert.deepEqual(allowed("{map: {a: int}}", [...others, ...NOT_THESE]), []);
    for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
      const value = bound(Object.fromEntries([[name, 1]]));
      assert.deepEqual(allowed("{map: {a?: int}}", [value]), [], name);
      assert.deepEqual(allowed("{map: {'*': int}}", [value]), [value], name);
    }
  });
});

describe("alternatives", () => {
  test("allow what one of them does", () => {
    const values = [0, 0.5, 1, null, "x", "", true, [], [1], ["x"]];
    assert.deepEqual(allowed("[{number: 0..0.5}, null]", values), [0, 0.5, null]);
    assert.deepEqual(allowed("[int]", values), [0, 1]);
    assert.deepEqual(allowed("[{string: 1..}, {list: {of: int}}]", values), ["x", [], [1]]);
  });
});

const miss = (rule: string, args: Readonly<Record<string, unknown>>): string => {
  const { path, want, got } = nearestMiss(candidatesFor({ g: rule }), bound(args)) ?? {};
  return `${path}: ${want}, got ${got}`;
};

describe("nearestMiss of a value with parts", () => {
  test("names the first part that does not fit", () => {
    assert.equal(miss("{a: {list: {of: {int: 0..3}}}}", { a: [1, 2, 3, 4, 5] }), "a[3]: int 0..3, got 4");
    assert.equal(miss("{a: {map: {team: string}}}", { a: { team: 1 } }), "a.team: string, got 1");
    assert.equal(miss("{a: {map: {team: string}}}", { a: {} }), "a.team: string, got nothing");
    assert.equal(miss("{a: {map: {team: string}}}", { a: { team: "", x: 1 } }), "a.x: no such key, got 1");
    assert.equal(
      miss("{a: {map: {'*': {list: {of: bool}}}}}", { a: { x: [true, 0] } }),
      "a.x[1]: bool, got 0",
    );
    assert.equal(miss("{'*': {list: {of: int}}}", { a: ["x"] }), 'a[0]: int, got "x"');
  });

  test("names the whole where the whole does not fit", () => {
    assert.equal(
      miss("{a: {list: {of: int, len: 0..2}}}", { a: [1, 2, 3] }),
      "a: list of int, 0..2 long, got a list of 3",
    );
    assert.equal(miss("{a: {map: {x: int}}}", { a: [] }), "a: map {x: int}, got a list of 0");
    assert.equal(
      miss("{a: [int, {list: {of: int}}, {list: {of: bool}}]}", { a: ["x"] }).split(",")[0],
      "a: int or list of int or list of bool",
    );
  });

  test("goes into the one alternative that fits the outside of the value", () => {
    assert.equal(miss("{a: ['null', {list: {of: int}}]}", { a: [1, "x"] }), 'a[1]: int, got "x"');
    assert.equal(miss("{a: ['null', {list: {of: int}}]}", { a: "x" }), 'a: null or list of int, got "x"');
  });

  test("says every constraint in the words of the policy", () => {
    const words: readonly (readonly [constraint: string, words: string])[] = [
      ["time", "time"],
      ["bytes", "bytes"],
      ["{bytes: 1..4}", "bytes 1..4"],
      ["{re: 'v[0-9]+'}", "re v[0-9]+"],
      ["{glob: [a*, b*]}", "glob a* or b*"],
      ["{path: /var/log/**}", "path /var/log/**"],
      [`{re: '${"a".repeat(100)}'}`, `re ${"a".repeat(80)}… (20 more)`],
      ['{re: "a\\tb"}', "re a\\tb"],
      ["{list: {of: {int: 0..3}, len: 0..8}}", "list of int 0..3, 0..8 long"],
      ["{list: {of: [int, 'null'], len: 1..}}", "list of (int or null), 1.. long"],
      ["{map: {a: int, b?: bool, '*': any}}", "map {a: int, b?: bool, *: any}"],
      [
        `{glob: [${Array.from({ length: 10 }, (_, i) => `a${i}`).join(", ")}]}`,
        "glob a0 or a1 or a2 or a3 or a4 or a5 or a6 or a7 or … (2 more)",
      ],
    ];
    for (const [constraint, expected] of words) {
      assert.equal(miss(`{a: ${constraint}}`, { a: () => 0 }), `a: ${expected}, got a function`);
    }
    const long = `{map: {${Array.from({ length: 8 }, (_, i) => `k${i}: {re: '${"x".repeat(80)}'}`).join(", ")}}}`;
    assert.equal(miss(`{a: ${long}}`, { a: 1 }).length, "a: ".length + 401 + ", got 1".length);
  });
});

const denied = (rules: Readonly<Record<string, string>>, args: Readonly<Record<string, unknown>>): string[] =>
  deniedPaths(candidatesFor(rules), bound(args));

describe("deniedPaths of a value with parts", () => {
  test("leads to the part that every candidate refuses", () => {
    const list = "{a: {list: {of: int}}}";
    assert.deepEqual(denied({ g: list }, { a: [1, "x", "y"] }), ["a[1]"]);
    assert.deepEqual(denied({ g: list, h: "{a: {list: {of: {int: 0..}}}}" }, { a: [1, "x"] }), ["a[1]"]);
    assert.deepEqual(denied({ g: "{a: {map: {b: {map: {c: int}}}}}" }, { a: { b: { c: "x" } } }), ["a.b.c"]);
  });

  test("stays at the argument where the candidates refuse different parts of it", () => {
    const rules = { g: "{a: {list: {of: int}}}", h: "{a: {list: {of: string}}}", i: "{b?: int}" };
    assert.deepEqual(denied(rules, { a: ["x", 1] }), ["a"]);
    assert.deepEqual(
      denied({ g: "{a: {map: {x: int}}}", h: "{a: {map: {y: int}}}" }, { a: { x: "", y: "" } }),
      ["a"],
    );
  });

  test("names no key that only the policy knows", () => {
    assert.deepEqual(denied({ g: "{a: {map: {secret: int}}}" }, { a: {} }), ["a"]);
    assert.deepEqual(denied({ g: "{a: {map: {b: {map: {secret: int}}}}}" }, { a: { b: {} } }), ["a.b"]);
    assert.deepEqual(denied({ g: "{a: {map: {secret: int}}}" }, { a: { secret: "x" } }), ["a.secret"]);
  });

  test("quotes, escapes and shortens the keys that a peer made up", () => {
    const path = (key: string): string | undefined =>
      denied({ g: "{a: {map: {x?: int}}}" }, { a: { [key]: 1 } })[0];
    assert.equal(path("b-c_1"), "a.b-c_1");
    assert.equal(path("a b"), 'a["a b"]');
    assert.equal(path("a.b"), 'a["a.b"]');
    assert.equal(path("0"), 'a["0"]');
    assert.equal(path(""), 'a[""]');
    assert.equal(path('"]'), 'a["\\"]"]');
    assert.equal(path("\u001b[2J\u202e"), 'a["\\u{1b}[2J\\u{202e}"]');
    assert.equal(path("k".repeat(64)), `a.${"k".repeat(64)}`);
    assert.equal(path("k".repeat(65)), `a["${"k".repeat(40)}… (25 more)"]`);
    assert.equal(path(`${"k".repeat(39)}😀${"k".repeat(40)}`)?.isWellFormed(), true);
  });
});
