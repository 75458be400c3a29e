import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Shape } from "../../catalogue/catalogue.ts";
import {
  isLargerThan,
  SHAPE_PROBLEMS_MAX,
  SHAPE_STEPS_MAX,
  ShapeCheck,
} from "../../catalogue/shape-check.ts";

const verdict = (shape: Shape, value: unknown): string => new ShapeCheck(shape).verdict(value);
const messages = (shape: Shape, value: unknown): readonly (readonly [string, string])[] =>
  new ShapeCheck(shape).problems(value).map(({ path, message }) => [path.join("/"), message] as const);

const STRINGS: Shape = { type: "list", of: { type: "string" } };
const NESTED: Shape = {
  type: "map",
  fields: [
    { name: "id", shape: { type: "int", min: 1, max: 5 }, optional: false },
    { name: "tags", shape: STRINGS, optional: true },
    { name: "free", shape: { type: "any" }, optional: false },
  ],
};

describe("the check of a shape", () => {
  test("tells the types of data apart", () => {
    const samples: Readonly<Record<string, unknown>> = {
      bool: true,
      null: null,
      bytes: Uint8Array.of(1),
      time: new Date(0),
      number: 1.5,
      string: "x",
    };
    for (const type of ["bool", "null", "bytes", "time", "number", "string"] as const)
      for (const [name, value] of Object.entries(samples))
        assert.equal(verdict({ type }, value), name === type ? "fits" : "misfit", `${type} ${name}`);
    for (const value of [[], new Date(0), Uint8Array.of(), null, "x"])
      assert.equal(verdict({ type: "map", fields: [] }, value), "misfit");
    assert.equal(verdict({ type: "list", of: { type: "any" } }, {}), "misfit");
  });

  test("keeps bounds, at each and one past it", () => {
    const int: Shape = { type: "int", min: 1, max: 3 };
    assert.deepEqual(
      [0, 1, 3, 4, 2.5].map((value) => verdict(int, value)),
      ["misfit", "fits", "fits", "misfit", "misfit"],
    );
    const list: Shape = { type: "list", of: { type: "any" }, minItems: 1, maxItems: 2 };
    assert.deepEqual(
      [[], [1], [1, 2], [1, 2, 3]].map((value) => verdict(list, value)),
      ["misfit", "fits", "fits", "misfit"],
    );
    const one: Shape = { type: "enum", values: ["a", 1, null] };
    assert.deepEqual(
      ["a", 1, null, "1", "b"].map((value) => verdict(one, value)),
      ["fits", "fits", "fits", "misfit", "misfit"],
    );
  });

  test("counts a text in code points for the most, and in UTF-16 units for the least", () => {
    const shape: Shape = { type: "string", minLength: 2, maxLength: 3 };
    assert.deepEqual(
      ["a", "ab", "abc", "abcd", "😀", "😀😀😀", "😀😀😀😀", "a😀😀", "a😀😀b", "x".repeat(100)].map(
        (value) => verdict(shape, value),
      ),
      ["misfit", "fits", "fits", "misfit", "fits", "fits", "misfit", "fits", "misfit", "misfit"],
    );
  });

  test("takes whole numbers that are not safe: some libraries do", () => {
    assert.equal(verdict({ type: "int" }, 2 ** 60), "fits");
  });

  test("asks for the keys that a map must have, but not for one of any value", () => {
    assert.equal(verdict(NESTED, { id: 1 }), "fits");
    assert.deepEqual(messages(NESTED, { tags: ["a", 2], more: 1, id: 9 }), [
      ["tags/1", "string was expected, the number 2 was found"],
      ["more", "is a key that the map may not have"],
      ["id", "int 1..5 was expected, the number 9 was found"],
    ]);
    assert.deepEqual(messages(NESTED, {}), [["id", "is missing; int 1..5 was expected"]]);
    const open: Shape = { ...NESTED, others: { type: "any" } };
    assert.deepEqual(
      [verdict(open, { id: 1, more: 1 }), verdict(open, { id: 9, more: 1 })],
      ["fits", "misfit"],
    );
    assert.deepEqual(messages(open, { id: 9, more: 1 }), [
      ["id", "int 1..5 was expected, the number 9 was found"],
    ]);
  });

  test("does not find inherited names in a map", () => {
    const shape: Shape = {
      type: "map",
      fields: [{ name: "toString", shape: { type: "string" }, optional: false }],
    };
    assert.equal(verdict(shape, {}), "misfit");
    assert.equal(verdict(shape, { toString: "x" }), "fits");
    assert.equal(verdict({ type: "map", fields: [] }, { constructor: 1 }), "misfit");
  });

  test("takes what one of several shapes takes, and reports what fits none of them once", () => {
    const shape: Shape = { type: "one_of", shapes: [STRINGS, { type: "null" }] };
    assert.deepEqual(
      [verdict(shape, ["a"]), verdict(shape, null), verdict(shape, [1])],
      ["fits", "fits", "misfit"],
    );
    assert.deepEqual(messages(shape, [1, 2, 3]), [
      ["", "list of string | null was expected, a list of 3 was found"],
    ]);
    assert.equal(new ShapeCheck({ type: "one_of", shapes: [{ type: "null" }, { type: "any" }] }).isAny, true);
  });

  test("reports sixteen problems, and not the one past them", () => {
    const wrong = (count: number): number =>
      messages(STRINGS, [...Array.from({ length: count }, () => 1), "x"]).length;
    assert.deepEqual(
      [SHAPE_PROBLEMS_MAX - 1, SHAPE_PROBLEMS_MAX, SHAPE_PROBLEMS_MAX + 1, 9_900].map(wrong),
      [15, 16, 16, 16],
    );
  });

  test("is undecided one step past its steps, and not at them", () => {
    // The list is a step, and so is each element.
    const value = Array.from({ length: 9 }, () => "x");
    assert.equal(new ShapeCheck(STRINGS, 10).verdict(value), "fits");
    assert.equal(new ShapeCheck(STRINGS, 9).verdict(value), "undecided");
    // A long text takes more than one.
    assert.equal(new ShapeCheck({ type: "string" }, 3).verdict("x".repeat(191)), "fits");
    assert.equal(new ShapeCheck({ type: "string" }, 3).verdict("x".repeat(192)), "undecided");
  });

  test("finds a problem within the steps in which it refused the value", () => {
    const shape: Shape = {
      type: "list",
      of: { type: "one_of", shapes: [{ type: "null" }, { type: "bool" }] },
    };
    const check = new ShapeCheck(shape, 7);
    assert.equal(check.verdict([true, "x", "x", "x"]), "misfit");
    assert.deepEqual(check.problems([true, "x", "x", "x"])[0]?.path, [1]);
  });

  test("ends with alternatives within alternatives, whose work multiplies", () => {
    let shape: Shape = { type: "bool" };
    for (let depth = 0; depth < 6; depth++) {
      const list: Shape = { type: "list", of: shape };
      shape = { type: "one_of", shapes: [list, list, list, list, list, list, list, list] };
    }
    let value: unknown = "x";
    for (let depth = 0; depth < 6; depth++) value = [value];
    assert.equal(verdict(shape, value), "undecided");
    assert.equal(SHAPE_STEPS_MAX < 8 ** 6, true);
  });

  test("names a shape of many words, and a value of many bytes, in few", () => {
    const shape: Shape = { type: "enum", values: Array.from({ length: 1_000 }, (_, i) => `value ${i}`) };
    const [[, message] = ["", ""]] = messages(shape, "x".repeat(100_000));
    assert.equal(message.length < 200, true, message);
  });
});

describe("the size of a value", () => {
  test("is counted in values and keys, at the bound and one past it", () => {
    assert.deepEqual([isLargerThan(3, [1, 2]), isLargerThan(3, [1, 2, 3])], [false, true]);
    assert.deepEqual([isLargerThan(3, { a: 1 }), isLargerThan(3, { a: 1, b: 2 })], [false, true]);
    assert.equal(isLargerThan(1, "x".repeat(1_000)), false);
  });
});
