import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import { parseAddress } from "../../../link/address.ts";
import { connectTls } from "../../../link/tls.ts";
import { TestDaemon, WIDE_OPEN } from "../../support/daemon.ts";
import { memoryKib } from "../../support/memory.ts";

describe("a listener that speaks TLS", () => {
  let daemon: TestDaemon;
  let target: { readonly host: string; readonly port: number };
  before(async () => {
    daemon = await TestDaemon.start({ config: `login_timeout_ms: 2000\n${WIDE_OPEN}` });
    const address = parseAddress(daemon.at("tls"));
    target = address.kind === "tls" ? address : assert.fail("no TLS");
  });
  after(async () => {
    assert.equal(await daemon.stop(), 0);
  });

  const dialled = async (): Promise<Socket> => {
    const socket = createConnection(target);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };
  const serves = async (): Promise<void> => {
    const rpc = await daemon.connect({}, "tls");
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
  };
  /** A client of node's own. @returns what its handshake came to */
  const handshake = (options: ConnectionOptions): Promise<string> =>
    new Promise((resolve) => {
      const socket = tlsConnect({ ...target, rejectUnauthorized: false, ...options });
      // Node ends a handshake before the listening side has looked at it: what counts is what comes after.
      socket.on("secureConnect", () => socket.write("?"));
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on("close", () => resolve("closed"));
      socket.resume();
    });

  test("8: takes no older version of TLS, and no other protocol in it or without it", async () => {
    assert.match(await handshake({ maxVersion: "TLSv1.2", ALPNProtocols: ["rpcd/1"] }), /PROTOCOL_VERSION/);
    assert.match(await handshake({ ALPNProtocols: ["h2", "http/1.1"] }), /NO_APPLICATION_PROTOCOL/);
    assert.match(await handshake({}), /closed|ECONNRESET/);
    for (const text of [
      "GET / HTTP/1.1\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n",
      "\0\0\0\x10",
      "\x16\x03\x01\xff\xff",
    ]) {
      const socket = await dialled();
      socket.resume();
      socket.write(Buffer.from(text, "latin1"));
      await once(socket, "close");
    }
    await serves();
  });

  test("8: such peers get a few lines in the log, and are counted after that", async () => {
    const known = daemon.log.length;
    for (let i = 0; i < 200; i++) {
      const socket = await dialled();
      socket.resume();
      socket.write("GET / HTTP/1.1\r\n\r\n");
      await once(socket, "close");
    }
    await serves();
    const lines = daemon.log.slice(known).filter((line) => line.includes("a TLS handshake failed"));
    assert.equal(lines.length <= 20, true, `${lines.length} lines`);
  });

  test("nothing resumes: a session that was kept proves nothing on the next connection", async () => {
    const reused: boolean[] = [];
    let session: Buffer | undefined;
    for (let i = 0; i < 2; i++) {
      const socket = tlsConnect({
        ...target,
        rejectUnauthorized: false,
        ALPNProtocols: ["rpcd/1"],
        ...(session === undefined ? {} : { session }),
      });
      socket.on("session", (found) => (session = found));
      await once(socket, "secureConnect");
      reused.push(socket.isSessionReused());
      // The tickets come behind the handshake.
      if (session === undefined) await once(socket, "session");
      socket.destroy();
    }
    assert.deepEqual(reused, [false, false]);
  });

  test("2, 3: a ClientHello that drips, and a handshake followed by silence, end at the login deadline", async () => {
    const hello = await clientHello();
    const dripping = await dialled();
    dripping.resume();
    let sent = 0;
    const drip = setInterval(() => dripping.write(hello.subarray(sent, ++sent)), 100);
    const { socket: silent } = await connectTls(await dialled());
    silent.resume();
    await Promise.all([once(dripping, "close"), once(silent, "close")]);
    clearInterval(drip);
    assert.equal(sent > 2 && sent < hello.length, true, "it was closed within the hello");
  });

  test("10: a disconnect at every eighth byte of a ClientHello leaves nothing behind", async () => {
    const hello = await clientHello();
    for (let cut = 0; cut <= hello.length; cut += 8) {
      const socket = await dialled();
      socket.write(hello.subarray(0, cut));
      if (cut % 16 === 0) socket.resetAndDestroy();
      else socket.destroySoon();
      await once(socket, "close");
    }
    await serves();
  });

  test("10: a ClientHello with one byte changed, at every eighth place, is no trouble", async () => {
    const hello = await clientHello();
    const open: Socket[] = [];
    for (let at = 0; at < hello.length; at += 8) {
      const bent = Buffer.from(hello);
      bent[at] = (bent[at] ?? 0) ^ 0x55;
      const socket = await dialled();
      socket.resume();
      socket.write(bent);
      open.push(socket);
    }
    // Some are still a good beginning: those wait for their deadline.
    await Promise.all(open.map(async (socket) => socket.closed || once(socket, "close")));
    await serves();
  });

  test("11: ten thousand key updates, and a certificate that nobody asked for, are borne", async () => {
    const idle = memoryKib(daemon.pid);
    const client = spawn(
      "openssl",
      ["s_client", "-connect", `${target.host}:${target.port}`, "-tls1_3", "-alpn", "rpcd/1"],
      { stdio: ["pipe", "ignore", "ignore"] },
    );
    client.stdin.on("error", () => undefined);
    // `K` on a line of its own: a key update that asks for one in return.
    const flood = setInterval(() => client.stdin.write("K\n".repeat(500)), 20);
    await serves();
    await once(client, "exit");
    clearInterval(flood);
    await serves();
    const grown = memoryKib(daemon.pid) - idle;
    assert.equal(grown < 64 * 1024, true, `${grown} KiB more than before`);
  });
});

/** The first bytes of a handshake of our own client. */
async function clientHello(): Promise<Buffer> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = createConnection({ host: "127.0.0.1", port });
  const [[accepted]] = (await Promise.all([once(server, "connection"), once(socket, "connect")])) as [
    [Socket],
    unknown,
  ];
  const failed = connectTls(socket).catch(() => undefined);
  const [hello] = (await once(accepted, "data")) as [Buffer];
  accepted.destroy();
  await failed;
  server.close();
  return hello;
}
