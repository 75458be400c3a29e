import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fingerprint } from "../../../certs/public-key.ts";
import type { Policy } from "../../../policy/decide/compile.ts";
import { MAX_TABLES } from "../../../policy/decide/tables.ts";
import { loadPolicy } from "../../../policy/load/load.ts";
import { ALWAYS } from "../../../policy/syntax/window.ts";
import {
  bytes,
  catalogueOf,
  keyLine,
  method,
  NOW_MS,
  PEER,
  param,
  policyOf,
  principalOf,
  publicKey,
  withGrants,
} from "../support.ts";

const TEXT = `policy: 1
roles: {viewer: , operator: {includes: [viewer]}, admin: {includes: [operator]}, constructor: }
identities:
  alice: {keys: [${keyLine(1)}, ${keyLine(2)}], roles: [admin]}
  bob: {keys: [${keyLine(3)}], roles: [admin]}
  carol: {keys: [${keyLine(4)}]}
  toString: {keys: [${keyLine(5)}], roles: [constructor]}
grants:
  z-exact: {to: viewer, call: math.add, args: none}
  a-all: {to: admin, call: "**", args: any}
  b-one: {to: [operator, admin], call: [math.*, math.**], args: any}
  c-exact: {to: viewer, call: [math.*, math.add], args: any}
  hers: {to: id:carol, call: math.add, args: none}
  his: {to: constructor, call: math.add, args: none}
`;

const CATALOGUE = catalogueOf(
  method("math.add", [param("a")]),
  method("math.mul"),
  method("math.deep.add"),
  method("secret", [], true),
  method("rpcd.status"),
);

const tableOf = (policy: Policy, key: number) =>
  policy.table(principalOf(policy, key), PEER, CATALOGUE, NOW_MS);

const idsOf = (text: string, key = 1): Record<string, string[]> => {
  const policy = policyOf(text);
  const { rows } = tableOf(policy, key);
  return Object.fromEntries([...rows].map(([name, { all }]) => [name, all.map(({ id }) => id)]));
};

const reach = (call: string): string[] =>
  Object.keys(idsOf(withGrants(`  g: {to: user, call: ${call}, args: any}\n`)));

const left = (call: string, except: string): Record<string, string[]> =>
  idsOf(
    withGrants(
      `  g: {to: user, call: ${call}, except: ${except}, args: any}\n  h: {to: user, call: math.mul, args: any}\n`,
    ),
  );

describe("a policy", () => {
  test("knows a principal by each of its keys, with all roles flat and sorted", () => {
    const policy = policyOf(TEXT);
    const alice = { name: "id:alice", roles: ["admin", "operator", "viewer"], valid: ALWAYS };
    assert.deepEqual(principalOf(policy, 1), alice);
    assert.deepEqual(principalOf(policy, 2), alice);
    assert.deepEqual(principalOf(policy, 4), { name: "id:carol", roles: [], valid: ALWAYS });
    assert.deepEqual(principalOf(policy, 5).roles, ["constructor"]);
    assert.deepEqual(policy.principalOfKey(fingerprint(publicKey(9)), NOW_MS), {
      ok: false,
      reason: "unknown_key",
    });
  });

  test("lists the candidates of a method exact first, then * and **, then by id", () => {
    assert.deepEqual(idsOf(TEXT), {
      "math.add": ["c-exact", "z-exact", "b-one", "a-all"],
      "math.mul": ["b-one", "c-exact", "a-all"],
      "math.deep.add": ["a-all", "b-one"],
    });
  });

  test("has nothing for methods that no grant covers, and no entry for them", () => {
    assert.deepEqual(idsOf(TEXT, 4), { "math.add": ["hers"] });
    assert.deepEqual(idsOf(TEXT, 5), { "math.add": ["his"] });
  });

  test("gives everyone what is for everyone", () => {
    assert.deepEqual(idsOf(TEXT.replace("id:carol", "everyone"), 5), { "math.add": ["hers", "his"] });
  });

  test("reaches reserved methods by their exact names only", () => {
    assert.deepEqual(reach('["**", rpcd.*, rpcd.**]'), ["math.add", "math.mul", "math.deep.add"]);
    assert.deepEqual(reach("[rpcd.status, secret]"), ["rpcd.status", "secret"]);
  });

  test("takes away with except what the grant covers, reserved methods too, and from that grant only", () => {
    assert.deepEqual(left("math.**", "math.*"), { "math.deep.add": ["g"], "math.mul": ["h"] });
    assert.deepEqual(left("[math.mul, math.add, rpcd.status]", "['rpcd.*', math.mul]"), {
      "math.add": ["g"],
      "math.mul": ["h"],
    });
  });

  test("gives one table to all principals whose grants are the same", () => {
    const policy = policyOf(TEXT);
    assert.equal(tableOf(policy, 1), tableOf(policy, 3));
    assert.notEqual(tableOf(policy, 1), tableOf(policy, 4));
  });

  test("compiles a grant once for each method, whoever asks for it", () => {
    const policy = policyOf(TEXT.replace("id:carol", "[id:carol, viewer]"));
    const hers = (key: number) =>
      tableOf(policy, key)
        .rows.get("math.add")
        ?.all.find(({ id }) => id === "hers");
    assert.ok(hers(1) !== undefined);
    assert.equal(hers(1), hers(4));
  });

  test("keeps exactly as many tables as its limit, and lets go of the one not asked for the longest", () => {
    // Nine roles with a grant each make 512 sorts of principals.
    const roles = Array.from({ length: 9 }, (_, i) => `r${i}`);
    const grants = roles.map((role) => `  ${role}: {to: ${role}, call: math.add, args: none}\n`);
    const policy = policyOf(
      `policy: 1\nroles:\n${roles.map((role) => `  ${role}:\n`).join("")}grants:\n${grants.join("")}`,
    );
    const table = (sort: number) => {
      const held = roles.filter((_, i) => (sort >> i) % 2 === 1);
      return policy.table({ name: "id:x", roles: held, valid: ALWAYS }, PEER, CATALOGUE, NOW_MS);
    };
    const [first, second] = [table(0), table(1)];
    for (let sort = 2; sort < MAX_TABLES; sort++) table(sort);
    assert.equal(table(0), first);
    table(MAX_TABLES);
    assert.equal(table(0), first);
    assert.notEqual(table(1), second);
  });

  test("spreads ten thousand grants over the methods that they cover", () => {
    const grants = Array.from(
      { length: 10_000 },
      (_, i) => `  g${i}: {to: user, call: math.m${i % 2000}, args: {a: {int: 0..${i}}}}\n`,
    );
    const policy = policyOf(withGrants(grants.join("")));
    const catalogue = catalogueOf(
      ...Array.from({ length: 2000 }, (_, i) => method(`math.m${i}`, [param("a")])),
    );
    const { rows } = policy.table(principalOf(policy, 1), PEER, catalogue, NOW_MS);
    assert.equal(rows.size, 2000);
    assert.equal(rows.get("math.m7")?.all.length, 5);
  });
});

describe("loadPolicy", () => {
  test("gives the hash of the bytes, of a refused file too", () => {
    const empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert.equal(loadPolicy(bytes("")).hash, empty);
    const { hash, policy } = loadPolicy(bytes(TEXT));
    assert.match(hash, /^sha256:[0-9a-f]{64}$/);
    assert.equal(policy?.hash, hash);
  });

  test("gives a policy exactly where no problem is an error", () => {
    for (const text of [
      TEXT,
      `${TEXT}x: 1\n`,
      "",
      "policy: 1\n",
      "policy: 1\nroles: {a: }\n",
      "[",
      "policy: 01\n",
    ]) {
      const { policy, problems } = loadPolicy(bytes(text));
      assert.equal(
        policy === undefined,
        problems.some(({ severity }) => severity === "error"),
        text,
      );
    }
  });

  test("says only what the gate says of a text that is no YAML", () => {
    assert.deepEqual(
      loadPolicy(bytes("policy: [1\n")).problems.map(({ code }) => code),
      ["P101"],
    );
  });

  test("never throws, whatever the bytes", () => {
    const whole = bytes(TEXT);
    for (let i = 0; i < whole.length; i += 3) {
      const mangled = Uint8Array.from(whole);
      mangled[i] = (i * 37) % 256;
      loadPolicy(mangled, CATALOGUE);
      loadPolicy(whole.subarray(0, i), CATALOGUE);
    }
  });
});
