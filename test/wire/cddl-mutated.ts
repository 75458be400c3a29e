import * as fc from "fast-check";
import { isPlainObject } from "../../base/plain-object.ts";
import { encodeSorted } from "../../wire/cbor.ts";
import { LOGIN_DATA } from "../../wire/limits.ts";
import { referenceDecode } from "./reference-cbor.ts";

/*
 * Changes decoded values here and there: an element or a key is taken away, put in twice under another name,
 * swapped with its neighbour, or becomes something else. A byte string that holds CBOR is changed inside too:
 * that is where the bodies of the login are.
 */

/** Numbers that a change takes its choices from. */
type Dice = () => number;

/** The given values, each with up to three changes. */
export function mutated(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const dice = fc.array(fc.nat({ max: 0xffff }), { minLength: 60, maxLength: 60 });
  return fc.tuple(values, fc.nat({ max: 3 }), dice).map(([value, changes, numbers]) => {
    let at = 0;
    const next: Dice = () => numbers[at++ % numbers.length] ?? 0;
    let changed = value;
    for (let i = 0; i < changes; i++) changed = change(changed, next);
    return changed;
  });
}

/** Small, so that no limit of the login is met: the limits are no matter of structure. */
const REPLACEMENTS: readonly unknown[] = [
  [null, true, 0, 1, -1, 1.5, 2 ** 53, 16, 26, 28],
  ["", "a", "internal", "done", "limit", "x".repeat(65), "x".repeat(257), "x".repeat(800)],
  [`00-${"0".repeat(32)}-b7ad6b7169203331-01`, `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`],
  [new Uint8Array(), new Uint8Array(16), new Uint8Array(32), new Uint8Array(64), new Date(0)],
  [[], {}, [1], [[]], { a: 1 }, { ok: true }, { path: "p", message: "m" }],
].flat();

const KEYS: readonly string[] = [
  "a",
  "more",
  "id",
  "reason",
  "data",
  "deadline_ms",
  "within",
  "traceparent",
  "tracestate",
  "after_ms",
  "a b",
  "host_keys",
];

function change(value: unknown, next: Dice): unknown {
  if (value instanceof Uint8Array) return changeBody(value, next);
  const inside = next() % 4 !== 0;
  if (Array.isArray(value) && value.length > 0 && inside) return changeArray(value, next);
  if (isPlainObject(value) && Object.keys(value).length > 0 && inside) return changeMap(value, next);
  return pick(REPLACEMENTS, next);
}

function changeArray(array: readonly unknown[], next: Dice): unknown {
  const at = next() % array.length;
  switch (next() % 6) {
    case 0:
      return array.toSpliced(at, 1);
    case 1:
      return array.toSpliced(at, 0, array[at]);
    case 2:
      return [...array, pick(REPLACEMENTS, next)];
    default:
      return array.with(at, change(array[at], next));
  }
}

function changeMap(map: Readonly<Record<string, unknown>>, next: Dice): unknown {
  const key = pick(Object.keys(map), next);
  const { [key]: found, ...rest } = map;
  switch (next() % 6) {
    case 0:
      return rest;
    case 1:
      return { ...rest, [pick(KEYS, next)]: found };
    case 2:
      return { ...map, [pick(KEYS, next)]: pick(REPLACEMENTS, next) };
    default:
      return { ...map, [key]: change(found, next) };
  }
}

function changeBody(bytes: Uint8Array, next: Dice): unknown {
  const verdict = referenceDecode(bytes, LOGIN_DATA);
  const isBody = "value" in verdict && isPlainObject(verdict.value);
  if (!isBody || next() % 4 === 0) return pick(REPLACEMENTS, next);
  return encodeSorted(change(verdict.value, next));
}

function pick<T>(from: readonly T[], next: Dice): T {
  const chosen = from[next() % from.length];
  if (chosen === undefined) throw new Error("nothing to choose from");
  return chosen;
}
