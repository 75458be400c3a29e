import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { type Overlap, overlap } from "../../../policy/check/overlap.ts";
import { Work } from "../../../policy/patterns/work.ts";
import type { Constraint } from "../../../policy/syntax/tree.ts";
import { CONSTRAINTS, constraint, constraintOf } from "../decide/model-constraints.ts";
import { anyArgument } from "../decide/model-values.ts";
import { fits, type ModelConstraint } from "../reference.ts";
import { policyOf, withGrants } from "../support.ts";

const ENOUGH = 10_000_000;

/** The two, as YAML of a flow writes them. */
function pair(a: string, b: string): readonly [Constraint, Constraint] {
  const policy = policyOf(withGrants(`  g: {to: user, call: m, args: {a: ${a}, b: ${b}}}\n`));
  const args = policy.tree.grants.get("g")?.args;
  const [first, second] = args?.kind === "record" ? args.fields : [];
  if (first === undefined || second === undefined) throw new Error(`${a} and ${b} are no constraints`);
  return [first.constraint, second.constraint];
}

/** What is said of the two, whichever comes first. */
function overlapOf(a: Constraint, b: Constraint, steps = ENOUGH): Overlap {
  const found = overlap(a, b, new Work(steps));
  assert.equal(overlap(b, a, new Work(steps)), found);
  return found;
}

type Case = readonly [a: string, b: string, expected: Overlap];

const CASES: Readonly<Record<string, readonly Case[]>> = {
  numbers: [
    ["{int: 1..5}", "{int: 5..9}", "yes"],
    ["{int: 1..5}", "{int: 6..9}", "no"],
    ["{int: ..0}", "{int: 0..}", "yes"],
    ["{int: ..-1}", "{int: 0..}", "no"],
    ["{number: 0..0.5}", "{number: 0.5..1}", "yes"],
    ["{number: 0..0.5}", "{number: 0.5000000000000001..1}", "no"],
    ["int", "{number: 0.1..0.9}", "no"],
    ["int", "{number: 0.1..1}", "yes"],
    ["int", "{number: -1..-0.1}", "yes"],
    ["{int: 3..3}", "{number: 2.5..2.9}", "no"],
    ["int", "{number: 9007199254740991..}", "yes"],
    ["int", "{number: 9.007199254740992e15..}", "no"],
    ["int", "{number: ..-9.007199254740992e15}", "no"],
    ["number", "{number: 1e300..}", "yes"],
    ["number", "bool", "no"],
  ],
  enums: [
    ["{enum: [3]}", "{int: 3..}", "yes"],
    ["{enum: [3]}", "{int: 4..}", "no"],
    ["{enum: ['3']}", "int", "no"],
    ["{enum: [0.5]}", "int", "no"],
    ["{enum: [0.5]}", "number", "yes"],
    ["{enum: [null]}", "'null'", "yes"],
    ["{enum: ['null']}", "'null'", "no"],
    ["{enum: [true]}", "bool", "yes"],
    ["{enum: [a, 1]}", "{enum: [1, b]}", "yes"],
    ["{enum: [1]}", "{enum: ['1']}", "no"],
    ["{enum: [web-1, db-1]}", "{re: 'web-[0-9]'}", "yes"],
    ["{enum: [web-12]}", "{re: 'web-[0-9]'}", "no"],
    ["{enum: [/etc/../x]}", "{path: /**}", "no"],
    ["{enum: [abc]}", "{string: ..2}", "no"],
    ["{enum: [a]}", "any", "yes"],
    ["{enum: [a]}", "callback", "no"],
  ],
  "texts of a length": [
    ["{string: 1..3}", "{string: 3..}", "yes"],
    ["{string: 1..3}", "{string: 4..}", "no"],
    ["string", "{re: 'a'}", "yes"],
    ["{string: ..3}", "{re: 'a{4}'}", "no"],
    ["{string: ..4}", "{re: 'a{4}'}", "yes"],
    ["{string: 5..}", "{re: 'a{4}'}", "no"],
    ["{string: 4..5}", "{re: '(abc)+'}", "no"],
    ["{string: 5..6}", "{re: '(abc)+'}", "yes"],
    ["{string: 1..1}", "{re: '😀'}", "yes"],
    ["{string: 2..}", "{re: '😀'}", "no"],
    ["{string: 0..0}", "{re: ''}", "yes"],
    ["{string: 1..}", "{re: ''}", "no"],
    ["{string: 0..0}", "{path: /**}", "no"],
    ["{string: 65536..}", "{glob: '**'}", "yes"],
    ["{string: 65537..}", "{glob: '**'}", "no"],
    ["{string: 1000..}", "{glob: 'a?*'}", "yes"],
  ],
  patterns: [
    ["{re: 'a.*'}", "{glob: '*b'}", "yes"],
    ["{re: 'v[0-9]+'}", "{re: 'w[0-9]+'}", "no"],
    ["{re: '[a-m]+'}", "{re: '[m-z]+'}", "yes"],
    ["{re: '[a-l]+'}", "{re: '[m-z]+'}", "no"],
    ["{path: /var/log/**}", "{path: /etc/**}", "no"],
    ["{path: /var/**}", "{path: /**/passwd}", "yes"],
    ["{path: /var/**}", "{path: /*/passwd}", "yes"],
    ["{path: /var/**}", "{path: /*}", "no"],
    ["{path: /**}", "{re: '/a\\.\\.b'}", "yes"],
    ["{path: /**}", "{re: '/a/\\.\\./b'}", "no"],
    ["{path: /**}", "{glob: '*'}", "no"],
    ["{path: /**}", "{glob: '/*'}", "yes"],
    ["{glob: [a, b]}", "{glob: [b, c]}", "yes"],
    ["{glob: [a, b]}", "{glob: [c, d]}", "no"],
    ["{glob: '?'}", "{re: '😀'}", "yes"],
    ["{re: '.'}", '{re: "\\t"}', "no"],
    ["{re: 'x'}", "bytes", "no"],
    ["{re: 'x'}", "int", "no"],
  ],
  "lists and bytes": [
    ["{bytes: 1..4}", "{bytes: 4..}", "yes"],
    ["{bytes: 1..4}", "{bytes: 5..}", "no"],
    ["bytes", "string", "no"],
    ["bytes", "{list: {of: int}}", "no"],
    ["{list: {of: int}}", "{list: {of: string}}", "yes"],
    ["{list: {of: int, len: 1..}}", "{list: {of: string}}", "no"],
    ["{list: {of: int, len: 1..}}", "{list: {of: [string, int]}}", "yes"],
    ["{list: {of: int, len: ..2}}", "{list: {of: int, len: 3..}}", "no"],
    ["{list: {of: int, len: ..2}}", "{list: {of: int, len: 2..}}", "yes"],
    ["{list: {of: {list: {of: int, len: 1..}}, len: 1..}}", "{list: {of: {list: {of: bool}}}}", "no"],
    ["{list: {of: any}}", "any", "yes"],
  ],
  maps: [
    ["{map: {a: int}}", "{map: {a: string}}", "no"],
    ["{map: {a: int}}", "{map: {a: {number: 0.5..1}}}", "yes"],
    ["{map: {a?: int}}", "{map: {a?: string}}", "yes"],
    ["{map: {a: int}}", "{map: {a?: string}}", "no"],
    ["{map: {a: int}}", "{map: {b: int}}", "no"],
    ["{map: {a: int}}", "{map: {b?: int}}", "no"],
    ["{map: {a: int}}", "{map: {'*': int}}", "yes"],
    ["{map: {a: int}}", "{map: {'*': string}}", "no"],
    ["{map: {a: int, '*': bool}}", "{map: {b: bool, '*': int}}", "yes"],
    ["{map: {a: int, '*': bool}}", "{map: {b: int, '*': int}}", "no"],
    ["{map: {'*': int}}", "{map: {'*': string}}", "yes"],
    ["{map: {a: {map: {b: int}}}}", "{map: {a: {map: {b: bool}}}}", "no"],
    ["{map: {a: int}}", "any", "yes"],
    ["{map: {a: int}}", "{list: {of: int}}", "no"],
  ],
  "times, references and any": [
    ["time", "time", "yes"],
    ["time", "string", "no"],
    ["time", "any", "yes"],
    ["'null'", "any", "yes"],
    ["callback", "any", "no"],
    ["callback", "{callback: {calls: 1}}", "yes"],
    ["{stream: {bytes: 1B}}", "{stream: {bytes: 2B, share: true}}", "yes"],
    ["{object: {methods: a}}", "{object: {methods: b}}", "yes"],
    ["callback", "stream", "no"],
    ["stream", "bytes", "no"],
  ],
  alternatives: [
    ["[int, string]", "[bool, {string: 5..}]", "yes"],
    ["[int, string]", "[bool, bytes]", "no"],
    ["[int, callback]", "[any, stream]", "yes"],
    ["[string, callback]", "[int, stream]", "no"],
    ["[{re: a}, {re: b}]", "[{re: c}, {re: b}]", "yes"],
  ],
};

describe("overlap", () => {
  for (const [what, cases] of Object.entries(CASES)) {
    test(`is exact at the bounds of ${what}`, () => {
      for (const [a, b, expected] of cases) assert.equal(overlapOf(...pair(a, b)), expected, `${a} and ${b}`);
    });
  }

  test("never says no of two of which some value is both", () => {
    const kinds = Object.values(CONSTRAINTS);
    const alike = fc.constantFrom(...kinds).chain((one) => fc.tuple(one, one));
    const same = constraint.map((one): [ModelConstraint, ModelConstraint] => [one, one]);
    const two = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(constraint, constraint) },
      { weight: 6, arbitrary: alike },
      { weight: 1, arbitrary: same },
    );
    const said = { yes: 0, no: 0, unknown: 0 };
    let both = 0;
    fc.assert(
      fc.property(two, fc.array(anyArgument, { minLength: 60, maxLength: 60 }), ([a, b], values) => {
        const found = overlapOf(...pair(...written(a, b)));
        said[found]++;
        const value = values.find((one) => fits(a, one) && fits(b, one));
        if (value === undefined) return;
        both++;
        if (found === "no") assert.fail(`${written(a, b).join(" and ")} both match ${inspect(value)}`);
      }),
      { seed: 8, numRuns: 2000 },
    );
    // All has to occur, or it says nothing.
    assert.ok(
      both > 400 && said.no > 400,
      `${both} had a value in common, ${said.no} were said to have none`,
    );
    assert.equal(said.unknown, 0);
  });

  test("says that it does not know where there is no work left, and never no", () => {
    const hard: readonly Case[] = [
      ["{re: 'a.*'}", "{glob: '*b'}", "unknown"],
      ["{re: 'v[0-9]+'}", "{re: 'w[0-9]+'}", "unknown"],
      ["{string: 3..}", "{re: 'a{4}'}", "unknown"],
      ["[int, {re: a}]", "[bool, {re: b}]", "unknown"],
      ["[int, {re: a}]", "[int, {re: b}]", "yes"],
      ["{map: {a: {re: a}, b: int}}", "{map: {a: {re: b}, b: int}}", "unknown"],
      ["{map: {a: {re: a}, b: int}}", "{map: {a: {re: b}, b: bool}}", "no"],
      ["{list: {of: {re: a}, len: 1..}}", "{list: {of: {re: b}}}", "unknown"],
      ["{int: 1..5}", "{int: 6..9}", "no"],
    ];
    for (const [a, b, expected] of hard) assert.equal(overlapOf(...pair(a, b), 0), expected, `${a} and ${b}`);
  });
});

/** JSON is YAML, and quotes every text. */
function written(a: ModelConstraint, b: ModelConstraint): [string, string] {
  return [JSON.stringify(constraintOf(a)), JSON.stringify(constraintOf(b))];
}
