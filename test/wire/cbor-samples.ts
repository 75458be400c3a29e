import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Fault } from "../../base/fault.ts";
import { check, decode } from "../../wire/cbor.ts";
import type { DataLimits } from "../../wire/limits.ts";
import {
  arrayItem,
  bytesOf,
  doubleItem,
  head,
  headIn,
  joined,
  mapItem,
  textItem,
  textOf,
  timeItem,
} from "./cbor-items.ts";
import { referenceDecode, type Verdict } from "./reference-cbor.ts";

export { arrayItem, bytesOf, doubleItem, head, headIn, joined, mapItem, textItem, textOf, timeItem };

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The real decoder's verdict. Anything thrown that is not the one fault is passed on. */
function verdictOf(bytes: Uint8Array, limits: DataLimits): Verdict {
  try {
    const { cost } = check(bytes, limits);
    return { value: decode(bytes, limits), cost };
  } catch (error) {
    if (error instanceof Fault && error.code === "protocol_error") return { refused: error.detail };
    throw error;
  }
}

/** What both decoders say. It throws where one accepts and the other does not, or the values or the costs differ. */
export function agreed(bytes: Uint8Array, limits: DataLimits): Verdict {
  const { real, expected } = bothOf(bytes, limits);
  if ("value" in real && "value" in expected) {
    assertPlain(real.value);
    assert.deepStrictEqual(real.value, expected.value, hexOf(bytes));
    assert.equal(real.cost, expected.cost, `the cost of ${hexOf(bytes)}`);
    return real;
  }
  if ("refused" in real && "refused" in expected) return real;
  const said = "refused" in real ? `refused (${real.refused})` : "accepted";
  const wanted = "refused" in expected ? `refused (${expected.refused})` : "accepted";
  throw new assert.AssertionError({ message: `${hexOf(bytes)}: ${said}, by the reference ${wanted}` });
}

function bothOf(
  bytes: Uint8Array,
  limits: DataLimits,
): { readonly real: Verdict; readonly expected: Verdict } {
  // A refusal is an everyday thing here: without the stack of each, all of this takes half the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return { real: verdictOf(bytes, limits), expected: referenceDecode(bytes, limits) };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Throws unless the value and all in it are what the profile has a form for, and nothing cleverer. */
export function assertPlain(value: unknown): void {
  if (value === null || typeof value === "boolean" || typeof value === "string") return;
  if (typeof value === "number") {
    assert.ok(Number.isFinite(value) && !Object.is(value, -0), `the number ${value}`);
    return;
  }
  assert.ok(typeof value === "object", `a ${typeof value}`);
  if (value instanceof Uint8Array) {
    assert.equal(Object.getPrototypeOf(value), Uint8Array.prototype, "bytes are no Buffer");
    return;
  }
  if (value instanceof Date) {
    assert.ok(!Number.isNaN(value.getTime()), "an invalid Date");
    return;
  }
  const names = Reflect.ownKeys(value);
  if (Array.isArray(value)) {
    assert.equal(Object.getPrototypeOf(value), Array.prototype);
    // The elements and `length`: no holes and nothing beside them.
    assert.equal(names.length, value.length + 1);
    for (const element of value) assertPlain(element);
    return;
  }
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  for (const name of names) {
    assert.ok(typeof name === "string" && !FORBIDDEN_NAMES.includes(name), `the key ${String(name)}`);
    const property = Object.getOwnPropertyDescriptor(value, name);
    assert.ok(property?.enumerable === true && "value" in property, `the property ${name}`);
    assertPlain(property.value);
  }
}

/** The keys that no map may have, from docs/protocol.md. */
export const FORBIDDEN_NAMES =
  `__proto__ __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ constructor
hasOwnProperty isPrototypeOf propertyIsEnumerable prototype then toJSON toLocaleString toString valueOf`.split(
    /\s+/,
  );

const DATE_MAX_MS = 8_640_000_000_000_000;

/** Some 140,000 years away a double of seconds has no room for each millisecond: those Dates are not sent. */
const isSendable = (ms: number): boolean => Math.round((ms / 1000) * 1000) === ms;

const date: fc.Arbitrary<Date> = fc
  .oneof(
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
    fc.integer({ min: 0, max: 2 ** 32 }).map((seconds) => seconds * 1000),
    fc.maxSafeInteger().filter((ms) => Math.abs(ms) <= DATE_MAX_MS && isSendable(ms)),
    fc.constantFrom(0, DATE_MAX_MS, -DATE_MAX_MS, 2 ** 42 * 1000, 2 ** 52),
  )
  .map((ms) => new Date(ms));

const number: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc
    .tuple(fc.constantFrom(24, 2 ** 8, 2 ** 16, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53), fc.nat({ max: 4 }))
    .map(([power, step]) => power - 2 + step),
  fc.constantFrom(0, -0, 0.5, -0.5, 65_504, 1e300, 5e-324, -(2 ** 53 - 1), 2 ** 53, 2 ** 63, 2 ** 64),
);

const text: fc.Arbitrary<string> = fc
  .oneof(fc.string(), fc.string({ unit: "binary" }), fc.string({ unit: "binary", maxLength: 300 }))
  .filter((one) => !one.startsWith("\ufeff"));

const key: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 32 }),
    fc.constantFrom("a", "b", "0", "-1", "length", "__proto", "Then", "value", "size", "get", "constructor "),
  )
  .filter((one) => !one.startsWith("\ufeff") && !FORBIDDEN_NAMES.includes(one));

/** Any value of the profile, well inside the limits of a session. */
export const profileValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: "small" },
    fc.oneof(fc.constantFrom(null, true, false), number, text, date, fc.uint8Array({ maxLength: 40 })),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(key, tie("value"), { maxKeys: 6, noNullPrototype: true }),
  ),
})).value;

const anyArgument: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 40n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc
    .tuple(
      fc.constantFrom(24n, 2n ** 8n, 2n ** 16n, 2n ** 32n, 2n ** 53n, 8_640_000_000_000n),
      fc.constantFrom(-2n, -1n, 0n, 1n),
    )
    .map(([edge, step]) => edge + step),
);

const integerItem = fc
  .tuple(fc.constantFrom(0, 1), fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 53n }), anyArgument))
  .map(([major, argument]) => head(major, argument));

const floatItem: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ minLength: 2, maxLength: 2 }).map((bits) => joined(bytesOf("f9"), bits)),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bits) => joined(bytesOf("fa"), bits)),
  fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bits) => joined(bytesOf("fb"), bits)),
  number.map(doubleItem),
  fc.constantFrom("f98000", "fa80000000", "fb8000000000000000", "f90000", "f97bff", "f97c00").map(bytesOf),
);

/** Items that are of the profile nowhere, or only in some places. */
const oddItem: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.nat({ max: 255 }).map((initial) => new Uint8Array([initial])),
  fc.uint8Array({ maxLength: 6 }),
  fc
    .tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7), fc.constantFrom(1, 2, 4, 8), anyArgument)
    .map(([major, bytes, argument]) => headIn(bytes, major, BigInt.asUintN(8 * bytes, argument))),
  fc.uint8Array({ maxLength: 8 }).map(textOf),
);

const rarely = (usual: fc.Arbitrary<Uint8Array>, odd: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.oneof({ weight: 60, arbitrary: usual }, { weight: 1, arbitrary: odd });

const scalarItem: fc.Arbitrary<Uint8Array> = fc.oneof(
  integerItem,
  floatItem,
  fc.constantFrom("f4", "f5", "f6").map(bytesOf),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => joined(head(2, bytes.length), bytes)),
  text.map(textItem),
  fc.oneof(integerItem, floatItem).map(timeItem),
);

const keyItem: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 40, arbitrary: key.map(textItem) },
  { weight: 1, arbitrary: fc.constantFrom(...FORBIDDEN_NAMES).map(textItem) },
);

/** The bytes of a random item: mostly of the profile, and here and there something that is not. */
export const anyItem: fc.Arbitrary<Uint8Array> = fc.letrec<{ item: Uint8Array; tagged: Uint8Array }>(
  (tie) => ({
    item: fc.oneof(
      { maxDepth: 5, depthSize: "small" },
      rarely(scalarItem, oddItem),
      fc.array(tie("item"), { maxLength: 5 }).map((elements) => arrayItem(...elements)),
      fc
        .array(fc.tuple(rarely(keyItem, oddItem), tie("item")), { maxLength: 5 })
        .map((entries) => mapItem(...entries)),
      rarely(scalarItem, tie("tagged")),
    ),
    tagged: fc.tuple(anyArgument, tie("item")).map(([tag, content]) => joined(head(6, tag), content)),
  }),
).item;
