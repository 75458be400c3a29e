import assert from "node:assert/strict";
import { createCipheriv, createHmac } from "node:crypto";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { type TLSSocket, connect as tlsConnect } from "node:tls";
import { parseAddress } from "../../../link/address.ts";
import { RawPeer } from "./raw-peer.ts";

const CONTENT = { alert: 21, handshake: 22, data: 23 } as const;
const TAG_BYTES = 16;
/** TLS_AES_256_GCM_SHA384, which both ends have. */
const SUITE = { cipher: "aes-256-gcm", hash: "sha384", keyBytes: 32, ivBytes: 12, hashBytes: 48 } as const;

/** What a record takes beside its data and padding, in bytes: its header, the type within, the tag. */
export const RECORD_OVERHEAD = 5 + 1 + TAG_BYTES;

/**
 * A client that does the handshake of TLS as any, and then makes its own records: updates of keys, empty ones, padded ones (RFC
 * 8446, sections 4.6.3, 5.2 and 7). Node has no words for them.
 */
export class TlsAttacker {
  readonly raw: Socket;
  readonly tls: TLSSocket;
  #secret: Uint8Array;
  #key: Uint8Array = new Uint8Array(0);
  #iv: Uint8Array = new Uint8Array(0);
  #sequence = 0n;

  private constructor(raw: Socket, tls: TLSSocket, secret: Buffer) {
    this.raw = raw;
    this.tls = tls;
    this.#secret = secret;
    this.#useSecret();
  }

  static async connect(address: string): Promise<TlsAttacker> {
    const parsed = parseAddress(address);
    const raw = createConnection(
      parsed.kind === "tls" ? { host: parsed.host, port: parsed.port } : { path: parsed.path },
    );
    raw.on("error", () => undefined);
    await once(raw, "connect");
    const tls = tlsConnect({
      socket: raw,
      rejectUnauthorized: false,
      ALPNProtocols: ["rpcd/1"],
      minVersion: "TLSv1.3",
      ciphers: "TLS_AES_256_GCM_SHA384",
    });
    tls.on("error", () => undefined);
    let secret: Buffer | undefined;
    tls.on("keylog", (line: Buffer) => {
      const [, digits] = /^CLIENT_TRAFFIC_SECRET_0 \S+ (\S+)/.exec(line.toString("latin1")) ?? [];
      if (digits !== undefined) secret = Buffer.from(digits, "hex");
    });
    await once(tls, "secureConnect");
    // The last message of the handshake goes out behind the event: no record of ours may come before it.
    await new Promise((resolve) => setImmediate(resolve));
    return new TlsAttacker(raw, tls, secret ?? assert.fail("no secret was told"));
  }

  /** Settles when the connection is gone. */
  async closed(): Promise<void> {
    if (!this.raw.closed) await once(this.raw, "close");
  }

  /** Bytes that it has sent, those of the handshake among them. */
  get sentBytes(): number {
    return this.raw.bytesWritten;
  }

  /** A peer with the login's words on this channel. @param padding - of each record, so many bytes */
  peer(padding: (dataBytes: number) => number = () => 0): RawPeer {
    const stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        this.raw.write(this.record(CONTENT.data, chunk, padding(chunk.length)));
        done();
      },
    });
    this.tls.on("data", (chunk: Buffer) => stream.push(chunk));
    this.raw.on("close", () => stream.destroy());
    const bytes = this.tls.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
    return RawPeer.over(stream, { word: "tls", bytes });
  }

  /** So many updates of keys, one record each. */
  keyUpdates(count: number): Buffer {
    return Buffer.concat(
      Array.from({ length: count }, () => {
        const record = this.record(CONTENT.handshake, Buffer.from([24, 0, 0, 1, 0]));
        this.#secret = expand(this.#secret, "traffic upd", SUITE.hashBytes);
        this.#useSecret();
        return record;
      }),
    );
  }

  /** So many records of data that have none. */
  emptyRecords(count: number): Buffer {
    return Buffer.concat(Array.from({ length: count }, () => this.record(CONTENT.data, Buffer.alloc(0))));
  }

  record(type: number, body: Uint8Array, padding = 0): Buffer {
    const inner = Buffer.concat([body, Buffer.from([type]), Buffer.alloc(padding)]);
    const header = Buffer.from([23, 3, 3, 0, 0]);
    header.writeUInt16BE(inner.length + TAG_BYTES, 3);
    const nonce = Buffer.from(this.#iv);
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ this.#sequence++, 4);
    const cipher = createCipheriv(SUITE.cipher, this.#key, nonce);
    cipher.setAAD(header);
    return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
  }

  #useSecret(): void {
    this.#key = expand(this.#secret, "key", SUITE.keyBytes);
    this.#iv = expand(this.#secret, "iv", SUITE.ivBytes);
    this.#sequence = 0n;
  }
}

/** HKDF-Expand-Label without a context (RFC 8446, 7.1), for no more than one block. */
function expand(secret: Uint8Array, label: string, length: number): Uint8Array {
  const full = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, full.length]), full, Buffer.from([0, 1])]);
  return createHmac(SUITE.hash, secret).update(info).digest().subarray(0, length);
}
