import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { after, before, describe, test } from "node:test";
import { PrivateKey } from "../../certs/ed25519.ts";
import { connect, RpcError } from "../../client/index.ts";
import { parseAddress } from "../../link/address.ts";
import { connectTls, TlsServer } from "../../link/tls.ts";
import { beginTranscript } from "../../session/login/transcript.ts";
import { TestDaemon } from "../support/daemon.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";
import { tempFolder } from "../support/temp-folder.ts";

/**
 * Somebody in the middle, who passes every byte of both sides on:
 *
 *     client == a channel of the attacker's == attacker == a real channel == daemon
 */
class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  /** Connections that were made to it. */
  met = 0;
  /** Bytes that the clients sent, within their channels. */
  heard = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param listen - where the client will come */
  static async start(
    listen: { readonly path: string } | { readonly host: string; readonly port: number },
    near: (socket: Socket) => Promise<Duplex>,
    far: () => Promise<Duplex>,
  ): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server);
    server.on("connection", (socket) => {
      socket.on("error", () => undefined);
      relay.met++;
      void relay.#join(near(socket), far());
    });
    server.listen(listen);
    await once(server, "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #join(nearing: Promise<Duplex>, going: Promise<Duplex>): Promise<void> {
    const [near, far] = await Promise.all([nearing, going]);
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
    }
    near.on("data", (chunk: Buffer) => (this.heard += chunk.length));
    near.pipe(far);
    far.pipe(near);
  }
}

const asItIs = (socket: Socket): Promise<Duplex> => Promise.resolve(socket);

/** The attacker's own end of TLS, with a certificate of its own. */
function secureNear(socket: Socket): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    new TlsServer().accept(socket, (outcome) => {
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome.socket);
    });
  });
}

async function dial(address: string): Promise<Duplex> {
  const parsed = parseAddress(address);
  const socket = createConnection(
    parsed.kind === "tls" ? { host: parsed.host, port: parsed.port } : { path: parsed.path },
  );
  await once(socket, "connect");
  return parsed.kind === "unix" ? socket : (await connectTls(socket)).socket;
}

describe("somebody in the middle", () => {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
  });
  after(async () => {
    assert.equal(await daemon.stop(), 0);
  });
  const logins = (): number => daemon.audit.filter(({ kind }) => kind === "login").length;
  const failure = async (address: string): Promise<RpcError> => {
    const found = await connect(address, {
      identity: daemon.identity,
      hostKeyFingerprints: [daemon.hostKey],
    }).then(
      () => assert.fail("it logged in"),
      (error: unknown) => error,
    );
    return found instanceof RpcError ? found : assert.fail(String(found));
  };

  test("13: of two real TLS sessions is found out by the client, which shows nothing of itself", async () => {
    const relay = await Relay.start({ host: "127.0.0.1", port: 0 }, secureNear, () => dial(daemon.at("tls")));
    const known = logins();
    const error = await failure(`tls://127.0.0.1:${relay.port}`);
    // The host key is the right one, and its signature is real: but for the channel at the other side.
    assert.deepEqual([error.code, error.outcome], ["unauthenticated", "not_started"]);
    assert.match(error.message, /its signature for this connection is not good/);
    assert.equal(relay.met, 1);
    assert.equal(relay.heard > 0 && relay.heard < 200, true, `a hello and no more: ${relay.heard} bytes`);
    assert.equal(logins(), known);
    await relay.stop();
  });

  test("13: a login that is passed on all the same is found out by the daemon", async () => {
    const relay = await Relay.start({ host: "127.0.0.1", port: 0 }, secureNear, () => dial(daemon.at("tls")));
    const careless = await RawPeer.connect(`tls://127.0.0.1:${relay.port}`);
    await careless.hello();
    careless.login(daemon.identity);
    assert.deepEqual(await careless.next(), [5]);
    assert.equal(daemon.audit.at(-1)?.["reason"], "bad_signature");
    await careless.destroy();
    await relay.stop();
  });

  test("13: a login over one kind of channel is none for another", async () => {
    for (const [kind, word] of [
      ["tls", "unix"],
      ["unix", "tls"],
      ["unix+tls", "unix"],
    ] as const) {
      const peer = await RawPeer.connect(daemon.at(kind));
      peer.transcript = beginTranscript({ word, bytes: new Uint8Array(word === "tls" ? 32 : 16) });
      await peer.hello();
      peer.login(daemon.identity);
      assert.deepEqual(await peer.next(), [5], `${kind} as ${word}`);
      await peer.destroy();
    }
  });

  test("26: with a socket in a folder of its own is not even spoken to", async () => {
    const { path, remove } = tempFolder();
    const folder = join(path, "theirs");
    mkdirSync(folder, { mode: 0o755 });
    chownSync(folder, 65_534, 65_534);
    const socket = join(folder, "rpcd.sock");
    const relay = await Relay.start({ path: socket }, asItIs, () => dial(daemon.at("unix")));
    chmodSync(socket, 0o666);
    const error = await failure(`unix:${socket}`);
    assert.deepEqual([error.code, error.outcome], ["unauthenticated", "not_started"]);
    assert.match(error.message, /belongs to/);
    assert.equal(relay.met, 0, "no connection was made");
    // Who does not look at the folder still has another socket than the daemon's in its transcript.
    const careless = await RawPeer.connect(`unix:${socket}`);
    await careless.hello();
    careless.login(daemon.identity);
    assert.deepEqual(await careless.next(), [5]);
    await careless.destroy();
    await relay.stop();
    remove();
  });

  test("26: with TLS over a socket in a folder of its own is found out by the exporter", async () => {
    const { path, remove } = tempFolder();
    const socket = join(path, "forwarded.sock");
    const relay = await Relay.start({ path: socket }, secureNear, () => dial(daemon.at("unix+tls")));
    const error = await failure(`unix+tls:${socket}`);
    assert.match(error.message, /its signature for this connection is not good/);
    assert.equal(relay.met, 1);
    await relay.stop();
    remove();
  });

  test("26: who only carries the bytes of TLS, as a forwarded socket does, is no hindrance", async () => {
    const { path, remove } = tempFolder();
    const socket = join(path, "forwarded.sock");
    const tls = parseAddress(daemon.at("unix+tls"));
    if (tls.kind === "tls") assert.fail("a path");
    const far = async (): Promise<Duplex> => {
      const raw = createConnection({ path: tls.path });
      await once(raw, "connect");
      return raw;
    };
    const relay = await Relay.start({ path: socket }, asItIs, far);
    const rpc = await connect(`unix+tls:${socket}`, {
      identity: daemon.identity,
      hostKeyFingerprints: [daemon.hostKey],
    });
    assert.equal(await rpc.call("add", [2, 3]), 5);
    const { via } = (await rpc.call("rpcd.whoami")) as { via: string };
    assert.equal(via, "tls");
    await rpc.close();
    await relay.stop();
    remove();
  });

  test("13: whoever has a key of its own is another host, in the middle or not", async () => {
    const other = await TestDaemon.start();
    const stranger = new PrivateKey(new Uint8Array(32).fill(9));
    await assert.rejects(
      connect(other.at("tls"), { identity: stranger, hostKeyFingerprints: [daemon.hostKey] }),
      {
        name: "HostKeyError",
      },
    );
    await other.stop();
  });
});
