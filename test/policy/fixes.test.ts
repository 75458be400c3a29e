import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fixPolicy } from "../../policy/fixes.ts";
import { loadPolicy } from "../../policy/load.ts";
import { ALICE } from "../../policy/rule.ts";
import { RULES } from "../../policy/rules.ts";
import { NOW_MS } from "./support.ts";

const grants = (text: string): string => `policy: 1\ngrants:\n${text}`;

describe("what the linter mends by itself", () => {
  for (const [what, bad, good] of [
    [
      "P103 a pattern that is an alias for YAML",
      grants("  g: {to: everyone, call: [*.x, b], args: none}\n"),
      grants("  g: {to: everyone, call: ['*.x', b], args: none}\n"),
    ],
    ["P106 a byte order mark", "\ufeffpolicy: 1\n", "policy: 1\n"],
    [
      "P108 a word that is no word elsewhere",
      grants("  g: {to: everyone, call: f, args: {v: {enum: [no, on, x]}}}\n"),
      grants("  g: {to: everyone, call: f, args: {v: {enum: ['no', 'on', x]}}}\n"),
    ],
    [
      "P201 a field with one letter wrong",
      grants("  g: {to: everyone, call: f, argz: none}\n"),
      grants("  g: {to: everyone, call: f, args: none}\n"),
    ],
    [
      "P301 a role with one letter wrong",
      `policy: 1\nroles:\n  viewer:\nidentities:\n  alice: {keys: ["${ALICE}"], roles: [viewer]}\ngrants:\n  g: {to: viewr, call: f, args: none}\n`,
      `policy: 1\nroles:\n  viewer:\nidentities:\n  alice: {keys: ["${ALICE}"], roles: [viewer]}\ngrants:\n  g: {to: viewer, call: f, args: none}\n`,
    ],
    [
      "P209 anchors",
      grants("  g: {to: everyone, call: f, args: {v: {re: '^a+$'}}}\n"),
      grants("  g: {to: everyone, call: f, args: {v: {re: 'a+'}}}\n"),
    ],
    [
      "P210 bits beyond the prefix",
      grants("  g: {to: everyone, call: f, args: none, from: [10.20.3.4/16]}\n"),
      grants("  g: {to: everyone, call: f, args: none, from: [10.20.0.0/16]}\n"),
    ],
    [
      "P505 a grant that is over",
      grants(
        "  old:\n    to: everyone\n    call: f\n    args: none\n    valid: {until: 2020-01-01T00:00:00Z}\n  new: {to: everyone, call: f, args: none}\n",
      ),
      grants("  new: {to: everyone, call: f, args: none}\n"),
    ],
    [
      "P603 a test without its moment",
      `policy: 1\nidentities:\n  alice: {keys: ["${ALICE}"], valid: {until: 2999-01-01T00:00:00Z}}\ntests:\n  - as: alice\n    deny: [f()]\n  - {as: alice, deny: [g()]}\n`,
      `policy: 1\nidentities:\n  alice: {keys: ["${ALICE}"], valid: {until: 2999-01-01T00:00:00Z}}\ntests:\n  - at: 2026-06-01T12:00:00.000Z\n    as: alice\n    deny: [f()]\n  - {at: 2026-06-01T12:00:00.000Z, as: alice, deny: [g()]}\n`,
    ],
    [
      "P702 a comment that lets nothing be",
      "policy: 1\n# lint: allow P401 it was\nroles: {} # lint: allow P304 too\n",
      "policy: 1\nroles: {}\n",
    ],
  ] as const)
    test(what, () => {
      const { text, codes } = fixPolicy(bad, undefined, NOW_MS);
      assert.equal(text, good);
      assert.ok(codes.length > 0 && codes.every((code) => what.startsWith(code)), codes.join());
      assert.deepEqual(fixPolicy(text, undefined, NOW_MS), { text, codes: [] });
    });

  test("nothing where two things can have been meant, or a word is further off", () => {
    for (const text of [
      grants("  g: {to: everyone, call: f, arguments: none}\n"),
      `policy: 1\nroles:\n  viewer1:\n  viewer2:\nidentities:\n  alice: {keys: ["${ALICE}"], roles: [viewer1, viewer2]}\ngrants:\n  g: {to: viewer, call: f, args: none}\n`,
    ])
      assert.equal(fixPolicy(text, undefined, NOW_MS).text, text);
  });

  test("of every example of the rules: no file that loads allows more, and none gets worse", () => {
    for (const { code, bad, good } of RULES.values())
      for (const text of [bad, good]) {
        const before = loadPolicy(Buffer.from(text), undefined, NOW_MS);
        const after = loadPolicy(Buffer.from(fixPolicy(text, undefined, NOW_MS).text), undefined, NOW_MS);
        assert.ok(after.problems.length <= before.problems.length, code);
        if (before.policy === undefined) continue;
        assert.ok(after.policy !== undefined, code);
        for (const id of after.policy.tree.grants.keys()) assert.ok(before.policy.tree.grants.has(id), code);
      }
  });
});
