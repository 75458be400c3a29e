import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { fixesOf, fixPolicy } from "../../../policy/lint/fixes.ts";
import { lintPolicy } from "../../../policy/lint/lint.ts";
import { ALICE } from "../../../policy/rules/rule.ts";
import { RULES } from "../../../policy/rules/rules.ts";
import { allows, calls, expectedOf } from "../decide/decided.ts";
import { fileOf, model } from "../decide/models.ts";
import type { Model } from "../reference.ts";
import { EXAMPLE_METHODS, NOW_MS, policyOf } from "../support.ts";

const grants = (text: string): string => `policy: 1\ngrants:\n${text}`;

/** A file of a model on lines of its own, as people write it. */
function blocksOf(json: string): string {
  const sections = Object.entries(JSON.parse(json) as Readonly<Record<string, unknown>>);
  return sections
    .map(([name, section]) => {
      if (
        typeof section !== "object" ||
        section === null ||
        Array.isArray(section) ||
        Object.keys(section).length === 0
      )
        return `${name}: ${JSON.stringify(section)}\n`;
      const entries = Object.entries(section).map(
        ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}\n`,
      );
      return `${name}:\n${entries.join("")}`;
    })
    .join("");
}

/** The same with what the linter mends of a file that loads: it changes nothing, or only what is over. */
function untidy(one: Model): string {
  const plain =
    "  plain: {to: everyone, call: math.mul, args: {a: {enum: [no, on, 'x']}, b: {enum: [yes]}}}\n";
  const tests = `tests:\n  - {as: alice, deny: [rpcd.never()]}\n  - as: bob\n    deny: [rpcd.never()]\n`;
  return `# lint: allow P401 it was\n${blocksOf(fileOf(one)).replace(/^grants:\n/m, (line) => `${line}${plain}`)}${tests}`;
}

/** Slips of the fingers in a grant. */
const SLIPS: readonly (readonly [right: RegExp, wrong: string])[] = [
  [/"to":/, '"too":'],
  [/"args":/, '"argz":'],
  [/"call":/, '"cal":'],
  [/"except":/, '"exept":'],
  [/"viewer"/, '"viewr"'],
  [/"operator"/, '"opeartor"'],
  [/"toString"/, '"toSting"'],
  [/"id:alice"/, '"id:alize"'],
  [/"id:bob\/web-7"/, '"id:bobb/web-7"'],
  [/"int":"/, '"itn":"'],
  [/"string"/, '"strng"'],
  [/"re":"/, '"re":"^'],
];

/** Policies that are mended; continuous integration asks for more. */
const RUNS = Number(process.env["RPCD_FIXES"] ?? 45);

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
      // The network, or the host.
      grants("  g: {to: everyone, call: f, args: none, from: [10.20.3.4/16]}\n"),
      grants("  g: {to: everyone, call: f, args: none, from: ['2001:db8::1/32']}\n"),
      `policy: 1\nroles:\n  viewer1:\n  viewer2:\nidentities:\n  alice: {keys: ["${ALICE}"], roles: [viewer1, viewer2]}\ngrants:\n  g: {to: viewer, call: f, args: none}\n`,
    ])
      assert.equal(fixPolicy(text, undefined, NOW_MS).text, text);
  });

  for (const [what, codes, text] of [
    [
      "a comment that lets something else be",
      "P702",
      "policy: 1\nroles:\n  idle: # lint: allow P304, P401 for later\n",
    ],
    [
      "a comment about a rule that was not looked for",
      "P702",
      "policy: 1\nroles: {} # lint: allow P304, P403 for later\n",
    ],
    [
      "a grant that is over, between brackets with another one",
      "P505",
      grants("  old: {to: everyone, call: f, args: none, valid: {until: 2020-01-01T00:00:00Z}}\n")
        .replace("grants:\n  old", "grants: {\n  new: {to: everyone, call: g, args: none}, old")
        .replace(/\n$/, "}\n"),
    ],
    [
      "a grant that is over, on a line of its own between brackets",
      "P505",
      "policy: 1\ngrants: {\n  old: {to: everyone, call: f, args: none, valid: {until: 2020-01-01T00:00:00Z}}, new:\n    {to: everyone, call: g, args: none}\n  }\n",
    ],
    [
      "an identity that is over and is named by a grant",
      "P505",
      `policy: 1\nidentities:\n  alice:\n    keys: ["${ALICE}"]\n    valid: {until: 2020-01-01T00:00:00Z}\ngrants:\n  g: {to: id:alice, call: f, args: none}\n`,
    ],
    [
      "an anchor in the middle of a pattern",
      "P209",
      grants("  g: {to: everyone, call: f, args: {v: {re: 'a^b'}}}\n"),
    ],
    [
      "an anchor that is written as an escape",
      "P209",
      grants('  g: {to: everyone, call: f, args: {v: {re: "\\x5ea"}}}\n'),
    ],
    [
      "a name that is written as an escape",
      "P202 P201",
      grants('  g: {to: everyone, call: f, "arg\\x7a": none}\n'),
    ],
    [
      "a value between quotes",
      "",
      grants("  g: {to: everyone, call: f, args: {v: {enum: ['no', \"on\"]}}}\n"),
    ],
  ] as const)
    test(`leaves alone ${what}`, () => {
      const { problems } = lintPolicy(Buffer.from(text), undefined, NOW_MS);
      assert.equal(problems.map(({ code }) => code).join(" "), codes);
      assert.deepEqual(fixPolicy(text, undefined, NOW_MS), { text, codes: [] });
      assert.equal(fixesOf(lintPolicy(Buffer.from(text), undefined, NOW_MS), undefined, NOW_MS).size, 0);
    });

  for (const [what, bad, good] of [
    [
      "an alias with a quote in it",
      grants("  g: {to: everyone, call: f, args: {v: {enum: [*it's]}}}\n"),
      grants("  g: {to: everyone, call: f, args: {v: {enum: ['*it''s']}}}\n"),
    ],
    [
      "a key between quotes, and stays between them",
      grants('  g: {to: everyone, call: f, "argz": none}\n'),
      grants('  g: {to: everyone, call: f, "args": none}\n'),
    ],
    [
      "an identity of one letter, behind what marks it",
      `policy: 1\nidentities:\n  dd: {keys: ["${ALICE}"]}\ngrants:\n  g: {to: 'id:d', call: f, args: none}\n`,
      `policy: 1\nidentities:\n  dd: {keys: ["${ALICE}"]}\ngrants:\n  g: {to: 'id:dd', call: f, args: none}\n`,
    ],
    [
      "an authority in the name of a certificate",
      `policy: 1\nauthorities:\n  fleet: {keys: ["${ALICE}"], names: [web-*], roles: []}\ngrants:\n  g: {to: id:fleeet/web-1, call: f, args: none}\n`,
      `policy: 1\nauthorities:\n  fleet: {keys: ["${ALICE}"], names: [web-*], roles: []}\ngrants:\n  g: {to: id:fleet/web-1, call: f, args: none}\n`,
    ],
    [
      "a role between quotes, behind characters of two units",
      `policy: 1\nroles: {viewer: }\nidentities: {alice: {keys: ["${ALICE}"], roles: [viewer]}}\ngrants:\n  g: {args: {v: {enum: ["😀"]}}, call: f, to: ["viewr"]}\n`,
      `policy: 1\nroles: {viewer: }\nidentities: {alice: {keys: ["${ALICE}"], roles: [viewer]}}\ngrants:\n  g: {args: {v: {enum: ["😀"]}}, call: f, to: ["viewer"]}\n`,
    ],
    [
      "a constraint with one letter wrong",
      grants("  g: {to: everyone, call: f, args: {v: strng, w?: {itn: 0..9}}}\n"),
      grants("  g: {to: everyone, call: f, args: {v: string, w?: {int: 0..9}}}\n"),
    ],
  ] as const)
    test(`mends ${what}`, () => assert.equal(fixPolicy(bad, undefined, NOW_MS).text, good));

  /** The text as it would be by the first choice of its first finding that has one. */
  const chosen = (text: string): string => {
    const loaded = lintPolicy(Buffer.from(text), undefined, NOW_MS);
    const edits = fixesOf(loaded, undefined, NOW_MS);
    const [choice] = loaded.problems.flatMap(({ choices = [] }) => choices);
    const edit = choice === undefined ? undefined : edits.get(choice.fix);
    return edit === undefined ? text : text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  };

  for (const [what, bad, good] of [
    [
      "with all that is indented below it",
      grants(
        "  old:\n    to: everyone\n    call: f\n    args: none\n    valid: {until: 2020-01-01T00:00:00Z}\n  new: {to: everyone, call: f, args: none}\n",
      ),
      grants("  new: {to: everyone, call: f, args: none}\n"),
    ],
    [
      "with the comments that are its own, and those of others stay",
      grants(
        "  # of the old one?\n  old:\n    to: everyone\n    call: f\n# left\n\n    args: none\n    valid: {until: 2020-01-01T00:00:00Z}\n    # its own\n\n  # of the new one\n  new: {to: everyone, call: f, args: none}\n",
      ),
      grants("  # of the old one?\n\n  # of the new one\n  new: {to: everyone, call: f, args: none}\n"),
    ],
    [
      "whose name stands between quotes, at the end of the file",
      grants(
        '  new: {to: everyone, call: f, args: none}\n  "old": {to: everyone, call: g, args: none, valid: {until: 2020-01-01T00:00:00Z}}',
      ),
      grants("  new: {to: everyone, call: f, args: none}\n"),
    ],
  ] as const)
    test(`offers to remove a grant that is over, ${what}, and does not decide it`, () => {
      assert.deepEqual(fixPolicy(bad, undefined, NOW_MS), { text: bad, codes: [] });
      assert.equal(chosen(bad), good);
    });

  test("offers the network and the host, and applies neither", () => {
    for (const [network, choices] of [
      ["10.20.3.4/16", ["10.20.0.0/16", "10.20.3.4/32"]],
      ["2001:db8::1/32", ["2001:db8::/32", "2001:db8::1/128"]],
    ] as const) {
      const text = grants(`  g: {to: everyone, call: f, args: {v: {enum: ["😀"]}}, from: ["${network}"]}\n`);
      const loaded = lintPolicy(Buffer.from(text), undefined, NOW_MS);
      const edits = fixesOf(loaded, undefined, NOW_MS);
      const offered = loaded.problems.flatMap(({ choices: own = [] }) =>
        own.map(({ fix }) => {
          const { start, end, text: by } = edits.get(fix) ?? assert.fail(network);
          return text.slice(0, start) + by + text.slice(end);
        }),
      );
      assert.deepEqual(
        offered,
        choices.map((one) => text.replace(network, one)),
      );
      for (const one of offered)
        assert.notEqual(lintPolicy(Buffer.from(one), undefined, NOW_MS).policy, undefined, one);
      assert.deepEqual(fixPolicy(text, undefined, NOW_MS), { text, codes: [] });
    }
  });

  test("a parameter with one letter wrong, where the methods are known", () => {
    const text = grants("  g: {to: everyone, call: greet, args: {nam: string, loud?: {enum: [false]}}}\n");
    assert.equal(fixPolicy(text, EXAMPLE_METHODS, NOW_MS).text, text.replace("nam:", "name:"));
    assert.equal(fixPolicy(text, undefined, NOW_MS).text, text);
  });

  test("what is shown of it is what is done, and mends each finding by itself too", () => {
    for (const { bad } of RULES.values()) {
      const loaded = lintPolicy(Buffer.from(bad), undefined, NOW_MS);
      const shown = fixesOf(loaded, undefined, NOW_MS);
      const done = fixPolicy(bad, undefined, NOW_MS);
      const chosenFixes = loaded.problems.flatMap(({ choices = [] }) => choices.map(({ fix }) => fix));
      const applied = [...shown.keys()].filter((fix) => !chosenFixes.includes(fix));
      assert.equal(applied.length === 0, done.codes.length === 0, bad);
      const codes = loaded.problems.flatMap(({ code, fix }) =>
        fix !== undefined && shown.has(fix) ? [code] : [],
      );
      assert.deepEqual(done.codes.slice(0, codes.length), codes, bad);
      for (const { start, end, text } of shown.values()) {
        const mended = bad.slice(0, start) + text + bad.slice(end);
        assert.ok(
          lintPolicy(Buffer.from(mended), undefined, NOW_MS).problems.length <= loaded.problems.length,
        );
      }
    }
  });

  test("64 in a round and 320 in all, and no more", () => {
    const many = (count: number): string => `policy: 1\n${"# lint: allow P401 x\n".repeat(count)}`;
    for (const [count, shown] of [
      [64, 64],
      [65, 64],
    ] as const)
      assert.equal(
        fixesOf(lintPolicy(Buffer.from(many(count)), undefined, NOW_MS), undefined, NOW_MS).size,
        shown,
      );
    for (const [count, left] of [
      [320, 0],
      [321, 1],
    ] as const) {
      const { text, codes } = fixPolicy(many(count), undefined, NOW_MS);
      assert.deepEqual([codes.length, text.split("P401").length - 1], [count - left, left]);
    }
  });

  test("for a report as many are tried as 2 MiB of text have room for, and one of the largest file", () => {
    const sized = (units: number): string => {
      const text = grants(
        "  a: {to: everyone, call: a, argz: none}\n  b: {to: everyone, call: b, argz: none}\n#",
      );
      return text.padEnd(units, "x");
    };
    const half = 1024 * 1024;
    for (const [units, shown] of [
      [half, 2],
      [half + 1, 1],
      [2 * half, 1],
    ] as const)
      assert.equal(
        fixesOf(lintPolicy(Buffer.from(sized(units)), undefined, NOW_MS), undefined, NOW_MS).size,
        shown,
      );
  });

  test("so that no policy allows a call that it did not, as the engine and as the plain reading say", (t) => {
    const seen = { mended: 0, allowed: 0 };
    fc.assert(
      fc.property(model, calls(40), (one, several) => {
        const text = untidy(one);
        const before = policyOf(text);
        const mended = fixPolicy(text, undefined, NOW_MS);
        const after =
          lintPolicy(Buffer.from(mended.text), undefined, NOW_MS).policy ?? assert.fail(mended.text);
        if (mended.codes.length > 0) seen.mended++;
        for (const each of several) {
          if (!allows(after, each)) continue;
          seen.allowed++;
          assert.ok(allows(before, each) && expectedOf(one, each), mended.text);
        }
        // Without what is over it is what it was.
        for (const each of several)
          if (each.nowMs >= NOW_MS) assert.equal(allows(after, each), allows(before, each), mended.text);
      }),
      { seed: 6_3, numRuns: RUNS },
    );
    t.diagnostic(JSON.stringify(seen));
    assert.ok(seen.mended > (RUNS * 14) / 15 - 1 && seen.allowed > (RUNS * 2) / 3, JSON.stringify(seen));
  });

  test("so that a policy with a slip, once it loads, allows no call that was not meant", (t) => {
    const seen = { mended: 0, allowed: 0 };
    fc.assert(
      fc.property(model, calls(30), fc.constantFrom(...SLIPS), (one, several, [right, wrong]) => {
        const text = blocksOf(fileOf(one)).replaceAll(/^ {2}"g\d.*$/gm, (line) => line.replace(right, wrong));
        const before = lintPolicy(Buffer.from(text), undefined, NOW_MS);
        const { text: mended } = fixPolicy(text, undefined, NOW_MS);
        const { policy: after } = lintPolicy(Buffer.from(mended), undefined, NOW_MS);
        // A slip that the policy has no place for is none, and one that nobody can mend for sure stays.
        if (before.policy !== undefined || after === undefined) return;
        seen.mended++;
        for (const each of several) {
          if (!allows(after, each)) continue;
          seen.allowed++;
          assert.ok(expectedOf(one, each), mended);
        }
      }),
      { seed: 6_3, numRuns: 2 * RUNS },
    );
    t.diagnostic(JSON.stringify(seen));
    assert.ok(seen.mended > (RUNS * 4) / 5 && seen.allowed > (RUNS * 2) / 3, JSON.stringify(seen));
  });

  test("of every example of the rules: no file that loads allows more, and none gets worse", () => {
    for (const { code, bad, good } of RULES.values())
      for (const text of [bad, good]) {
        const before = lintPolicy(Buffer.from(text), undefined, NOW_MS);
        const after = lintPolicy(Buffer.from(fixPolicy(text, undefined, NOW_MS).text), undefined, NOW_MS);
        assert.ok(after.problems.length <= before.problems.length, code);
        if (before.policy === undefined) continue;
        assert.ok(after.policy !== undefined, code);
        for (const id of after.policy.tree.grants.keys()) assert.ok(before.policy.tree.grants.has(id), code);
      }
  });
});
