import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Shape } from "../../../catalogue/catalogue.ts";
import { loadPolicy } from "../../../policy/load/load.ts";
import { bytes, catalogueOf, method, NOW_MS } from "../support.ts";

/** What is said of a grant for a method whose parameter `a` has that shape. */
function found(shape: Shape, args: string): readonly string[] {
  const catalogue = catalogueOf(method("m", [{ name: "a", shape, optional: false }]));
  const text = `policy: 1\ngrants:\n  g: {to: everyone, call: m, args: ${args}}\n`;
  const { problems } = loadPolicy(bytes(text), catalogue, NOW_MS);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === "error"),
    [],
    text,
  );
  return problems.filter(({ code }) => code === "P405").map((problem) => problem.text);
}

const LIST: Shape = { type: "list", of: { type: "string" } };
const BOUNDED: Shape = { ...LIST, maxItems: 8 };
const mapOf = (shape: Shape): Shape => ({ type: "map", fields: [{ name: "k", shape, optional: false }] });
const any = ["'g' does not bound the size of 'a' of m, which is any data"];
const list = ["'g' does not bound the size of 'a' of m, which is a list of any length"];

describe("a parameter without a bound", () => {
  test("is reported where the grant has none either", () => {
    assert.deepEqual(found({ type: "any" }, "any"), any);
    assert.deepEqual(found({ type: "any" }, "{a: any}"), any);
    assert.deepEqual(found({ type: "any" }, "{0: any}"), any);
    assert.deepEqual(found({ type: "any" }, "{'*': any}"), any);
    assert.deepEqual(found(LIST, "any"), list);
    assert.deepEqual(found(LIST, "{a: {list: {of: string}}}"), list);
    assert.deepEqual(found(LIST, "{a: [{list: {of: string}}, null]}"), list);
  });

  test("is not reported where one of the two has a bound", () => {
    assert.deepEqual(found({ type: "any" }, "{a: string}"), []);
    assert.deepEqual(found(LIST, "{a: {list: {of: string, len: 0..8}}}"), []);
    assert.deepEqual(found(BOUNDED, "any"), []);
    assert.deepEqual(found(BOUNDED, "{a: {list: {of: string}}}"), []);
    assert.deepEqual(found({ type: "string" }, "any"), []);
    const nullable: Shape = { type: "one_of", shapes: [{ type: "null" }, BOUNDED] };
    assert.deepEqual(found(nullable, "{a: {list: {of: string}}}"), []);
  });

  test("is found within lists, maps and alternatives", () => {
    assert.deepEqual(found({ ...BOUNDED, of: LIST }, "any"), list);
    assert.deepEqual(found(mapOf(LIST), "any"), list);
    assert.deepEqual(found({ type: "map", fields: [], others: { type: "any" } }, "any"), any);
    assert.deepEqual(found({ type: "one_of", shapes: [{ type: "null" }, LIST] }, "any"), list);
    assert.deepEqual(found(mapOf(LIST), "{a: {map: {k: {list: {of: string, len: 0..8}}}}}"), []);
    assert.deepEqual(found(mapOf(LIST), "{a: {map: {k: any}}}"), list);
    assert.deepEqual(found({ type: "any" }, "{a: {list: {of: any, len: 0..8}}}"), any);
  });

  test("is reported once for a grant, with how many there are", () => {
    const parameters = ["a", "b", "c"].map((name) => ({ name, shape: LIST, optional: false }));
    const { problems } = loadPolicy(
      bytes("policy: 1\ngrants:\n  g: {to: everyone, call: m, args: any}\n"),
      catalogueOf(method("m", parameters)),
      NOW_MS,
    );
    assert.deepEqual(
      problems.map(({ code, severity, text }) => [code, severity, text]),
      [
        [
          "P405",
          "note",
          "'g' does not bound the size of 'a' of m, which is a list of any length (and of 2 more parameters)",
        ],
      ],
    );
  });
});
