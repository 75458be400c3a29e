import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Catalogue, LiveShape } from "../../../catalogue/catalogue.ts";
import type { Via } from "../../../policy/base/via.ts";
import { explainAnswer } from "../../../policy/explain/answers.ts";
import { type DecisionRecord, explain } from "../../../policy/explain/explain.ts";
import { reasonWords } from "../../../policy/explain/words.ts";
import { parseCall } from "../../../policy/syntax/call-literal.ts";
import { addressOf } from "../../../policy/syntax/cidr.ts";
import { catalogueOf, keyLine, method, NOW_MS, param, policyOf } from "../support.ts";

interface Asked {
  readonly call?: string;
  readonly via?: Via;
  readonly from?: string;
  readonly bytes?: number;
  readonly methods?: Catalogue;
}

function explained(
  grants: string,
  { call = "m(a=1)", via = "unix", from, bytes = 0, methods }: Asked = {},
): DecisionRecord {
  const policy = policyOf(`policy: 1
roles: {user: , admin: }
identities:
  alice: {keys: [${keyLine(1)}], roles: [user]}
  root: {keys: [${keyLine(2)}], roles: [admin]}
grants:
${grants}`);
  const principal = policy.identity("alice") ?? assert.fail();
  const peer = { via, address: from === undefined ? undefined : addressOf(from), text: from };
  return explain(policy, parseCall(call), { principal, peer, nowMs: NOW_MS, bytes }, methods);
}

const OWNER = "  all: {to: admin, call: '**', args: any}\n";

describe("an explanation", () => {
  test("speaks of the caller's own grant, also where another's grant has fewer conditions that do not hold", () => {
    const own = "  z-own: {to: user, call: m, args: {a: {int: 5..9}, b: int}, via: tls}\n";
    for (const grants of [OWNER + own, own + OWNER]) {
      const record = explained(grants);
      assert.equal(record.nearest?.grant, "z-own");
      assert.equal(record.reason, "peer");
      assert.deepEqual(
        record.candidates.map(({ grant }) => grant),
        ["z-own", "all"],
      );
      assert.equal(reasonWords(record), "grant 'z-own' holds over tls, and the call comes over unix");
    }
  });

  test("of one's own grants names the one that is nearest, the first in the file of several", () => {
    const grants = `${OWNER}  far: {to: user, call: m, args: {a: {int: 5..9}, b: int}}\n  near: {to: user, call: m, args: {a: {int: 5..9}}}\n  other: {to: everyone, call: m, args: {a: bool}}\n`;
    const record = explained(grants);
    assert.equal(record.nearest?.grant, "near");
    assert.deepEqual(
      record.candidates.map(({ grant }) => grant),
      ["far", "near", "other", "all"],
    );
  });

  test("speaks of others' grants where there is none of one's own", () => {
    const record = explained(OWNER);
    assert.equal(record.reason, "no_role");
    assert.equal(reasonWords(record), "grant 'all' is for admin, and the caller is id:alice with user");
  });

  for (const [what, fields, asked, says] of [
    ["the channel", "args: any, via: tls", {}, "grant 'g' holds over tls, and the call comes over unix"],
    [
      "no address",
      "args: any, from: 10.0.0.0/8",
      {},
      "grant 'g' holds from 10.0.0.0/8, and the caller has no address",
    ],
    [
      "another address",
      "args: any, from: [10.0.0.0/8, 11.0.0.0/8]",
      { via: "tls", from: "12.1.1.1" },
      "grant 'g' holds from 10.0.0.0/8 or 11.0.0.0/8, and the caller has the address 12.1.1.1",
    ],
    [
      "the moment",
      "args: any, valid: {until: 2020-01-01T00:00:00Z}",
      {},
      "grant 'g' holds until 2020-01-01T00:00:00.000Z, and it is 2026-06-01T12:00:00.000Z",
    ],
    [
      "the size",
      "args: any, limits: {request: 1KiB}",
      { bytes: 2000 },
      "grant 'g' takes at most 1024 bytes in a message, and this one has 2000 bytes",
    ],
    ["an argument", "args: {a: {int: 5..9}}", {}, "grant 'g' wants a to be int 5..9, and 1 came"],
    [
      "a callback where data was allowed",
      "args: any",
      { call: "m(a=<callback>)" },
      "grant 'g' wants a to be any (any covers data only; write callback), and <callback> came",
    ],
  ] as const)
    test(`says in a sentence that it is ${what}`, () => {
      const record = explained(`  g: {to: user, call: m, ${fields}}\n`, asked);
      assert.equal(reasonWords(record), says);
      assert.match(explainAnswer(record).lines[0] ?? "", /^deny: /);
    });

  test("names the word that is missing where the method returns something by reference", () => {
    const returns: LiveShape = { type: "stream", of: { type: "string" } };
    const methods = catalogueOf({ ...method("m.read", [param("a")]), returns });
    const record = explained("  g: {to: user, call: m.*, args: any}\n", { call: "m.read(a=1)", methods });
    assert.equal(record.reason, "returns");
    assert.equal(
      reasonWords(record),
      "grant 'g' lets nothing be returned, and the method returns stream: write returns: stream",
    );
    assert.ok(explainAnswer(record).lines.includes("    ✗ returns stream; the grant names nothing"));
    const named = explained("  g: {to: user, call: m.*, args: any, returns: stream}\n", {
      call: "m.read(a=1)",
      methods,
    });
    assert.deepEqual([named.decision, named.grant], ["allow", "g"]);
    assert.ok(explainAnswer(named).lines.includes("    ✓ returns stream"));
    // Without the methods the file alone would allow it: that is said.
    const unknown = explainAnswer(
      explained("  g: {to: user, call: m.*, args: any}\n", { call: "m.read(a=1)" }),
    );
    assert.equal(unknown["decision"], "allow");
    assert.match(
      unknown.lines.join("\n"),
      /the method is not known here: with --catalogue FILE .*returns by reference/,
    );
    assert.doesNotMatch(explainAnswer(named).lines.join("\n"), /not known here/);
  });
});
