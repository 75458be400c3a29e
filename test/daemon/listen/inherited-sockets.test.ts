import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, lstatSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadPrivateKeyFile } from "../../../certs/private-key-file.ts";
import { fingerprint } from "../../../certs/public-key.ts";
import { connect } from "../../../client/index.ts";
import { type InheritedSocket, takeInheritedSockets } from "../../../daemon/listen/inherited-sockets.ts";
import { activation, freePort } from "../../support/activation.ts";
import { SERVICE, TestDaemon } from "../../support/daemon.ts";
import { until } from "../../support/failure.ts";

/** The methods of every test's daemon, and what a child of it has. */
const WITH_CHILD = SERVICE.replace(
  "export default defineService({",
  `import { execFileSync } from "node:child_process";
import { readlinkSync } from "node:fs";
const child = (script) => execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" });
export default defineService({
  own: method({ params: [], run: () => [3, 4].map((fd) => readlinkSync("/proc/self/fd/" + fd)) }),
  descriptors: method({ params: [], run: () => child("ls -l /proc/self/fd") }),
  variables: method({ params: [], run: () => child("env").split("\\n").filter((line) => line.startsWith("LISTEN_")) }),`,
);

const UNIX = { kind: "unix", path: "rpcd.sock" } as const;
const TLS_OVER_UNIX = { kind: "unix", path: "tls.sock" } as const;

/** A call over each of its addresses, from which it serves then. */
async function answersAt(daemon: TestDaemon, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const rpc = await connect(address, { identity: daemon.identity, hostKeyFingerprints: [daemon.hostKey] });
    assert.equal(await rpc.call("add", [2, 3]), 5, address);
    await rpc.close();
  }
}

describe("sockets that were opened for the daemon", () => {
  test("a Unix socket is served as it is, and is still there when the daemon has ended", async () => {
    const launch = activation({ sockets: [UNIX] });
    const daemon = await TestDaemon.start({
      listen: "unix:rpcd.sock",
      config: 'socket_mode: "0666"',
      launch,
    });
    const { ino, mode } = lstatSync(daemon.socket);
    await answersAt(daemon, [daemon.address]);
    daemon.signal("SIGTERM");
    assert.equal(await daemon.exited(), 0);
    const after = lstatSync(daemon.socket);
    assert.deepEqual([after.ino, after.mode], [ino, mode]);
    assert.equal(mode & 0o777, 0o600, "the socket unit says its mode");
    await daemon.stop();
  });

  test("TCP of both versions, beside a Unix socket; the name of a host takes no socket from an address that names it", async () => {
    const [four, six, all] = [await freePort(), await freePort("::1"), await freePort("::")];
    const sockets = [
      { kind: "tcp", host: "::", port: all },
      UNIX,
      { kind: "tcp", host: "127.0.0.1", port: four },
      { kind: "tcp", host: "::1", port: six },
      { kind: "tcp", host: "127.0.0.1", port: six },
    ] as const;
    const listen = `["tls://localhost:${six}", "tls://127.0.0.1:${four}", "tls://[0:0::1]:${six}", "tls://[::]:${all}", unix:rpcd.sock]`;
    await TestDaemon.during({ listen, launch: activation({ sockets }) }, (daemon) => {
      const places = [
        `[::1]:${all}`,
        `127.0.0.1:${all}`,
        `[::1]:${six}`,
        `127.0.0.1:${four}`,
        `127.0.0.1:${six}`,
      ];
      return answersAt(daemon, [daemon.address, ...places.map((place) => `tls://${place}`)]);
    });
  });

  test("localhost is no name for a socket that the whole network reaches", async () => {
    const port = await freePort("::");
    const sockets = [{ kind: "tcp", host: "::", port }, UNIX] as const;
    const listen = `["tls://localhost:${port}", unix:rpcd.sock]`;
    const { code, said } = await TestDaemon.refused({ listen, launch: activation({ sockets }) });
    assert.equal(code, 78, said);
    assert.match(said, /'listen' has this address, and systemd passes no such socket/);
  });

  test("several Unix sockets are told apart by name; who connected before there was a daemon is served, and no child inherits them", async () => {
    let folder = "";
    const launcher = activation({
      sockets: [TLS_OVER_UNIX, UNIX],
      names: "tls.sock:rpcd.sock",
      waits: true,
    });
    const starting = TestDaemon.start({
      service: WITH_CHILD,
      listen: "[unix:rpcd.sock, unix+tls:tls.sock]",
      config: "max_connections_per_principal: 100",
      launch: (made) => {
        folder = made;
        return launcher(made);
      },
    });
    await until(() => existsSync(join(folder, "tls.sock")) && existsSync(join(folder, "rpcd.sock")));
    const { key: identity } = loadPrivateKeyFile(join(folder, "client_key"));
    const { key: host } = loadPrivateKeyFile(join(folder, "host_key"));
    const hostKeyFingerprints = [fingerprint(host.publicKey)];
    const early = Array.from({ length: 20 }, (_one, i) => {
      const address = i % 2 === 0 ? `unix:${folder}/rpcd.sock` : `unix+tls:${folder}/tls.sock`;
      return connect(address, { identity, hostKeyFingerprints });
    });
    // The queue of the kernel is in order: before this one stand all of them.
    for (const name of ["rpcd.sock", "tls.sock"]) {
      const last = createConnection(join(folder, name));
      await once(last, "connect");
      last.destroy();
    }
    writeFileSync(join(folder, "go"), "");
    const daemon = await starting;
    for (const rpc of await Promise.all(early)) {
      assert.equal(await rpc.call("add", [2, 3]), 5);
      await rpc.close();
    }
    const rpc = await daemon.connect();
    const [own, descriptors] = [await rpc.call("own"), String(await rpc.call("descriptors"))];
    assert.ok(Array.isArray(own) && own.length === 2);
    for (const socket of own) {
      assert.match(String(socket), /^socket:/);
      assert.equal(descriptors.includes(String(socket)), false, descriptors);
    }
    assert.deepEqual(await rpc.call("variables"), []);
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });

  test("what was opened for another process is not taken, nor looked at: it listens by itself", async () => {
    const env = { LISTEN_PID: "1", LISTEN_FDS: "nonsense" };
    const launch = activation({ sockets: [{ kind: "file" }], env });
    const daemon = await TestDaemon.start({ listen: "unix:rpcd.sock", launch });
    await answersAt(daemon, [daemon.address]);
    daemon.signal("SIGTERM");
    assert.equal(await daemon.exited(), 0);
    assert.equal(existsSync(daemon.socket), false, "it was its own");
    await daemon.stop();
  });
});

describe("the variables that tell of sockets", () => {
  const take = (env: NodeJS.ProcessEnv): readonly InheritedSocket[] => takeInheritedSockets(env, 7);

  test("say how many there are, from descriptor 3 on, and their names; they are taken out", () => {
    const env = { LISTEN_PID: "7", LISTEN_FDS: "2", LISTEN_FDNAMES: "a:b", OTHER: "x" };
    assert.deepEqual(take(env), [
      { fd: 3, name: "a" },
      { fd: 4, name: "b" },
    ]);
    assert.deepEqual(env, { OTHER: "x" });
    assert.deepEqual(take({ LISTEN_PID: "7", LISTEN_FDS: "1" }), [{ fd: 3, name: "unknown" }]);
    assert.equal(take({ LISTEN_PID: "7", LISTEN_FDS: "64" }).length, 64);
  });

  test("are ignored, and taken out all the same, where they are another process's or say that there are none", () => {
    const ignored: readonly NodeJS.ProcessEnv[] = [
      { LISTEN_PID: "8", LISTEN_FDS: "nonsense", LISTEN_FDNAMES: "a:b:c" },
      { LISTEN_PID: "", LISTEN_FDS: "1" },
      { LISTEN_PID: "07", LISTEN_FDS: "1" },
      { LISTEN_FDS: "1" },
      { LISTEN_PID: "7" },
      { LISTEN_PID: "7", LISTEN_FDS: "0" },
    ];
    for (const env of ignored) {
      assert.deepEqual(take(env), []);
      assert.deepEqual(env, {});
    }
  });

  test("are refused where they are no number, more than any unit passes, or have another number of names", () => {
    for (const count of ["nonsense", "65", "99999", "-1", "1.5", "0x1", " 1", "1e1", "18446744073709551616"])
      assert.throws(() => take({ LISTEN_PID: "7", LISTEN_FDS: count }), {
        name: "FileProblem",
        message: `the environment variable LISTEN_FDS: a number up to 64 was expected, not '${count}'`,
        mend: /^start rpcd by its units/,
      });
    for (const names of ["a", "a:b:c", "a:b:"])
      assert.throws(() => take({ LISTEN_PID: "7", LISTEN_FDS: "2", LISTEN_FDNAMES: names }), {
        message: /LISTEN_FDNAMES: 2 names were expected, not [13]$/,
      });
  });
});
