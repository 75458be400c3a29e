import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { PrivateKey } from "../../../certs/ed25519.ts";
import { fingerprint } from "../../../certs/public-key.ts";
import { signedBlock } from "../../../certs/sshsig.ts";
import { TlsServer } from "../../../link/tls.ts";
import { unixBinding } from "../../../link/unix-path.ts";
import { addToTranscript, beginTranscript, type ChannelBinding } from "../../../session/login/transcript.ts";
import { encode, encodeSorted } from "../../../wire/cbor.ts";
import { FrameReader, frameHeader } from "../../../wire/frame.ts";
import { readLoginMessage } from "../../../wire/login-message.ts";
import type { ListenerKind } from "../daemon.ts";
import { tempFolder } from "../temp-folder.ts";

export const HOST = new PrivateKey(new Uint8Array(32).fill(1));
export const HOST_FINGERPRINT = fingerprint(HOST.publicKey);

export const framed = (body: Uint8Array): Buffer => Buffer.concat([frameHeader(body.length), body]);

/** What comes to the script with each frame of the client. */
export interface Peer {
  readonly binding: ChannelBinding;
  readonly socket: Duplex;
  write(bytes: Uint8Array): void;
}

/** A daemon with a script of its own: it is given each frame of the client, in order. */
export type Script = (frame: Uint8Array, peer: Peer) => void;

/** A daemon that says what a test wants, over any kind of channel. */
export class HostileDaemon {
  readonly address: string;
  script: Script = () => undefined;
  /** Frames that the clients sent. */
  received: Uint8Array[] = [];
  readonly #server: Server;
  readonly #remove: () => void;

  private constructor(server: Server, address: string, remove: () => void) {
    this.#server = server;
    this.address = address;
    this.#remove = remove;
  }

  static async start(kind: ListenerKind): Promise<HostileDaemon> {
    const { path: folder, remove } = tempFolder();
    const path = join(folder, "s");
    const server = createServer();
    server.listen(kind === "tls" ? { host: "127.0.0.1", port: 0 } : { path });
    await once(server, "listening");
    const address =
      kind === "tls" ? `tls://127.0.0.1:${(server.address() as AddressInfo).port}` : `${kind}:${path}`;
    const daemon = new HostileDaemon(server, address, remove);
    const tls = new TlsServer();
    server.on("connection", (socket: Socket) => {
      socket.on("error", () => undefined);
      if (kind === "unix") daemon.#talk(socket, unixBinding(path));
      else
        tls.accept(socket, (outcome) => {
          if (outcome instanceof Error) return;
          // It hears whatever a client sends.
          outcome.admit();
          daemon.#talk(outcome.socket, outcome.binding);
        });
    });
    return daemon;
  }

  stop(): void {
    this.#server.close();
    this.#remove();
  }

  #talk(socket: Duplex, binding: ChannelBinding): void {
    const reader = new FrameReader(2 ** 21);
    const peer: Peer = { socket, binding, write: (bytes) => void socket.write(bytes) };
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      reader.feed(chunk);
      for (let body = reader.next(); body !== undefined; body = reader.next()) {
        this.received.push(Uint8Array.from(body));
        this.script(Uint8Array.from(body), peer);
      }
    });
  }
}

/** The answer to a hello, signed for the peer's own channel. */
export function hostFrame(helloFrame: Uint8Array, { binding }: Peer, key = HOST, signer = HOST): Buffer {
  const hello = readLoginMessage(helloFrame);
  const body = encodeSorted({ version: 1, nonce: new Uint8Array(32).fill(7), key: key.publicKey.bytes });
  const start = beginTranscript(binding);
  const said = addToTranscript(addToTranscript(start, "body" in hello ? hello.body : new Uint8Array()), body);
  return framed(encode([2, body, signer.sign(signedBlock("host.v1@rpcd", said))]));
}

export function welcomeFrame(change: object = {}): Buffer {
  const body = {
    principal: "id:me",
    roles: [],
    connection: "c",
    boot: new Uint8Array(16),
    digest: new Uint8Array(32),
    limits: { frame_bytes: 2 ** 20, calls_in_flight: 128, deadline_ms: 1000 },
    ...change,
  };
  return framed(encode([4, encodeSorted(body)]));
}

/** Logs the client in properly, then hands each later frame to `then`. */
export function afterLogin(then: Script, welcome: object = {}): Script {
  return (frame, peer) => {
    if (frame[1] === 1) peer.write(hostFrame(frame, peer));
    else if (frame[1] === 3) peer.write(welcomeFrame(welcome));
    else then(frame, peer);
  };
}
