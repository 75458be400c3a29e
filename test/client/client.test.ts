import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, describe, test } from "node:test";
import type { RemoteService } from "../../client/index.ts";
import {
  AddressError,
  connect,
  connectOver,
  HostKeyError,
  KnownDaemons,
  loadKey,
  RpcError,
  withNamed,
} from "../../client/index.ts";
import { defineService, method, param, z } from "../../service/index.ts";
import { TestDaemon } from "../support/daemon.ts";
import { tempFolder } from "../support/temp-folder.ts";

const NOT_ROOT: string | false = process.geteuid?.() === 0 ? false : "only root can give a file away";
const ONE = `SHA256:${"A".repeat(43)}`;
const TWO = `SHA256:${"B".repeat(43)}`;

describe("connect", () => {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(async () => {
    await daemon.stop();
  });

  test("reads addresses strictly", async () => {
    const options = { identity: daemon.identity, hostKeyFingerprints: [daemon.hostKey] };
    for (const address of [
      "",
      "unix:",
      "unix:relative",
      "tcp:1",
      "/run/x",
      `unix:/${"x".repeat(107)}`,
      "unix:/a\0b",
      "\u001b[2J",
    ]) {
      await assert.rejects(
        connect(address, options),
        (error) => error instanceof AddressError && !error.message.includes("\u001b"),
        address,
      );
    }
  });

  test("says that nobody answers where there is no daemon", async () => {
    await assert.rejects(
      connect(`${daemon.address}.none`, { identity: daemon.identity, hostKeyFingerprints: [] }),
      {
        code: "unavailable",
        origin: "channel",
        outcome: "not_started",
      },
    );
    const dead = join(daemon.folder, "dead");
    writeFileSync(dead, "");
    await assert.rejects(connect(`unix:${dead}`, { identity: daemon.identity, hostKeyFingerprints: [] }), {
      code: "unauthenticated",
      origin: "channel",
    });
  });

  test("26: sends nothing to a socket in a folder that others may write", async () => {
    const open = join(daemon.folder, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    symlinkSync(open, join(daemon.folder, "by-a-link"));
    renameSync(daemon.socket, join(open, "s"));
    const logins = daemon.audit.length;
    for (const folder of ["open", "by-a-link"]) {
      const address = `unix:${join(daemon.folder, folder, "s")}`;
      const error = await connect(address, {
        identity: daemon.identity,
        hostKeyFingerprints: [daemon.hostKey],
      }).catch((found: unknown) => found);
      assert.ok(error instanceof RpcError);
      assert.deepEqual(
        [error.code, error.origin, /cannot be trusted/.test(error.message)],
        ["unauthenticated", "channel", true],
      );
    }
    assert.equal(daemon.audit.length, logins);
    renameSync(join(open, "s"), daemon.socket);
    await (await daemon.connect()).close();
  });

  test("26: trusts a socket of another user only if that user is named", { skip: NOT_ROOT }, async () => {
    chownSync(daemon.socket, 65_534, 65_534);
    await assert.rejects(daemon.connect(), { code: "unauthenticated", message: /belongs to user 65534/ });
    await (await daemon.connect({ owners: ["nobody"] })).close();
    await assert.rejects(daemon.connect({ owners: ["no-such-user"] }), { code: "unauthenticated" });
    chownSync(daemon.socket, 0, 0);
  });

  test("can be given up", async () => {
    await assert.rejects(daemon.connect({ signal: AbortSignal.abort() }), RpcError);
    daemon.signal("SIGSTOP");
    const controller = new AbortController();
    const connecting = daemon.connect({ signal: controller.signal });
    setImmediate(() => controller.abort());
    await assert.rejects(connecting, RpcError);
    await assert.rejects(daemon.connect({ timeoutMs: 50 }), { code: "deadline_exceeded" });
    daemon.signal("SIGCONT");
  });

  test("several clients live in one process, each with its own end", async () => {
    const [one, two] = await Promise.all([daemon.connect(), daemon.connect()]);
    await one.close();
    await assert.rejects(one.call("add", [1, 2]), {
      code: "unavailable",
      outcome: "not_started",
      message: /closed here/,
    });
    await assert.rejects(one.ping(), { code: "unavailable" });
    assert.equal(await two.call("add", [1, 2]), 3);
    await two[Symbol.asyncDispose]();
  });

  test("closing rejects what is under way, with an unknown outcome", async () => {
    const rpc = await daemon.connect();
    const hanging = rpc.call("hang").catch((error: unknown) => error);
    await rpc.ping();
    await rpc.close();
    const error = await hanging;
    assert.ok(error instanceof RpcError);
    assert.deepEqual([error.code, error.outcome], ["unavailable", "unknown"]);
  });

  test("leaves no timer of its own behind", async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const idle = timers();
    const rpc = await daemon.connect();
    await Promise.all(Array.from({ length: 50 }, () => rpc.call("add", [1, 2])));
    await rpc.close();
    assert.equal(timers() <= idle, true);
  });

  test("a host key that is not the pinned one is an error that says both", async () => {
    const error = await daemon.connect({ hostKeyFingerprints: [ONE, TWO] }).catch((found: unknown) => found);
    assert.ok(error instanceof HostKeyError);
    assert.deepEqual(
      [error.expected, error.found, error.address],
      [[ONE, TWO], daemon.hostKey, daemon.address],
    );
    await (await daemon.connect({ hostKeyFingerprints: [ONE, daemon.hostKey] })).close();
  });

  test("takes a list of known daemons for the pins of the address", async () => {
    const list = join(daemon.folder, "pins");
    KnownDaemons.pin(list, daemon.address, [daemon.hostKey]);
    const options = { identity: daemon.identity, hostKeyFingerprints: KnownDaemons.read([list]) };
    const rpc = await connect(daemon.address, options);
    assert.deepEqual(rpc.hostKeyFingerprints, [daemon.hostKey]);
    await rpc.close();
    const none = KnownDaemons.read([join(daemon.folder, "no pins")]);
    const error = await connect(daemon.address, { ...options, hostKeyFingerprints: none }).catch(
      (found: unknown) => found,
    );
    assert.ok(error instanceof HostKeyError);
    assert.deepEqual([error.expected, error.found], [[], daemon.hostKey]);
    await assert.rejects(connectOver(new PassThrough(), options), {
      name: "TypeError",
      message: /since a stream has no address/,
    });
  });

  test("reads keys through the same checks as everywhere", async () => {
    assert.deepEqual(
      (await loadKey(join(daemon.folder, "client_key"))).publicKey.bytes,
      daemon.identity.publicKey.bytes,
    );
    await assert.rejects(loadKey(join(daemon.folder, "none")), { name: "FileProblem", kind: "not_found" });
  });
});

describe("known daemons", () => {
  const folder = tempFolder();
  after(() => folder.remove());
  const file = join(folder.path, "new", "known_daemons");

  test("are kept by address, in a folder made for this user alone", () => {
    assert.deepEqual(KnownDaemons.read([file]).fingerprints("unix:/a"), []);
    KnownDaemons.pin(file, "unix:/a", [ONE]);
    KnownDaemons.pin(file, "unix:/b", [TWO]);
    KnownDaemons.pin(file, "unix:/a", [TWO]);
    assert.equal(readFileSync(file, "utf8"), `unix:/b ${TWO}\nunix:/a ${TWO}\n`);
    assert.deepEqual(
      [statSync(file).mode & 0o777, statSync(join(folder.path, "new")).mode & 0o777],
      [0o600, 0o700],
    );
    assert.deepEqual(KnownDaemons.read([file]).fingerprints("unix:/a"), [TWO]);
    assert.deepEqual(KnownDaemons.read([file]).fingerprints("unix:/A"), []);
  });

  test("may have several keys for an address, comments and blank lines", () => {
    const other = join(folder.path, "system");
    writeFileSync(other, `# ours\n\nunix:/a ${ONE} # until May\n`, { mode: 0o644 });
    assert.deepEqual(KnownDaemons.read([other, file]).fingerprints("unix:/a"), [ONE, TWO]);
  });

  test("may lie at paths with blanks and a #, and such a pin is read again", () => {
    const odd = join(folder.path, "odd");
    for (const address of ["unix:/a b/s", "unix:/a #b/s", "unix:/a# b"]) {
      KnownDaemons.pin(odd, address, [ONE]);
      assert.deepEqual(KnownDaemons.read([odd]).fingerprints(address), [ONE], address);
    }
  });

  test("with a line that cannot be read are refused, with its number, and are not overwritten", () => {
    const broken = join(folder.path, "broken");
    for (const line of ["unix:/a", `unix:/a ${ONE} more`, "unix:/a SHA256:short", "\u001b[2J x"]) {
      writeFileSync(broken, `unix:/b ${TWO}\n${line}\n`, { mode: 0o600 });
      assert.throws(
        () => KnownDaemons.read([broken]),
        (error: Error) => /line 2: /.test(error.message) && !error.message.includes("\u001b"),
        line,
      );
      assert.throws(() => KnownDaemons.pin(broken, "unix:/c", [ONE]), { name: "FileProblem" });
      assert.equal(readFileSync(broken, "utf8"), `unix:/b ${TWO}\n${line}\n`);
    }
  });

  test("that others could have written are refused", () => {
    chmodSync(file, 0o666);
    assert.throws(() => KnownDaemons.read([file]), { kind: "unsafe" });
    chmodSync(file, 0o600);
    assert.equal(existsSync(file), true);
  });
});

describe("types", () => {
  const math = defineService("math", {
    add: method({
      params: [param("a", z.int()), param("b", z.int())],
      returns: z.int(),
      run: ({ a, b }) => a + b,
    }),
    greet: method({
      params: [param("name", z.string()), param("loud", z.boolean().default(false))],
      run: ({ name, loud }) => ({ text: loud ? name.toUpperCase() : name }),
    }),
    later: method({ params: [], run: () => Promise.resolve([1, 2]) }),
  });

  test("of a proxy come from the service: a wrong call does not compile", () => {
    type Math = RemoteService<typeof math>;
    const check = (remote: Math): void => {
      const sum: Promise<number> = remote.add(2, 3);
      const greeting: Promise<{ text: string }> = remote.greet("Ann");
      const list: Promise<number[]> = remote.later();
      const byName: Promise<number> = withNamed(remote.add)({ a: 2, b: 3 });
      const partly: Promise<{ text: string }> = withNamed(remote.greet)({ name: "Ann" });
      // @ts-expect-error -- a text is no number
      void remote.add(2, "3");
      // @ts-expect-error -- one argument too few
      void remote.add(2);
      // @ts-expect-error -- one argument too many
      void remote.add(2, 3, 4);
      // @ts-expect-error -- no such method
      void remote.subtract;
      // @ts-expect-error -- a name is missing
      void withNamed(remote.add)({ a: 2 });
      // @ts-expect-error -- no such name
      void withNamed(remote.greet)({ name: "Ann", loudly: true });
      void [sum, greeting, list, byName, partly];
    };
    assert.equal(typeof check, "function");
  });
});
