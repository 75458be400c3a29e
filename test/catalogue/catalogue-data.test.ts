import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MethodEntry } from "../../catalogue/catalogue.ts";
import { shapeWords } from "../../catalogue/catalogue.ts";
import { methodData, readCataloguePage, sortedMethods } from "../../catalogue/data.ts";

const METHOD: MethodEntry = {
  name: "files.find",
  doc: "Finds files.",
  params: [
    { name: "where", optional: false, shape: { type: "string", minLength: 1, maxLength: 64 } },
    {
      name: "kinds",
      optional: true,
      default: ["a"],
      shape: { type: "list", of: { type: "enum", values: ["a", 1, null] }, maxItems: 3 },
    },
    {
      name: "more",
      optional: true,
      shape: {
        type: "map",
        fields: [{ name: "x", optional: true, shape: { type: "int", min: 0 } }],
        others: { type: "any" },
      },
    },
  ],
  returns: {
    type: "one_of",
    shapes: [{ type: "bytes" }, { type: "time" }, { type: "bool" }, { type: "null" }],
  },
  effect: "read",
  idempotent: true,
  reserved: false,
  errors: new Map([["gone", { type: "number", max: 5 }]]),
};

const page = (method: object): unknown => ({ methods: [{ ...methodData(METHOD), ...method }], next: null });

describe("the catalogue as data", () => {
  test("comes back as it was", () => {
    assert.deepEqual(readCataloguePage(page({})), { methods: [METHOD], next: undefined });
    assert.equal(readCataloguePage({ methods: [], next: "a" }).next, "a");
  });

  test("takes a doc of 4096 characters and no more", () => {
    assert.equal(readCataloguePage(page({ doc: "x".repeat(4096) })).methods.length, 1);
    assert.throws(() => readCataloguePage(page({ doc: "x".repeat(4097) })), { code: "protocol_error" });
  });

  test("is sorted by name", () => {
    const methods = ["b", "a.z", "a"].map((name): [string, MethodEntry] => [name, { ...METHOD, name }]);
    assert.deepEqual(
      sortedMethods(new Map(methods)).map(({ name }) => name),
      ["a", "a.z", "b"],
    );
  });

  test("refuses each field that a hostile daemon could bend", () => {
    const deep = Array.from({ length: 20 }).reduce<object>((of) => ({ type: "list", of }), { type: "int" });
    const bad: readonly object[] = [
      { name: "no name" },
      { name: 7 },
      { doc: "x".repeat(5000) },
      { doc: 1 },
      { effect: "harmless" },
      { params: {} },
      { params: [{ name: "then", optional: false, shape: { type: "int" } }] },
      { params: [{ name: "a", optional: 1, shape: { type: "int" } }] },
      { params: [{ name: "a", optional: false, shape: { type: "regexp" } }] },
      { returns: deep },
      { returns: 3 },
      { returns: { type: "enum", values: [{}] } },
      { idempotent: "yes" },
      { reserved: undefined },
      { errors: [] },
    ];
    for (const change of bad) {
      assert.throws(
        () => readCataloguePage(page(change)),
        { code: "protocol_error" },
        JSON.stringify(change),
      );
    }
    for (const found of [null, [], {}, { methods: [] }, { methods: {}, next: null }]) {
      assert.throws(() => readCataloguePage(found), { code: "protocol_error" });
    }
  });

  test("has words for people", () => {
    const words = METHOD.params.map(({ shape }) => shapeWords(shape));
    assert.deepEqual(words, ["string 1..64", 'list of "a" | 1 | null ..3', "{x?: int 0.., *: any}"]);
    assert.equal(shapeWords(METHOD.returns), "bytes | time | bool | null");
  });
});
