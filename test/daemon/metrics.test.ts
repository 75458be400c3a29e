import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Rpc } from "../../client/rpc.ts";
import { loadConfig } from "../../daemon/config/config.ts";
import { METRICS } from "../../daemon/metrics/table.ts";
import { PACKAGE, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { type Exposed, readExposition } from "../support/exposition.ts";
import { failure, until } from "../support/failure.ts";
import { ask, type Place, type Reply } from "../support/http.ts";
import { LiveDaemon } from "../support/live-daemon.ts";

/** Where a daemon serves its metrics over TCP. */
function placeOf(daemon: TestDaemon): { readonly host: string; readonly port: number } {
  const line = daemon.log.findLast((one) => one.includes("serving metrics")) ?? assert.fail("no metrics");
  const { hostname, port } = new URL(String(JSON.parse(line)["address"]));
  return { host: hostname.replace(/[[\]]/g, ""), port: Number(port) };
}

async function exposed(place: Place): Promise<ReadonlyMap<string, Exposed>> {
  const { status, headers, body } = await ask(place);
  assert.deepEqual([status, headers["content-type"]], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  return readExposition(body);
}

/** The page when it says what was driven: one is made a second at most. */
async function exposedWith(
  place: Place,
  name: string,
  key: string,
  value: number,
): Promise<ReadonlyMap<string, Exposed>> {
  let page = await exposed(place);
  await until(async () => {
    page = await exposed(place);
    return page.get(name)?.samples.get(key) === value;
  });
  return page;
}

async function opened(place: Place): Promise<Socket> {
  const socket = "socketPath" in place ? createConnection(place.socketPath) : createConnection(place);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

const GRANTS = `
grants:
  own: {to: caller, call: [add, fail], args: any}
  small: {to: caller, call: echo, args: {value: {int: 0..9}}}
`;

describe("metrics over TCP", () => {
  let daemon: TestDaemon;
  let place: Place;
  let rpc: Rpc;
  before(async () => {
    daemon = await TestDaemon.start({
      grants: GRANTS,
      config: `${WIDE_OPEN}metrics: "http://127.0.0.1:0"\n`,
    });
    place = placeOf(daemon);
    rpc = await daemon.connect();
  });
  after(async () => {
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });

  test("are what the table says, and what was driven, and nothing of what a peer made up", async () => {
    assert.equal(await rpc.call("add", [1, 2]), 3);
    assert.equal((await failure(rpc.call("fail"))).code, "internal");
    assert.equal((await failure(rpc.call("echo", [10]))).code, "permission_denied");
    for (const name of ["secret", "no.such.method", 'quo"te\n{x="y"} 1'])
      assert.equal((await failure(rpc.call(name))).code, "permission_denied");
    const key = '{method="",code="permission_denied"}';
    const page = await exposedWith(place, "rpcd_calls_total", key, 3);
    const own = [...page].filter(([name]) => name.startsWith("rpcd_"));
    const table = Object.entries(METRICS).map(([name, { type, help }]) => [name, { type, help }]);
    assert.deepEqual(
      Object.fromEntries(own.map(([name, { type, help }]) => [name, { type, help }])),
      Object.fromEntries(table),
    );
    for (const [name, { samples }] of own) {
      const labels = METRICS[name as keyof typeof METRICS].labels.join();
      for (const one of samples.keys())
        if (!one.startsWith("_bucket"))
          assert.equal([...one.matchAll(/([a-z]+)="/g)].map(([, label]) => label).join(), labels, one);
    }
    const of = (name: string): Readonly<Record<string, number>> =>
      Object.fromEntries(page.get(name)?.samples ?? assert.fail(name));
    assert.deepEqual(of("rpcd_calls_total"), {
      '{method="add",code="ok"}': 1,
      '{method="fail",code="internal"}': 1,
      '{method="echo",code="permission_denied"}': 1,
      [key]: 3,
    });
    const { '{reason="no_grant"}': noGrant, '{reason="args"}': args } = of("rpcd_denials_total");
    assert.deepEqual([noGrant, args], [3, 1]);
    assert.equal(of("rpcd_logins_total")['{outcome="ok"}'], 1);
    assert.deepEqual([of("rpcd_sessions")[""], of("rpcd_decision_seconds")["_count"]], [1, 6]);
    assert.match(String(Object.keys(of("rpcd_policy_info"))), /^\{hash="sha256:[0-9a-f]{64}"\}$/);
    assert.equal(of("rpcd_audit_records_total")[""], daemon.audit.length);
    assert.ok(page.has("process_resident_memory_bytes") && page.has("nodejs_gc_duration_seconds"));
    const { body } = await ask(place);
    for (const word of ["secret", "no.such", "quo", "tester"]) assert.equal(body.includes(word), false, word);
  });

  test("say that a policy file is refused, until it is good again", async () => {
    const file = join(daemon.folder, "policy.yaml");
    const good = readFileSync(file);
    writeFileSync(file, "policy: 2\n", { mode: 0o600 });
    assert.equal(await daemon.reload(), false);
    await exposedWith(place, "rpcd_policy_reload_refused", "", 1);
    writeFileSync(file, good, { mode: 0o600 });
    assert.equal(await daemon.reload(), true);
    const page = await exposedWith(place, "rpcd_policy_reload_refused", "", 0);
    assert.equal(page.get("rpcd_policy_generation")?.samples.get(""), 2);
  });

  test("are at /metrics alone, for GET and HEAD, and for this host's names", async () => {
    const replies = await Promise.all([
      ask(place, { method: "HEAD" }),
      ask(place, { path: "/" }),
      ask(place, { path: "/metrics/../metrics?x=1" }),
      ask(place, { method: "POST" }),
      ask(place, { headers: { host: "attacker.example" } }),
      ask(place, { headers: { host: "localhost:1" } }),
    ]);
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 404, 404, 405, 421, 200],
    );
    assert.deepEqual([replies[0]?.body, replies[3]?.headers["allow"]], ["", "GET, HEAD"]);
    for (const { headers } of replies) assert.equal(headers["connection"], "close");
  });

  test("a request is as long as the limit, and one that is longer is refused", async () => {
    // Node counts the headers without the line above them.
    const reply = (bytes: number): Promise<Reply> => ask(place, { headers: { "x-long": "x".repeat(bytes) } });
    assert.equal((await reply(3_900)).status, 200);
    assert.equal((await reply(4_096)).status, 431);
  });

  test("whatever is sent in place of a request ends that connection, and no other", async () => {
    for (const bytes of [
      "\0\x01\x02\r\n\r\n",
      "GET",
      "CONNECT x:1 HTTP/1.1\r\n\r\n",
      "GET /metrics HTTP/1.1\r\nhost: x\r\nupgrade: y\r\nconnection: upgrade\r\n\r\n",
    ]) {
      const socket = await opened(place);
      socket.resume();
      socket.end(bytes);
      await once(socket, "close");
      const reset = await opened(place);
      reset.write(bytes);
      reset.resetAndDestroy();
    }
    assert.equal((await ask(place)).status, 200);
    assert.equal(await rpc.call("add", [1, 2]), 3);
  });

  test("eight may read at once and one more is hung up on; those that say nothing are sent away, and callers are served all the time", async () => {
    const slow = await Promise.all(Array.from({ length: 8 }, () => opened(place)));
    for (const socket of slow) socket.resume().write("GET /metrics HTTP/1.1\r\nx: ");
    // A byte now and then does not keep them.
    const drip = setInterval(() => slow.forEach((socket) => socket.writable && socket.write("x")), 100);
    try {
      const ninth = (await opened(place)).resume();
      await until(() => ninth.destroyed);
      assert.equal(slow.filter(({ destroyed }) => destroyed).length, 0);
      let served = 0;
      while (slow.some(({ destroyed }) => !destroyed)) {
        assert.equal(await rpc.call("add", [served, 1]), served + 1);
        served++;
      }
      assert.ok(served > 0);
    } finally {
      clearInterval(drip);
    }
    assert.equal((await ask(place)).status, 200);
  });

  test("a flood of readers costs callers nothing but time: one page is made for all who ask in a second", async () => {
    const floods = Array.from({ length: 200 }, () => ask(place).catch(() => undefined));
    const calls = await Promise.all(Array.from({ length: 100 }, (_, i) => rpc.call("add", [i, 1])));
    assert.deepEqual(
      calls,
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    await Promise.all(floods);
    assert.equal((await ask(place)).status, 200);
  });
});

describe("metrics over a Unix socket", () => {
  test("are there for those who may open it, until the daemon has stopped, and in a socket that died they are again", async () => {
    const daemon = await TestDaemon.start({ config: "metrics: unix:metrics.sock\nsocket_mode: '0660'\n" });
    const socketPath = join(daemon.folder, "metrics.sock");
    assert.equal(statSync(socketPath).mode & 0o777, 0o660);
    assert.equal((await exposed({ socketPath })).get("rpcd_info")?.samples.size, 1);
    assert.equal((await ask({ socketPath }, { headers: { host: "whatever.example" } })).status, 200);
    daemon.signal("SIGKILL");
    await daemon.exited();
    assert.ok(existsSync(socketPath));
    await daemon.restart();
    assert.equal((await ask({ socketPath })).status, 200);
    assert.equal(await daemon.stop(), 0);
  });

  test("tell that the daemon finishes what runs, when nobody can call any longer", async () => {
    const daemon = await TestDaemon.start({ config: "metrics: unix:metrics.sock\n" });
    const place = { socketPath: join(daemon.folder, "metrics.sock") };
    const rpc = await daemon.connect();
    assert.equal((await exposed(place)).get("rpcd_draining")?.samples.get(""), 0);
    const gate = daemon.gate();
    const slow = rpc.call("held", [gate.file]);
    await until(async () => (await exposed(place)).get("rpcd_calls_running")?.samples.get("") === 1);
    daemon.signal("SIGTERM");
    await exposedWith(place, "rpcd_draining", "", 1);
    gate.open();
    assert.equal(await slow, gate.file);
    assert.equal(await daemon.exited(), 0);
    assert.equal(existsSync(place.socketPath), false);
    assert.equal(await daemon.stop(), 0);
  });

  test("a file in the way of the socket keeps the daemon from starting, and stays as it is", async () => {
    const daemon = await TestDaemon.start({ config: "metrics: unix:metrics.sock\n" });
    const path = join(daemon.folder, "metrics.sock");
    daemon.signal("SIGTERM");
    assert.equal(await daemon.exited(), 0);
    writeFileSync(path, "not a socket");
    await assert.rejects(daemon.restart(), /something that is no socket is in the way/);
    assert.equal(readFileSync(path, "utf8"), "not a socket");
    assert.equal(await daemon.exited(), 78);
    await daemon.stop();
  });

  test("nothing is left of them in a process when its daemon has stopped", async () => {
    const live = await LiveDaemon.start({ config: "metrics: unix:live-metrics.sock\n" });
    const socketPath = join(live.state.folder, "live-metrics.sock");
    const idle = await opened({ socketPath });
    assert.equal((await ask({ socketPath })).status, 200);
    const closed = once(idle.resume(), "close");
    await live.stop();
    await closed;
    assert.deepEqual([existsSync(socketPath), live.daemon.counts.deadlines], [false, 0]);
  });
});

describe("the option `metrics`", () => {
  const read = (value: string): ReturnType<typeof loadConfig> =>
    loadConfig(Buffer.from(`metrics: "${value}"\n`), "/srv/rpcd");

  test("takes a Unix socket and the two addresses of the host itself", () => {
    assert.deepEqual(
      ["unix:m.sock", "unix:/run/m.sock", "http://127.0.0.1:9464", "http://[::1]:0"].map(
        (value) => read(value).config?.metrics,
      ),
      [
        { kind: "unix", path: "/srv/rpcd/m.sock" },
        { kind: "unix", path: "/run/m.sock" },
        { kind: "http", host: "127.0.0.1", port: 9464 },
        { kind: "http", host: "::1", port: 0 },
      ],
    );
  });

  test("takes no address that another host reaches, and says what to do", () => {
    for (const value of [
      "http://0.0.0.0:9464",
      "http://[::]:9464",
      "http://localhost:9464",
      "http://10.0.0.1:9464",
      "http://127.0.0.1",
      "http://127.0.0.1:9464/metrics",
      "http://127.0.0.1@example.org:1",
      "https://127.0.0.1:9464",
      "tls://127.0.0.1:9464",
      "127.0.0.1:9464",
      "9464",
    ]) {
      const { config, problems } = read(value);
      assert.equal(config, undefined, value);
      assert.match(
        problems[0]?.text ?? "",
        /^metrics: .*they are for this host: .*an agent or a proxy/,
        value,
      );
    }
    assert.match(read("http://127.0.0.1:65536").problems[0]?.text ?? "", /^metrics: port 65536: 0 to 65535/);
    assert.equal(read("http://127.0.0.1:65535").problems.length, 0);
  });
});

describe("docs/metrics.md", () => {
  test("tells every metric, in the order of the table, and what an alarm on it means", () => {
    const page = readFileSync(join(PACKAGE, "docs/metrics.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(rpcd_\w+)` \| (\w+) \| (.*?) \| (.*?) \| (.+?) \|$/gm)];
    assert.deepEqual(
      rows.map(([, name, type, labels, help]) => [name, type, labels, help]),
      Object.entries(METRICS).map(([name, { type, labels, help }]) => [
        name,
        type,
        labels.length === 0 ? "–" : labels.map((label) => `\`${label}\``).join(", "),
        help,
      ]),
    );
  });
});
