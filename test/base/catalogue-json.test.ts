import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { MethodEntry } from "../../base/catalogue.ts";
import { catalogueJson, readCatalogueJson } from "../../base/catalogue-json.ts";

const METHOD: MethodEntry = {
  name: "a.b",
  doc: "",
  params: [],
  returns: { type: "any" },
  effect: "read",
  idempotent: true,
  reserved: false,
  errors: new Map([["full", { type: "int", min: 0 }]]),
};

const withDefault = (value: unknown): MethodEntry => ({
  ...METHOD,
  params: [{ name: "p", shape: { type: "any" }, optional: true, default: value }],
});

const read = (...methods: readonly MethodEntry[]): ReadonlyMap<string, MethodEntry> =>
  readCatalogueJson(catalogueJson(new Map(methods.map((one) => [one.name, one]))));

describe("a catalogue as a file", () => {
  test("is read as it was written, live results and errors too", () => {
    const live: readonly MethodEntry[] = [
      { ...METHOD, name: "c", returns: { type: "object", methods: ["next", "close"], interface: "cursor" } },
      { ...METHOD, name: "cursor.next", on: "cursor", returns: { type: "stream", of: { type: "bytes" } } },
      {
        ...METHOD,
        name: "watch",
        params: [
          {
            name: "tell",
            shape: { type: "callback", args: [{ type: "int", min: 0 }], returns: { type: "null" } },
            optional: true,
          },
          { name: "sink", shape: { type: "object", methods: ["write"] }, optional: false },
        ],
      },
    ];
    assert.deepEqual([...read(METHOD, ...live).values()], [METHOD, ...live]);
    assert.equal(read().size, 0);
  });

  test("keeps every default that data can be", () => {
    const leaf = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 8 }).map((bytes) => Uint8Array.from(bytes)),
      fc.date({ noInvalidDate: true }),
    );
    const key = fc.oneof(fc.string(), fc.constantFrom("$bytes", "$time", "$map", "$", "toString"));
    const { data } = fc.letrec((tie) => ({
      data: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie("data"), { maxLength: 3 }),
        fc.dictionary(key, tie("data"), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(data, (value) => {
        assert.deepEqual(read(withDefault(value)).get("a.b")?.params[0]?.default, value);
      }),
      { seed: 8259, numRuns: 1_000 },
    );
  });

  test("is refused where it is not one, with what is wrong", () => {
    const good = JSON.parse(catalogueJson(new Map([["a.b", METHOD]])));
    const [method] = good.methods;
    const deep = (levels: number): string => {
      const value = JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
      return JSON.stringify({
        methods: [
          { ...method, params: [{ name: "p", shape: { type: "any" }, optional: true, default: value }] },
        ],
        next: null,
      });
    };
    assert.equal(readCatalogueJson(deep(32)).size, 1);
    for (const [json, said] of [
      ["", /not JSON/],
      ["[]", /a map was expected/],
      [deep(33), /more than 32 levels/],
      ["{}", /methods: a list/],
      [JSON.stringify({ methods: [method, method], next: null }), /a\.b is there twice/],
      [JSON.stringify({ methods: [], next: "a" }), /next: null was expected/],
      [JSON.stringify({ methods: [{ ...method, name: "a..b" }], next: null }), /name: a method's name/],
      [
        JSON.stringify({
          methods: [
            {
              ...method,
              params: [{ name: "p", shape: { type: "any" }, optional: true, default: { $bytes: 1 } }],
            },
          ],
          next: null,
        }),
        /default of p: '\$bytes' is no tag/,
      ],
      [
        JSON.stringify({
          methods: [
            {
              ...method,
              params: [{ name: "p", shape: { type: "any" }, optional: true, default: { $time: "x" } }],
            },
          ],
          next: null,
        }),
        /'\$time'/,
      ],
    ] as const)
      assert.throws(() => readCatalogueJson(json), { code: "protocol_error", message: said });
  });
});
