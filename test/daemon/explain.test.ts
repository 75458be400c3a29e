import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Rpc } from "../../client/rpc.ts";
import { KINDS, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { failure, until } from "../support/failure.ts";

const NARROW = `
  narrow: {to: caller, call: add, args: {a: {int: 0..100}, b: {int: 0..100}}}
  wide: {to: admin, call: "**", args: any}
`;

const SHADOW = `
shadow:
  wider: {to: caller, call: add, args: {a: int, b: int}}
  secret: {to: caller, call: secret, args: any}
`;

const EXPLAIN = `
  ask: {to: caller, call: [rpcd.policy.explain, rpcd.policy.status], args: any}
`;

describe("what is told of a decision", () => {
  let daemon: TestDaemon;
  let rpc: Rpc;
  before(async () => {
    daemon = await TestDaemon.start({ grants: `grants:${NARROW}${SHADOW}`, config: WIDE_OPEN });
    rpc = await daemon.connect();
  });
  after(async () => {
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });

  test("46: a caller without the method reads the same of a hidden, a shadowed and an unknown one", async () => {
    const [hidden, shadowed, unknown] = await Promise.all(
      ["echo", "secret", "no.such"].map((method) => failure(rpc.call(method, [1]))),
    );
    for (const error of [hidden, shadowed, unknown]) {
      const { code, text, reason, data, retry, outcome, origin, issues, denial } = error ?? assert.fail();
      assert.deepEqual(
        { code, text, reason, data, retry, outcome, origin, issues, denial },
        {
          code: "permission_denied",
          text: hidden?.text,
          reason: undefined,
          data: undefined,
          retry: undefined,
          outcome: "not_started",
          origin: "policy",
          issues: [],
          denial: undefined,
        },
      );
    }
  });

  test("a caller of the method reads which arguments are wrong, and not what would be right", async () => {
    const { code, issues, denial } = await failure(rpc.call("add", [2, 101]));
    assert.deepEqual([code, denial], ["permission_denied", undefined]);
    assert.deepEqual(issues, [{ path: "b", message: "not allowed by the policy" }]);
  });

  test("the daemon's own methods about the policy need a grant that names them: no wildcard covers them", async () => {
    daemon.writePolicy(
      `grants:\n  everything: {to: caller, call: "**", args: any}\n  own: {to: caller, call: rpcd.policy.*, args: any}\n`,
    );
    assert.equal(await daemon.reload(), true);
    for (const method of ["explain", "can", "show", "methods", "status", "reload"])
      assert.equal((await failure(rpc.call(`rpcd.policy.${method}`))).code, "permission_denied", method);
    daemon.writePolicy(`grants:${NARROW}${SHADOW}`);
    assert.equal(await daemon.reload(), true);
  });

  test("a policy of 200 grants is shown, and of a larger one it is said that it is", async () => {
    const many = (count: number): string => {
      const others = Array.from(
        { length: count - 1 },
        (_, i) => `  g${i}: {to: admin, call: add, args: {a: int, b: {int: ${i}..${i}}}}\n`,
      );
      return `grants:\n  ask: {to: caller, call: rpcd.policy.show, args: any}\n${others.join("")}`;
    };
    daemon.writePolicy(many(200));
    assert.equal(await daemon.reload(), true);
    const { grants } = (await rpc.call("rpcd.policy.show")) as { readonly grants: readonly unknown[] };
    assert.equal(grants.length, 200);
    daemon.writePolicy(many(201));
    assert.equal(await daemon.reload(), true);
    const { code, text } = await failure(rpc.call("rpcd.policy.show"));
    assert.deepEqual([code, text], ["out_of_range", "more than 200 grants: read the policy file itself"]);
    daemon.writePolicy(`grants:${NARROW}${SHADOW}`);
    assert.equal(await daemon.reload(), true);
  });

  test("41: whoever may explain reads with the denial which grant came nearest and why, over every kind", async () => {
    daemon.writePolicy(`grants:${NARROW}${EXPLAIN}${SHADOW}`);
    assert.equal(await daemon.reload(), true);
    for (const kind of KINDS) {
      const other = await daemon.connect({}, kind);
      const { denial } = await failure(other.call("add", [2, 101]));
      const { policy, at, ...rest } = denial ?? assert.fail("nothing is told");
      assert.match(policy, /^sha256:[0-9a-f]{64}$/);
      assert.match(at ?? "", /^\d+:\d+$/);
      assert.deepEqual(rest, { reason: "args", grant: "narrow", path: "b", want: "int 0..100", got: "101" });
      assert.equal((await failure(other.call("echo", [1]))).denial?.reason, "no_role");
      assert.equal((await failure(other.call("no.such", []))).denial?.reason, "no_grant");
      assert.equal((await failure(other.call("rpcd.policy.show", []))).denial?.reason, "reserved");
      await other.close();
    }
  });

  test("what a shadow grant would have allowed is counted and recorded, and denied all the same", async () => {
    const linesBefore = daemon.audit.filter(({ kind }) => kind === "shadow").length;
    assert.equal((await failure(rpc.call("add", [2, 101]))).code, "permission_denied");
    assert.equal((await failure(rpc.call("add", ["2", 101]))).code, "permission_denied");
    assert.equal((await failure(rpc.call("secret", [1]))).code, "permission_denied");
    await until(() => daemon.audit.filter(({ kind }) => kind === "shadow").length >= linesBefore + 2);
    const lines = daemon.audit.filter(({ kind }) => kind === "shadow").slice(linesBefore);
    assert.deepEqual(
      lines.map(({ method, grant, principal }) => [method, grant, principal]),
      [
        ["add", "wider", "id:tester"],
        ["secret", "secret", "id:tester"],
      ],
    );
    const status = (await rpc.call("rpcd.policy.status")) as {
      readonly shadow: Readonly<Record<string, number>>;
    };
    assert.equal(Object.keys(status.shadow).toSorted().join(), "secret,wider");
  });

  test("a shadow grant is in no table and no catalogue, and can-i says no", async () => {
    const names = [...(await rpc.catalogue()).keys()].filter((name) => !name.startsWith("rpcd."));
    assert.deepEqual(names, ["add"]);
    assert.equal(await rpc.call("rpcd.can", ["secret", [1], {}]), false);
    assert.equal(await rpc.call("rpcd.can", ["add", [2, 101], {}]), false);
    assert.equal(await rpc.call("rpcd.can", ["add", [2, 100], {}]), true);
  });

  test("asking about a policy uses up no limits, and a question that is wrong is answered as one", async () => {
    for (const [args, code] of [
      [["nobody", "add(2, 3)"], "not_found"],
      [["tester", "add("], "invalid_argument"],
      [["fleet/web", "add(2, 3)"], "not_found"],
    ] as const)
      assert.equal((await failure(rpc.call("rpcd.policy.explain", [...args]))).code, code, args.join(" "));
    for (const from of [{ from: "not an address" }, { from: "10.1.2.3" }, { via: "unix", from: "10.1.2.3" }])
      assert.equal(
        (await failure(rpc.call("rpcd.policy.explain", ["tester", "add()"], from))).code,
        "invalid_argument",
      );
    assert.ok(await rpc.call("rpcd.policy.explain", ["tester", "add()"], { via: "tls", from: "10.1.2.3" }));
  });

  test("what a policy or a call quotes is told escaped", async () => {
    const answer = (await rpc.call("rpcd.policy.explain", ["tester", 'add(a="\\u001b[2J\\u202e")'])) as {
      readonly lines: readonly string[];
    };
    assert.match(answer.lines.join("\n"), /^[\x20-\x7e✓✗\n]*$/);
  });
});
