import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { meaning } from "../../../policy/lint/meaning.ts";
import { loadPolicy } from "../../../policy/load/load.ts";
import { NOW_MS } from "../support.ts";

const meaningOf = (text: string): string =>
  meaning(loadPolicy(Buffer.from(text), undefined, NOW_MS).policy?.tree ?? assert.fail(text));

const grant = (args: string, more = ""): string =>
  `policy: 1\ngrants:\n  g: {to: everyone, call: f, args: ${args}${more}}\n`;

describe("meaning", () => {
  test("is the same wherever a policy stands in its file, and however it is written", () => {
    assert.equal(
      meaningOf("policy: 1\n\nroles: {}\ngrants:\n  g:\n    to: everyone\n    call: f\n    args: {a: int}\n"),
      meaningOf(grant("{a: int}")),
    );
  });

  test("tells apart whatever is not the same, open ends and networks too", () => {
    const texts = [
      grant("any"),
      grant("none"),
      grant("{a: int}"),
      grant("{a?: int}"),
      grant("{at: int}"),
      grant("{a: {int: 0..}}"),
      grant("{a: {int: ..0}}"),
      grant("{a: {int: 0..0}}"),
      grant("{a: number}"),
      grant("{a: {string: 0..}}"),
      grant("{a: {string: 0..9}}"),
      grant("{a: {list: {of: int}}}"),
      grant("{a: {list: {of: int, len: 0..1}}}"),
      grant("{a: {enum: [1]}}"),
      grant("{a: {enum: ['1']}}"),
      grant("{a: {enum: [null]}}"),
      grant("any", ", from: [10.0.0.0/8]"),
      grant("any", ", from: [10.0.0.0/9]"),
      grant("any", ", valid: {since: 2026-01-01T00:00:00Z}"),
      grant("any", ", valid: {until: 2999-01-01T00:00:00Z}"),
    ];
    assert.equal(new Set(texts.map(meaningOf)).size, texts.length);
  });

  test("knows one bound that is no number of JSON from another", () => {
    const bounds = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0, null];
    assert.equal(new Set(bounds.map((max) => meaning({ max }))).size, bounds.length);
  });
});
