import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RpcError, withNamed, withOptions } from "../../../client/index.ts";
import type { Rpc } from "../../../client/rpc.ts";
import { TestDaemon } from "../../support/daemon.ts";
import { failure, until } from "../../support/failure.ts";
import { RawPeer } from "../../support/peers/raw-peer.ts";

describe("calls to a real daemon", () => {
  let daemon: TestDaemon;
  let rpc: Rpc;

  before(async () => {
    daemon = await TestDaemon.start();
    rpc = await daemon.connect();
  });
  after(async () => {
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });

  test("positions and names reach the handler as the same parameters", async () => {
    assert.equal(await rpc.call("add", [2, 3]), 5);
    assert.equal(await rpc.call("add", [2], { b: 3 }), 5);
    assert.equal(await rpc.call("add", [], { b: 3, a: 2 }), 5);
    const service = rpc.service();
    assert.equal(await service["add"]?.(2, 3), 5);
  });

  test("every kind of data comes back as it went", async () => {
    const values: unknown[] = [
      null,
      true,
      0,
      -1.5,
      2 ** 40,
      "",
      "Grüße 👋",
      new Uint8Array([1, 2]),
      new Date(1_700_000_000_123),
      [[]],
      { a: { b: [null] } },
      "x".repeat(100_000),
    ];
    for (const value of values) assert.deepEqual(plain(await rpc.call("echo", [value])), plain(value));
    assert.equal(await rpc.call("nothing"), null);
  });

  test("many calls at once on one connection are each answered, the quick before the slow", async () => {
    const order: string[] = [];
    const gate = daemon.gate("slow");
    const slow = rpc.call("held", [gate.file]).then(() => order.push("slow"));
    await rpc.call("add", [1, 1]).then(() => order.push("quick"));
    gate.open();
    await slow;
    assert.deepEqual(order, ["quick", "slow"]);
    const answers = await Promise.all(Array.from({ length: 2_000 }, (_, i) => rpc.call("add", [i, 1])));
    assert.deepEqual(
      answers,
      Array.from({ length: 2_000 }, (_, i) => i + 1),
    );
  });

  test("a binding that does not fit says everything that is wrong, and nothing runs", async () => {
    const missing = await failure(rpc.call("add", [2]));
    assert.deepEqual(
      [missing.code, missing.outcome, missing.origin],
      ["invalid_argument", "not_started", "arguments"],
    );
    assert.deepEqual(missing.issues, [{ path: "b", message: "missing" }]);
    const twice = await failure(rpc.call("add", [2, 3], { a: 1, c: 2 }));
    assert.deepEqual(twice.issues, [
      { path: "a", message: "given by position and by name" },
      { path: "c", message: "no such parameter" },
    ]);
    const many = await failure(rpc.call("add", [1, 2, 3]));
    assert.deepEqual(
      many.issues.map(({ path }) => path),
      ["[2]"],
    );
  });

  test("an argument that the schema refuses, or would convert, is named", async () => {
    for (const bad of ["2", 2.5, null, [2]]) {
      const error = await failure(rpc.call("add", [bad, 3]));
      assert.equal(error.code, "invalid_argument");
      assert.deepEqual(
        error.issues.map(({ path }) => path),
        ["a"],
      );
    }
    assert.equal(await rpc.call("add", [2.0, -0]), 2);
  });

  test("a method without a grant, an unknown one and a hostile name are the same answer", async () => {
    for (const method of [
      "secret",
      "no.such",
      "constructor",
      "__proto__",
      "toString",
      "add.",
      "ADD",
      "add\0",
      "",
      "rpcd",
      "rpcd.health",
    ]) {
      const error = await failure(rpc.call(method, [1]));
      assert.deepEqual(
        [error.code, error.text, error.origin, error.outcome, error.issues],
        ["permission_denied", "the policy does not allow this call", "policy", "not_started", []],
        method,
      );
    }
  });

  test("what a handler throws by mistake stays in the log, under the id that the caller reads", async () => {
    const error = await failure(rpc.call("fail"));
    assert.deepEqual([error.code, error.text, error.data], ["internal", "this side failed", undefined]);
    await until(() =>
      daemon.log.some((line) => line.includes(error.id) && line.includes("the secret reason")),
    );
  });

  test("a fault thrown on purpose arrives whole, with its declared reason and data", async () => {
    const error = await failure(rpc.call("fault", ["full"]));
    assert.deepEqual(
      [error.code, error.text, error.reason, error.data, error.origin],
      ["failed_precondition", "the disk is full", "full", { free: 0 }, "handler"],
    );
    assert.equal((await failure(rpc.call("fault", ["undeclared"]))).code, "internal");
  });

  test("a result that is not what the method declares, or has no form on the wire, is an internal fault", async () => {
    assert.equal((await failure(rpc.call("liar"))).code, "internal");
    for (const kind of ["error", "map", "fn", "big", "cycle", "half", "proxy"]) {
      const error = await failure(rpc.call("wrong", [kind]));
      assert.deepEqual([error.code, error.text], ["internal", "this side failed"], kind);
    }
    const huge = await failure(rpc.call("wrong", ["huge"]));
    assert.deepEqual([huge.code, huge.outcome], ["out_of_range", "done"]);
    assert.match(huge.message, /too large for one message: the method has to return a stream/);
    assert.equal(await rpc.call("add", [1, 1]), 2, "the connection goes on");
  });

  test("an abort cancels at the daemon too: the handler hears of it", async () => {
    const controller = new AbortController();
    const hanging = rpc.call("hang", [], {}, { signal: controller.signal });
    await until(async () => (await rpc.call("running")) === 1);
    controller.abort(new Error("enough"));
    const error = await failure(hanging);
    assert.deepEqual(
      [error.code, error.outcome, (error.cause as Error).message],
      ["cancelled", "unknown", "enough"],
    );
    await until(async () => (await rpc.call("running")) === 0);
  });

  test("a call that was aborted before it began is never sent", async () => {
    const known = daemon.audit.length;
    const error = await failure(rpc.call("add", [1, 2], {}, { signal: AbortSignal.abort() }));
    assert.deepEqual([error.code, error.outcome], ["cancelled", "not_started"]);
    assert.equal(daemon.audit.length, known);
  });

  test("a deadline ends the call at both ends", async () => {
    const error = await failure(rpc.call("hang", [], {}, { timeoutMs: 60 }));
    assert.deepEqual([error.code, error.outcome], ["deadline_exceeded", "unknown"]);
    await until(async () => (await rpc.call("running")) === 0);
  });

  test("arguments that cannot be sent are refused here, by their place", async () => {
    const error = await failure(rpc.call("echo", [[() => 1]]));
    assert.deepEqual([error.code, error.outcome, error.id], ["invalid_argument", "not_started", ""]);
    assert.match(error.message, /argument 1\[0\]: a function cannot be sent/);
    assert.match(
      (await failure(rpc.call("echo", ["x".repeat(2 ** 20 - 10)]))).message,
      /^echo: argument 1 is too large for one message \(the message takes 1048\d{3} bytes, and 1048576 is the most\); pass it as a stream, or in several calls$/,
    );
    await rpc.catalogue();
    for (const [byPosition, byName] of [
      [["x".repeat(2 ** 20 + 1)], {}],
      [[Array.from({ length: 10_001 }, () => 1)], {}],
      [[Array.from({ length: 700 }, () => ({ "1022": null }))], {}],
      [[], { value: Array.from({ length: 700 }, () => ({ "1022": null })) }],
    ] as const) {
      const tooLarge = await failure(rpc.call("echo", byPosition, byName));
      assert.deepEqual(
        [tooLarge.code, tooLarge.outcome, tooLarge.id],
        ["invalid_argument", "not_started", ""],
      );
      assert.match(
        tooLarge.message,
        /^echo: argument 'value' is too large for one message .*; pass it as a stream, or in several calls$/,
      );
    }
  });

  test("a time that is over before the call begins is said here, and nothing is sent", async () => {
    const known = daemon.audit.length;
    for (const timeoutMs of [0, -1, -Infinity]) {
      const error = await failure(rpc.call("add", [1, 2], {}, { timeoutMs }));
      assert.deepEqual([error.code, error.outcome], ["deadline_exceeded", "not_started"], String(timeoutMs));
    }
    assert.equal(await rpc.call("add", [1, 2], {}, { timeoutMs: Infinity }), 3);
    assert.equal(daemon.audit.length, known + 1);
    await assert.rejects(daemon.connect({ timeoutMs: -1 }), { code: "deadline_exceeded" });
    await (await daemon.connect({ timeoutMs: 2 ** 40 })).close();
  });

  test("no caller gets more than five minutes, and one that says nothing gets thirty seconds", async () => {
    const left = async (timeoutMs: number): Promise<number> =>
      (await rpc.call("deadline", [], {}, { timeoutMs })) as number;
    const FIVE_MINUTES = 300_000;
    for (const asked of [FIVE_MINUTES, FIVE_MINUTES + 1, 2 ** 50]) {
      const ms = await left(asked);
      assert.equal(ms <= FIVE_MINUTES && ms > FIVE_MINUTES - 60_000, true, `${asked}: ${ms}`);
    }
    const ms = await left(FIVE_MINUTES - 100_000);
    assert.equal(ms <= FIVE_MINUTES - 100_000, true, String(ms));
    const raw = await RawPeer.loggedIn(daemon.address, daemon.identity);
    raw.send([16, 1, 0, "deadline", [], {}, {}]);
    const [, , silent] = (await raw.next()) as [number, number, number];
    assert.equal(silent <= 30_000 && silent > 0, true, String(silent));
    await raw.destroy();
  });

  test("many calls that are given up at once are cancelled, and the others go on", async () => {
    const controller = new AbortController();
    const gate = daemon.gate("other");
    const other = rpc.call("held", [gate.file]);
    const hanging = Array.from({ length: 120 }, () =>
      failure(rpc.call("hang", [], {}, { signal: controller.signal })),
    );
    await rpc.ping();
    controller.abort();
    for (const error of await Promise.all(hanging)) assert.equal(error.code, "cancelled");
    gate.open();
    assert.equal(await other, gate.file);
  });

  test("arguments are read when the call is made, also if it must wait for its turn", async () => {
    const busy = Array.from({ length: 128 }, () => rpc.call("stubborn", [100]));
    const list = [1, 2, 3];
    const waiting = rpc.call("echo", [list]);
    list.fill(9);
    const bad = failure(
      rpc.call("echo", [
        {
          get a(): unknown {
            throw new Error("mine");
          },
        },
      ]),
    );
    assert.match((await bad).message, /cannot be sent: Error: mine/);
    assert.deepEqual(await waiting, [1, 2, 3]);
    await Promise.all(busy);
  });

  test("typed proxies call by position, by name and with options", async () => {
    const service = rpc.service();
    const add = service["add"] ?? assert.fail();
    assert.equal(await withNamed(add)({ a: 4, b: 5 }), 9);
    assert.equal(
      (await failure(withOptions(service["hang"] ?? add, { timeoutMs: 40 })())).code,
      "deadline_exceeded",
    );
  });

  test("a client can ask who it is and what it may do, and learns nothing of the rest", async () => {
    const who = (await rpc.call("rpcd.whoami")) as Record<string, unknown>;
    assert.deepEqual(
      [who["principal"], who["roles"], who["via"], who["connection"]],
      ["id:tester", ["caller"], "unix", rpc.connection],
    );
    const catalogue = await rpc.catalogue();
    assert.equal(catalogue.has("add") && !catalogue.has("secret"), true);
    assert.deepEqual(
      catalogue.get("add")?.params.map(({ name, shape }) => [name, shape.type]),
      [
        ["a", "int"],
        ["b", "int"],
      ],
    );
    assert.equal(await rpc.call("rpcd.can", ["add", [1, 2]]), true);
    assert.equal(await rpc.call("rpcd.can", ["add", [1]]), false);
    assert.equal(await rpc.call("rpcd.can", ["secret", [1]]), false);
    assert.equal(await rpc.call("rpcd.can", ["no.such"]), false);
  });

  test("every login and every decision is a line of the audit log, written before the call ran", async () => {
    await rpc.call("add", [1, 2]);
    const denied = await failure(rpc.call("secret", [1]));
    const { audit } = daemon;
    assert.deepEqual(Object.keys(audit[0] ?? {}), ["at", "kind", "id", "via", "result", "principal", "key"]);
    assert.equal(audit[0]?.["kind"], "login");
    const line = audit.find(({ id }) => id === denied.id) ?? assert.fail("no line");
    assert.deepEqual(
      [line["decision"], line["reason"], line["method"], line["principal"]],
      ["deny", "no_grant", "secret", "id:tester"],
    );
    assert.match(String(line["policy"]), /^sha256:[0-9a-f]{16}$/);
    assert.equal(
      audit.some(
        (one) => one["decision"] === "allow" && one["grant"] === "all-but-secret" && one["method"] === "add",
      ),
      true,
    );
  });

  test("ping is answered", async () => {
    assert.equal((await rpc.ping()) > 0, true);
  });
});

describe("a daemon that stops", () => {
  test("lets running calls finish, starts no new ones, and ends with 0", async () => {
    const daemon = await TestDaemon.start();
    const rpc = await daemon.connect();
    const gate = daemon.gate();
    const running = rpc.call("held", [gate.file]);
    await until(async () => (await rpc.call("running")) === 1);
    daemon.signal("SIGTERM");
    await until(() => daemon.log.some((line) => line.includes('"msg":"stopping"')));
    await until(
      async () =>
        (
          await failure(
            rpc.call("add", [1, 2]).then(() => Promise.reject(new RpcError("internal", "it ran"))),
          )
        ).code === "unavailable",
    );
    const refused = await failure(rpc.call("add", [1, 2]));
    assert.deepEqual([refused.code, refused.outcome], ["unavailable", "not_started"]);
    gate.open();
    assert.equal(await running, gate.file);
    await rpc.closed;
    assert.equal(await daemon.stop(), 0);
  });

  test("ends what does not finish within the drain time, and says that its outcome is unknown", async () => {
    const daemon = await TestDaemon.start({ config: "drain_timeout_ms: 50" });
    const rpc = await daemon.connect();
    const hanging = failure(rpc.call("hang"));
    await until(async () => (await rpc.call("running")) === 1);
    daemon.signal("SIGTERM");
    const error = await hanging;
    assert.deepEqual([error.code, error.outcome], ["unavailable", "unknown"]);
    assert.equal(await daemon.stop(), 0);
  });

  test("is not kept from ending by a handler that goes on all the same", async () => {
    const daemon = await TestDaemon.start({ config: "drain_timeout_ms: 50" });
    const rpc = await daemon.connect();
    const stubborn = failure(rpc.call("stubborn", [600_000]));
    await until(async () => (await rpc.call("running")) === 1);
    assert.equal(await daemon.stop(), 0);
    assert.deepEqual([(await stubborn).code, (await stubborn).outcome], ["unavailable", "unknown"]);
  });

  test("stops at once on a second signal", async () => {
    const daemon = await TestDaemon.start({ config: "drain_timeout_ms: 60000" });
    const rpc = await daemon.connect();
    const hanging = failure(rpc.call("hang"));
    await until(async () => (await rpc.call("running")) === 1);
    daemon.signal("SIGTERM");
    await until(() => daemon.log.some((line) => line.includes('"msg":"stopping"')));
    daemon.signal("SIGTERM");
    assert.equal((await hanging).code, "unavailable");
    assert.equal(await daemon.stop(), 0);
  });

  test("killed, it leaves its callers with an unknown outcome and later ones without a daemon", async () => {
    const daemon = await TestDaemon.start();
    const rpc = await daemon.connect();
    const hanging = failure(rpc.call("hang"));
    await until(async () => (await rpc.call("running")) === 1);
    daemon.signal("SIGKILL");
    const error = await hanging;
    assert.deepEqual([error.code, error.outcome], ["unavailable", "unknown"]);
    await rpc.closed;
    assert.deepEqual([(await failure(rpc.call("add", [1, 2]))).outcome], ["not_started"]);
    await daemon.exited();
    const nobody = await failure(daemon.connect());
    assert.deepEqual([nobody.code, nobody.origin], ["unavailable", "channel"]);
    await daemon.stop();
  });
});

function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Array.from(value) : value;
}
