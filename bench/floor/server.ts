import assert from "node:assert/strict";
import { constants } from "node:crypto";
import { createServer, type ListenOptions, type Server } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { makeThrowAwayCertificate } from "../../link/certificate.ts";
import { sayMemoryOnSignal } from "../live-memory.ts";
import { Frames } from "./frames.ts";

/*
 * The floor's server process: node server.js SOCKET-PATH. It sends back every frame, over a Unix socket and over
 * TLS 1.3 on a port of the loopback, until its standard input ends. It says where it listens as a daemon would.
 */

function serve(socket: Duplex): void {
  // A peer that goes in the middle of something is no affair of the others.
  socket.on("error", () => undefined);
  const frames = new Frames(socket, (body) => frames.send(body));
}

function listen(server: Server, at: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, resolve);
  });
}

function say(line: Readonly<Record<string, string>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const [path = assert.fail("no path for the socket")] = process.argv.slice(2);
sayMemoryOnSignal();

await listen(createServer(serve), { path });
say({ msg: "listening", address: `unix:${path}` });

const secure = createTlsServer(
  // No tickets, as with rpcd: every connection is a full handshake.
  {
    ...makeThrowAwayCertificate(),
    minVersion: "TLSv1.3",
    secureOptions: constants.SSL_OP_NO_TICKET,
    noDelay: true,
  },
  serve,
);
await listen(secure, { host: "127.0.0.1", port: 0 });
const bound = secure.address();
if (bound === null || typeof bound === "string") throw new Error("no port is bound");
say({ msg: "listening", address: `tls://127.0.0.1:${bound.port}` });
say({ msg: "ready" });

process.stdin.resume().once("end", () => process.exit());
