import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { meaning } from "../../policy/lint/meaning.ts";
import { loadPolicy } from "../../policy/load/load.ts";
import { keyLine, NOW_MS } from "../policy/support.ts";

const [ALICE, CA, STOLEN] = [1, 2, 3].map((number) => `"${keyLine(number)}"`);

/** Every place of the language where a list may stand, with one value in each; `[…]` marks the list. */
const LISTS = `policy: 1
roles:
  viewer:
  admin: {includes: [viewer]}
identities:
  alice: {keys: [${ALICE}], roles: [admin]}
authorities:
  ca: {keys: [${CA}], names: [web-*], roles: [viewer]}
revoked: [${STOLEN}]
grants:
  g:
    to: [viewer]
    call: [a.*]
    except: [a.b]
    args:
      p: {path: [/var/**]}
      q: {glob: ['x*']}
      r: {re: [x+]}
      e: {enum: [web]}
      n: {enum: [3]}
      z: {enum: [null]}
      o: {object: {methods: [read], calls: 1, for: 1m}}
    via: [tls]
    from: [10.0.0.0/8]
    returns: [stream]
never:
  n: {call: [c], unless: [admin]}
tests:
  - as: {authority: ca, name: web-1, roles: [viewer]}
    via: tls
    from: 10.1.1.1
    allow: []
    deny: [c()]
  - as: alice
    deny: ['a.c(1)']
`;

const PLACES = [...LISTS.matchAll(/\[([^[\]]+)\]/g)].map((match) => ({
  text: match[0],
  value: match[1] ?? "",
  at: match.index,
}));

const meaningOf = (text: string): string => {
  const { policy, problems } = loadPolicy(Buffer.from(text), undefined, NOW_MS);
  const errors = problems
    .filter(({ severity }) => severity === "error")
    .map(({ text: what, at }) => `${at.line}: ${what}`);
  assert.deepEqual(errors, [], text);
  return meaning(policy?.tree ?? assert.fail());
};

describe("one value", () => {
  test("stands in more than twenty places where a list may", () => assert.ok(PLACES.length > 20));

  for (const { text, value, at } of PLACES)
    test(`${value.slice(0, 40)} may stand for ${text.slice(0, 40)} (character ${at})`, () => {
      const single = LISTS.slice(0, at) + value + LISTS.slice(at + text.length);
      assert.equal(meaningOf(single), meaningOf(LISTS));
    });

  test("may stand for a list of calls, and one test for a list of tests", () => {
    const file = (tests: string): string =>
      `policy: 1\nidentities: {alice: {keys: [${ALICE}]}}\ngrants: {g: {to: id:alice, call: add, args: any}}\ntests:\n${tests}`;
    assert.equal(
      meaningOf(file("  as: alice\n  allow: add(2, 3)\n  deny: sub(1)\n")),
      meaningOf(file("  - {as: alice, allow: ['add(2, 3)'], deny: [sub(1)]}\n")),
    );
  });

  for (const [what, text] of [
    ["nothing for keys", `policy: 1\nidentities: {alice: {keys: }}\n`],
    ["null for roles", `policy: 1\nidentities: {alice: {keys: [${ALICE}], roles: null}}\n`],
    ["a map for roles", `policy: 1\nidentities: {alice: {keys: [${ALICE}], roles: {a: }}}\n`],
    ["a number for a role", "policy: 1\nroles: {a: {includes: 7}}\n"],
    ["nothing for an enum", "policy: 1\ngrants: {g: {to: everyone, call: a, args: {v: {enum: }}}}\n"],
    ["a map for an enum", "policy: 1\ngrants: {g: {to: everyone, call: a, args: {v: {enum: {a: 1}}}}}\n"],
    [
      "nothing for calls",
      `policy: 1\nidentities: {alice: {keys: [${ALICE}]}}\ntests: [{as: alice, deny: }]\n`,
    ],
    ["a text for tests", "policy: 1\ntests: alice\n"],
    ["an empty text for a role", "policy: 1\nroles: {a: {includes: ''}}\n"],
  ] as const)
    test(`is never ${what}`, () => {
      const { problems, policy } = loadPolicy(Buffer.from(text), undefined, NOW_MS);
      assert.equal(policy, undefined);
      assert.ok(
        problems.some(({ code }) => code === "P203" || code === "P202" || code === "P206"),
        text,
      );
    });
});
