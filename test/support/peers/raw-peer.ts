import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import type { PrivateKey } from "../../../certs/ed25519.ts";
import { signedBlock } from "../../../certs/sshsig.ts";
import { parseAddress } from "../../../link/address.ts";
import { connectTls } from "../../../link/tls.ts";
import { unixBinding } from "../../../link/unix-path.ts";
import {
  addToTranscript,
  beginTranscript,
  type ChannelBinding,
  type Transcript,
} from "../../../session/login/transcript.ts";
import { asReference, decode, encode, encodeSorted } from "../../../wire/cbor.ts";
import { FrameReader, frameHeader } from "../../../wire/frame.ts";
import { CALL_DATA } from "../../../wire/limits.ts";
import { dataLimits } from "../../vectors/read-frame.ts";

/**
 * A client with a script of its own: it sends the bytes that a test wants, well formed or not, and shows what
 * comes back. It knows the login but does nothing by itself.
 */
export class RawPeer {
  readonly socket: Duplex;
  /** Settles when the daemon has closed the connection. */
  readonly closed: Promise<void>;
  readonly #reader = new FrameReader(2 * 1024 * 1024);
  readonly #frames: unknown[] = [];
  readonly #raw: Uint8Array[] = [];
  #arrived: () => void = () => undefined;
  #ended = false;
  transcript: Transcript;

  private constructor(socket: Duplex, binding: ChannelBinding) {
    this.socket = socket;
    this.transcript = beginTranscript(binding);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      this.#reader.feed(chunk);
      for (let body = this.#reader.next(); body !== undefined; body = this.#reader.next()) {
        this.#raw.push(Uint8Array.from(body));
        this.#frames.push(partsOf(body));
      }
      this.#arrived();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#ended = true;
        this.#arrived();
        resolve();
      });
    });
  }

  /** @param localAddress - where a connection over the network comes from */
  static async connect(address: string, localAddress?: string): Promise<RawPeer> {
    const parsed = parseAddress(address);
    const target = parsed.kind === "tls" ? { host: parsed.host, port: parsed.port } : { path: parsed.path };
    const socket = createConnection(localAddress === undefined ? target : { ...target, localAddress });
    await once(socket, "connect");
    if (parsed.kind === "unix") return new RawPeer(socket, unixBinding(parsed.path));
    const secured = await connectTls(socket);
    return new RawPeer(secured.socket, secured.binding);
  }

  /** A peer at the end of a stream that a test has made. */
  static over(socket: Duplex, binding: ChannelBinding): RawPeer {
    return new RawPeer(socket, binding);
  }

  /** A peer that has logged in, with its `welcome` read. */
  static async loggedIn(address: string, key: PrivateKey): Promise<RawPeer> {
    const peer = await RawPeer.connect(address);
    await peer.hello();
    peer.login(key);
    await peer.next();
    return peer;
  }

  /** Every byte that the frames from the daemon held, for comparing. */
  get raw(): readonly Uint8Array[] {
    return this.#raw;
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Sends a frame with this body. */
  frame(body: Uint8Array): void {
    this.write(Buffer.concat([frameHeader(body.length), body]));
  }

  /** Sends a frame with the CBOR of this value. */
  send(value: unknown): void {
    this.frame(encode(value, CALL_DATA));
  }

  /** Sends a hello and reads the host's answer. */
  async hello(extra: object = {}): Promise<readonly unknown[]> {
    const body = encodeSorted({ versions: [1], nonce: randomBytes(32), ...extra });
    this.send([1, body]);
    this.transcript = addToTranscript(this.transcript, body);
    const host = (await this.next()) as readonly unknown[];
    this.transcript = addToTranscript(this.transcript, host[1] as Uint8Array);
    this.transcript = addToTranscript(this.transcript, host[2] as Uint8Array);
    return host;
  }

  login(key: PrivateKey, sign = (block: Uint8Array): Uint8Array => key.sign(block)): void {
    this.frame(this.loginFrame(key, sign));
  }

  loginFrame(key: PrivateKey, sign = (block: Uint8Array): Uint8Array => key.sign(block)): Uint8Array {
    const body = encodeSorted({ key: key.publicKey.bytes });
    return encode([3, body, sign(signedBlock("login.v1@rpcd", addToTranscript(this.transcript, body)))]);
  }

  /** The next message of the daemon; `undefined` if it closes the connection instead. */
  async next(): Promise<unknown> {
    while (this.#frames.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.#frames.shift();
  }

  destroy(): Promise<void> {
    this.socket.destroy();
    return this.closed;
  }
}

/** The array that is in a frame, with references as such where they stand alone. */
function partsOf(body: Uint8Array): unknown {
  const parts = decode(body, dataLimits({ when: "after", body }));
  return Array.isArray(parts) ? parts.map(asReference) : parts;
}
