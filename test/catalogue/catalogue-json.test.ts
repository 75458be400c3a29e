import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { MethodEntry } from "../../catalogue/catalogue.ts";
import { catalogueJson, readCatalogueJson } from "../../catalogue/json.ts";

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

  test("bytes and times are read in one form only", () => {
    const defaultOf = (value: unknown): unknown => {
      const text = catalogueJson(new Map([["a.b", withDefault("here")]])).replace(
        '"here"',
        JSON.stringify(value),
      );
      return readCatalogueJson(text).get("a.b")?.params[0]?.default;
    };
    for (const [value, expected] of [
      [{ $bytes: "" }, new Uint8Array()],
      [{ $bytes: "+/8=" }, Uint8Array.of(0xfb, 0xff)],
      [{ $time: "2026-01-01T00:00:00Z" }, new Date(Date.UTC(2026, 0, 1))],
      [{ $time: "2026-01-01T01:30:00.250+01:30" }, new Date(Date.UTC(2026, 0, 1, 0, 0, 0, 250))],
      [{ $time: "+010000-01-01T00:00:00.000Z" }, new Date(Date.UTC(10000, 0, 1))],
      [{ $time: "-000001-12-31T23:59:59.999Z" }, new Date("-000001-12-31T23:59:59.999Z")],
    ] as const)
      assert.deepEqual(defaultOf(value), expected);
    for (const value of [
      { $bytes: "-_8=" },
      { $bytes: "+/8" },
      { $bytes: "+/8==" },
      { $bytes: "+/8= " },
      { $bytes: " +/8=" },
      { $bytes: "+\n/8=" },
      // The two bits that are left over are not zero: the same bytes as AA==.
      { $bytes: "AB==" },
      { $bytes: "A" },
      { $bytes: "hidden in this sentence?" },
      { $time: "2026-01-01" },
      { $time: "2026" },
      { $time: "1" },
      { $time: "2026-01-01T00:00:00" },
      { $time: "2026-01-01 00:00:00Z" },
      { $time: "Thu, 01 Jan 2026 00:00:00 GMT" },
      { $time: "01/02/2026" },
      { $time: "2026-02-30T00:00:00Z" },
      { $time: "2026-01-01T24:00:00Z" },
      { $time: "+002026-01-01T00:00:00.000Z" },
      { $time: "+010000-01-01" },
      { $time: "+999999-01-01T00:00:00.000Z" },
      { $time: 0 },
    ])
      assert.throws(() => defaultOf(value), { code: "protocol_error" }, JSON.stringify(value));
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
