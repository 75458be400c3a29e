import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Rpc } from "../../../client/rpc.ts";
import { OPERATOR_METHODS } from "../../../daemon/base/operator-methods.ts";
import { OPERATOR_SERVICE, SESSIONS_SERVICE } from "../../../daemon/builtin/operator.ts";
import { TestDaemon, WIDE_OPEN } from "../../support/daemon.ts";
import { failure, until } from "../../support/failure.ts";
import { WatchedDaemon } from "../../support/watched-daemon.ts";

/** The parts of an answer that a test may look into. */
type Answer = Readonly<Record<string, unknown>>;

const METHODS = ["rpcd.health", "rpcd.stats", "rpcd.sessions.list", "rpcd.sessions.end"];

const GRANTS = `
  own: {to: caller, call: [add, fail, hang, echo], args: any}
  small: {to: caller, call: fault, args: {reason: {enum: [full]}}}
  tiny: {to: caller, call: before, args: any, limits: {request: 64B}}
  late: {to: caller, call: stubborn, args: any, limits: {timeout: 50ms}}
  seldom: {to: caller, call: running, args: any, limits: {rate: 1/h}}
`;

async function ask(rpc: Rpc, method: string, ...args: unknown[]): Promise<Answer> {
  return (await rpc.call(method, args)) as Answer;
}

async function part(rpc: Rpc, method: string, name: string): Promise<Answer> {
  return (await ask(rpc, method))[name] as Answer;
}

describe("the methods for operators", () => {
  let watched: WatchedDaemon;
  let watcher: Rpc;
  let caller: Rpc;
  before(async () => {
    watched = await WatchedDaemon.start(GRANTS, { config: WIDE_OPEN });
    watcher = await watched.watch();
    caller = await watched.daemon.connect();
  });
  after(async () => {
    await watcher.close();
    await caller.close();
    assert.equal(await watched.daemon.stop(), 0);
  });

  test("are denied as a method that is not there, without a grant that names them", async () => {
    const unknown = await failure(caller.call("no.such.method"));
    for (const method of METHODS) {
      const { code, text, outcome, origin, issues, denial } = await failure(caller.call(method));
      assert.deepEqual(
        { code, text, outcome, origin, issues, denial },
        {
          code: "permission_denied",
          text: unknown.text,
          outcome: "not_started",
          origin: "policy",
          issues: [],
          denial: undefined,
        },
        method,
      );
      assert.equal(await caller.call("rpcd.can", [method, [], {}]), false);
    }
    assert.deepEqual(
      [...(await caller.catalogue()).keys()].filter((name) => METHODS.includes(name)),
      [],
    );
  });

  test("no wildcard covers them", async () => {
    const other = await WatchedDaemon.start(
      `  all: {to: caller, call: ["**"], args: any}\n  own: {to: caller, call: [rpcd.*, rpcd.sessions.*], args: any}\n`,
    );
    const rpc = await other.daemon.connect();
    for (const method of METHODS)
      assert.equal((await failure(rpc.call(method))).code, "permission_denied", method);
    await rpc.close();
    assert.equal(await other.daemon.stop(), 0);
  });

  test("health says which policy is in force, and since when all this runs", async () => {
    const { status, version, started, uptime_s, policy, problems } = await ask(watcher, "rpcd.health");
    const { hash, generation, loaded } = policy as Answer;
    assert.deepEqual([status, problems, generation], ["ok", [], 2]);
    assert.match(String(version), /^\d+\.\d+\.\d+/);
    assert.match(String(hash), /^sha256:[0-9a-f]{64}$/);
    assert.ok(started instanceof Date && loaded instanceof Date && started <= loaded);
    assert.ok(Number.isSafeInteger(uptime_s));
  });

  test("health is degraded while the file of the policy is refused, says what to do, and is well again after it", async () => {
    const file = join(watched.daemon.folder, "policy.yaml");
    const good = readFileSync(file);
    writeFileSync(file, "policy: 2\n", { mode: 0o600 });
    assert.equal(await watched.daemon.reload(), false);
    const { status, problems } = await ask(watcher, "rpcd.health");
    assert.equal(status, "degraded");
    assert.match(
      String(problems),
      /^a reload was refused at \S+Z, and what was in force before it .*rpcctl policy status/,
    );
    assert.equal((await part(watcher, "rpcd.stats", "policy"))["refused"], true);
    writeFileSync(file, good, { mode: 0o600 });
    assert.equal(await watched.daemon.reload(), true);
    assert.equal((await ask(watcher, "rpcd.health"))["status"], "ok");
    assert.equal((await part(watcher, "rpcd.stats", "policy"))["refused"], false);
  });
});

test("an operator is one who may call any of the methods for operators, and nothing else makes one", () => {
  const own = [OPERATOR_SERVICE, SESSIONS_SERVICE].flatMap(({ name, methods }) =>
    Object.keys(methods).map((method) => `${name}.${method}`),
  );
  assert.deepEqual([...OPERATOR_METHODS], own);
});

test("an operator whose connections are all taken has two more, to look and to end them", async () => {
  const config = "max_connections_per_principal: 1\n";
  const operator = "grants:\n  watch: {to: caller, call: [rpcd.health, rpcd.sessions.end], args: any}\n";
  for (const [grants, more] of [
    [operator, 2],
    ["grants:\n  add: {to: caller, call: add, args: any}\n", 0],
  ] as const)
    await TestDaemon.during({ config, grants }, async (daemon) => {
      const open = [await daemon.connect()];
      for (let i = 0; i < more; i++) open.push(await daemon.connect());
      assert.equal((await failure(daemon.connect())).code, "resource_exhausted");
      await Promise.all(open.map((rpc) => rpc.close()));
    });
});

describe("what is counted", () => {
  test("is every answer, by method and code, and every denial, by its reason; nothing of a name that the caller does not have", async () => {
    const watched = await WatchedDaemon.start(GRANTS, { config: WIDE_OPEN });
    const watcher = await watched.watch();
    const caller = await watched.daemon.connect();
    for (let i = 0; i < 3; i++) assert.equal(await caller.call("add", [i, 1]), i + 1);
    const failures: readonly (readonly [string, ReturnType<typeof failure>])[] = [
      ["internal", failure(caller.call("fail"))],
      ["failed_precondition", failure(caller.call("fault", ["full"]))],
      ["permission_denied", failure(caller.call("fault", ["empty"]))],
      ["permission_denied", failure(caller.call("secret", [1]))],
      ["permission_denied", failure(caller.call("no.such.method"))],
      ["permission_denied", failure(caller.call("rpcd.stats"))],
      ["permission_denied", failure(caller.call("before", ["x".repeat(100)]))],
      ["invalid_argument", failure(caller.call("add", [1, 2, 3]))],
      ["invalid_argument", failure(caller.call("add", ["one", 2]))],
      ["deadline_exceeded", failure(caller.call("stubborn", [200]))],
    ];
    for (const [code, call] of failures) assert.equal((await call).code, code);
    assert.equal(typeof (await caller.call("running")), "number");
    assert.equal((await failure(caller.call("running"))).code, "resource_exhausted");
    const stop = new AbortController();
    const hanging = caller.call("hang", [], {}, { signal: stop.signal });
    await until(async () => (await part(watcher, "rpcd.stats", "calls"))["running"] === 2);
    stop.abort();
    assert.equal((await failure(hanging)).code, "cancelled");
    await until(async () => (await part(watcher, "rpcd.stats", "calls"))["running"] === 1);
    const {
      calls,
      denials,
      logins,
      ended_before_login: lost,
      connections,
    } = await ask(watcher, "rpcd.stats");
    const { methods, nameless, next } = calls as Answer;
    const called = (methods as readonly Answer[]).filter(({ method }) => !String(method).startsWith("rpcd."));
    assert.deepEqual(called, [
      { method: "add", codes: { ok: 3, invalid_argument: 2 } },
      { method: "before", codes: { permission_denied: 1 } },
      { method: "fail", codes: { internal: 1 } },
      { method: "fault", codes: { failed_precondition: 1, permission_denied: 1 } },
      { method: "hang", codes: { cancelled: 1 } },
      { method: "running", codes: { ok: 1, resource_exhausted: 1 } },
      { method: "stubborn", codes: { deadline_exceeded: 1 } },
    ]);
    assert.deepEqual([nameless, next], [{ permission_denied: 3 }, null]);
    assert.deepEqual(denials, { no_grant: 3, args: 1, request_size: 1, limit: 1, binding: 1, error: 0 });
    const none = { unknown_key: 0, revoked: 0, expired: 0, bad_key: 0, bad_signature: 0 };
    assert.deepEqual(logins, {
      ...none,
      ok: 2,
      busy: 0,
      too_many_connections: 0,
      audit_room: 0,
      unrecorded: 0,
    });
    assert.deepEqual(lost, { dropped: 0, tls_failed: 0, broken: 0 });
    assert.deepEqual(connections, { open: 2, sessions: 2, before_login: 0 });
    await watcher.close();
    await caller.close();
    assert.equal(await watched.daemon.stop(), 0);
  });

  test("are logins that were refused, connections that came to none, decisions and lines of the audit log", async () => {
    const watched = await WatchedDaemon.start(GRANTS, { config: WIDE_OPEN });
    const watcher = await watched.watch();
    const stranger = await WatchedDaemon.start("");
    await assert.rejects(watched.daemon.connect({ identity: stranger.daemon.identity }));
    assert.equal(await stranger.daemon.stop(), 0);
    const first = await ask(watcher, "rpcd.stats");
    assert.equal((first["logins"] as Answer)["unknown_key"], 1);
    await watcher.call("rpcd.health");
    const { decisions, audit } = await ask(watcher, "rpcd.stats");
    const { count, total_ms, p50_ms, p90_ms, p99_ms, max_ms } = decisions as Record<string, number>;
    assert.equal(count, Number((first["decisions"] as Answer)["count"]) + 2);
    const rising = [0, p50_ms, p90_ms, p99_ms, max_ms, total_ms];
    assert.deepEqual(
      rising,
      rising.toSorted((a, b) => Number(a) - Number(b)),
    );
    const { records, failures, failing, writing_ms } = audit as Answer;
    assert.deepEqual([records, failures, failing], [watched.daemon.audit.length, 0, false]);
    assert.ok(Number(writing_ms) > 0);
    await watcher.close();
    assert.equal(await watched.daemon.stop(), 0);
  });

  test("a page takes a thousand methods, and one more goes to the next", async () => {
    const count = 1_001;
    const service = `import { defineService, method } from "rpcd/service";
      const names = Array.from({ length: ${count} }, (_, i) => "m" + String(i).padStart(4, "0"));
      export default defineService(Object.fromEntries(names.map((name) => [name, method({ params: [], run: () => 1 })])));`;
    const watched = await WatchedDaemon.start(`  all: {to: caller, call: "**", args: any}\n`, { service });
    const watcher = await watched.watch();
    const caller = await watched.daemon.connect();
    const names = Array.from({ length: count }, (_, i) => `m${String(i).padStart(4, "0")}`);
    for (const name of names.slice(1)) await caller.call(name);
    // Each is four items: itself, its name, its codes, and one of them.
    const first = await part(watcher, "rpcd.stats", "calls");
    assert.deepEqual([(first["methods"] as readonly unknown[]).length, first["next"]], [1_000, null]);
    await caller.call(names[0] ?? "");
    const page = await part(watcher, "rpcd.stats", "calls");
    assert.deepEqual([(page["methods"] as readonly unknown[]).length, page["next"]], [1_000, names[999]]);
    const { calls } = await ask(watcher, "rpcd.stats", page["next"]);
    const rest = (calls as Answer)["methods"] as readonly Answer[];
    assert.deepEqual(
      rest.map(({ method }) => method),
      [names[1_000], "rpcd.stats"],
    );
    await watcher.close();
    await caller.close();
    assert.equal(await watched.daemon.stop(), 0);
  });

  test("a full disk is told for a while after it, since nobody can ask while it is full", async () => {
    const { problemsOf } = await import("../../../daemon/builtin/health.ts");
    const at = Date.parse("2030-01-02T03:04:05Z");
    const told = (isFailing: boolean, nowMs: number): readonly string[] =>
      problemsOf({ refused: undefined }, { isFailing, failedAtMs: at }, nowMs);
    assert.match(String(told(true, at)), /^the audit log cannot be written, .*see that its disk has room/);
    assert.match(
      String(told(false, at + 299_999)),
      /^the audit log could not be written, last at 2030-01-02T03:04:05\.000Z/,
    );
    assert.deepEqual(told(false, at + 300_000), []);
  });
});

describe("the sessions", () => {
  let watched: WatchedDaemon;
  let watcher: Rpc;
  before(async () => {
    watched = await WatchedDaemon.start(GRANTS, { config: WIDE_OPEN });
    watcher = await watched.watch();
  });
  after(async () => {
    await watcher.close();
    assert.equal(await watched.daemon.stop(), 0);
  });
  const listed = async (): Promise<readonly Answer[]> =>
    (await ask(watcher, "rpcd.sessions.list"))["sessions"] as readonly Answer[];

  test("are listed with what each has under way, over every kind of channel", async () => {
    const local = await watched.daemon.connect();
    const remote = await watched.daemon.connect({}, "tls");
    const hanging = remote.call("hang", []);
    hanging.catch(() => undefined);
    await until(async () => (await listed()).some(({ calls, via }) => via === "tls" && calls === 1));
    const rows = (await listed()).map(({ connection, key, since, bytes, ...rest }) => {
      assert.match(String(connection), /^[0-9a-z]{16}$/);
      assert.match(String(key), /^SHA256:/);
      assert.ok(since instanceof Date && Number.isSafeInteger(bytes));
      return rest;
    });
    const tester = { principal: "id:tester", roles: ["caller"], references: 0 };
    const expected = [
      { ...tester, via: "unix", address: null, calls: 0 },
      { ...tester, via: "tls", address: "127.0.0.1", calls: 1 },
      { principal: "id:watcher", roles: ["admin"], via: "unix", address: null, calls: 1, references: 0 },
    ];
    const sorted = (all: readonly object[]): readonly string[] =>
      all.map((one) => JSON.stringify(one, Object.keys(one).toSorted())).toSorted();
    assert.deepEqual(sorted(rows), sorted(expected));
    await local.close();
    await remote.close();
    await until(async () => (await listed()).length === 1);
  });

  test("go into pages that lose none while others come and go", async () => {
    const many: Rpc[] = [];
    for (let i = 0; i < 420; i++) many.push(await watched.daemon.connect());
    const all = new Set<unknown>();
    let last: unknown = "";
    let pages = 0;
    while (last !== null) {
      const page = await ask(watcher, "rpcd.sessions.list", last);
      for (const { connection } of page["sessions"] as readonly Answer[]) all.add(connection);
      last = page["next"];
      pages++;
      await many.pop()?.close();
      many.push(await watched.daemon.connect());
    }
    assert.ok(pages > 1);
    for (const rpc of many.slice(0, 400)) assert.ok(all.has(await nameOf(rpc)));
    await Promise.all(many.map((rpc) => rpc.close()));
    await until(async () => (await listed()).length === 1);
  });

  test("one is ended by its connection: what runs is answered, who did it is recorded, and the client may come again", async () => {
    const victim = await watched.daemon.connect();
    const other = await watched.daemon.connect();
    const connection = await nameOf(victim);
    const hanging = failure(victim.call("hang"));
    await until(async () =>
      (await listed()).some((row) => row["connection"] === connection && row["calls"] === 1),
    );
    assert.equal(await watcher.call("rpcd.sessions.end", [], { connection }), 1);
    const { code, text, outcome, origin } = await hanging;
    assert.deepEqual(
      [code, text, outcome, origin],
      ["aborted", "an operator ended this session", "unknown", "channel"],
    );
    assert.equal((await failure(victim.call("add", [1, 2]))).code, "unavailable");
    assert.equal(await other.call("add", [1, 2]), 3);
    const ended = watched.daemon.audit.find(({ result }) => result === "ended") ?? assert.fail();
    const { principal, reason, by, id } = ended;
    assert.deepEqual(
      [principal, reason, by, id],
      ["id:tester", "ended_by_operator", "id:watcher", connection],
    );
    const again = await watched.daemon.connect();
    assert.equal(await again.call("add", [1, 2]), 3);
    await again.close();
    await other.close();
  });

  test("all of a principal are ended, by its name with or without what stands before it, and of nobody else", async () => {
    for (const principal of ["tester", "id:tester"]) {
      const two = [await watched.daemon.connect(), await watched.daemon.connect({}, "tls")];
      await until(async () => (await listed()).length === 3);
      assert.equal(await watcher.call("rpcd.sessions.end", [], { principal }), 2);
      for (const rpc of two) assert.equal((await failure(rpc.call("add", [1, 2]))).code, "unavailable");
      assert.equal((await listed()).length, 1);
    }
    assert.equal(await watcher.call("rpcd.sessions.end", [], { principal: "nobody" }), 0);
  });

  test("what was read together with the end of its session is answered or not there, and never runs after it", async () => {
    const victim = await watched.daemon.connect();
    const connection = await nameOf(victim);
    const ending = watcher.call("rpcd.sessions.end", [connection]);
    const settled = await Promise.allSettled(Array.from({ length: 100 }, () => victim.call("hang")));
    assert.equal(await ending, 1);
    for (const one of settled) assert.equal(one.status, "rejected");
    const other = await watched.daemon.connect();
    await until(async () => (await other.call("echo", [1])) === 1);
    await until(async () => (await part(watcher, "rpcd.stats", "calls"))["running"] === 1);
    await other.close();
  });

  test("one's own is ended when the answer is there", async () => {
    const self = await watched.watch();
    assert.equal(await self.call("rpcd.sessions.end", [await nameOf(self)]), 1);
    assert.equal((await failure(self.call("rpcd.health"))).code, "unavailable");
  });

  test("none is ended where none is meant, or it cannot be known which", async () => {
    const count = (await listed()).length;
    const unknown = await failure(watcher.call("rpcd.sessions.end", ["0123456789abcdef"]));
    assert.deepEqual(
      [unknown.code, unknown.text],
      ["not_found", "there is no session of this connection: rpcd.sessions.list has all"],
    );
    for (const named of [{}, { connection: "a", principal: "b" }, { connection: "", principal: "" }])
      assert.equal((await failure(watcher.call("rpcd.sessions.end", [], named))).code, "invalid_argument");
    assert.equal((await listed()).length, count);
  });

  test("a client without the right ends nobody's, not even its own", async () => {
    const rpc = await watched.daemon.connect();
    for (const named of [
      { principal: "watcher" },
      { connection: await nameOf(watcher) },
      { connection: await nameOf(rpc) },
    ])
      assert.equal((await failure(rpc.call("rpcd.sessions.end", [], named))).code, "permission_denied");
    assert.equal((await listed()).length, 2);
    await rpc.close();
  });
});

/** The name of its own connection. */
async function nameOf(rpc: Rpc): Promise<string> {
  return String(((await rpc.call("rpcd.whoami")) as Answer)["connection"]);
}
