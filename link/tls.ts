import { constants } from "node:crypto";
import type { Duplex } from "node:stream";
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { ChannelBinding } from "../session/login/transcript.ts";
import { makeThrowAwayCertificate } from "./certificate.ts";
import { HandshakeTurns } from "./handshake-turns.ts";
import { limitedTls } from "./tls-socket.ts";

/*
 * TLS over any stream, for both ends (docs/protocol.md, section 1). It keeps others from reading and writing, and
 * nothing more: certificates are made for the process, thrown away with it, and checked by nobody. Who is at the
 * other end is shown by the login, over a transcript that begins with this channel's exporter: whoever stands in
 * the middle of two channels has two different ones (RFC 9266).
 *
 * Version 1.3 only, one word of ALPN, nothing resumes. None of node's callbacks for names, protocols or shared
 * keys is used: what they throw would end the process.
 */

const ALPN_PROTOCOL = "rpcd/1";
const VERSION = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" } as const;
const EXPORTER_LABEL = "EXPORTER-Channel-Binding";
const EXPORTER_BYTES = 32;

/** A stream on which the handshake is done. */
export interface SecuredStream {
  readonly socket: Duplex;
  readonly binding: ChannelBinding;
}

/** The same at the listening side, which knows nothing of its peer until the login. */
export interface AcceptedStream extends SecuredStream {
  /** The peer has logged in: what it may send is no longer limited to what a login takes. */
  readonly admit: () => void;
}

/** The listening side's half: a key and a certificate for all its streams. */
export class TlsServer {
  readonly #context: SecureContext;
  readonly #handshakes = new HandshakeTurns(() => performance.now());

  constructor() {
    this.#context = createSecureContext({
      ...makeThrowAwayCertificate(),
      ...VERSION,
      // OpenSSL would take its own tickets back otherwise, and each connection shall prove itself anew.
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
  }

  /**
   * Does the handshake on a stream that a peer opened, when it has its turn: to prepare one takes as long as a part of it. It has no
   * time limit of its own: destroying `raw` ends it.
   *
   * @param done - called once; after an error both streams are destroyed
   */
  accept(raw: Duplex, done: (outcome: AcceptedStream | Error) => void): void {
    const begin = (): void => {
      for (const event of ["error", "close"]) raw.off(event, gone);
      this.#handshakes.run(() => this.#begin(raw, done));
    };
    // It may be reset while it waits; not each stream that fails is closed by that.
    const gone = (): void => {
      for (const event of ["error", "close"]) raw.off(event, gone);
      this.#handshakes.forget(begin);
      raw.on("error", () => undefined);
      raw.destroy();
      done(new Error("closed before the TLS handshake"));
    };
    if (this.#handshakes.isFree) return begin();
    for (const event of ["error", "close"]) raw.on(event, gone);
    this.#handshakes.wait(begin);
  }

  #begin(raw: Duplex, done: (outcome: AcceptedStream | Error) => void): void {
    const options = {
      isServer: true,
      secureContext: this.#context,
      ALPNProtocols: [ALPN_PROTOCOL],
      requestCert: false,
    };
    const { socket, admit } = limitedTls(raw, options, this.#handshakes);
    settle(raw, socket, "secure", (outcome) =>
      done(outcome instanceof Error ? outcome : { ...outcome, admit }),
    );
  }
}

/**
 * Does the handshake on a stream that this side opened.
 *
 * @throws Error; both streams are destroyed then. Destroying `raw` ends it at any time.
 */
export function connectTls(raw: Duplex): Promise<SecuredStream> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      socket: raw,
      ...VERSION,
      ALPNProtocols: [ALPN_PROTOCOL],
      // The one place where this is decided. No call and nothing of the client goes out before the host's key has
      // signed this channel's exporter (client/connect/login.ts); test/hostile/relay.test.ts stands in the middle.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    settle(raw, socket, "secureConnect", (outcome) => {
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    });
  });
}

function settle(
  raw: Duplex,
  socket: TLSSocket,
  ready: "secure" | "secureConnect",
  done: (outcome: SecuredStream | Error) => void,
): void {
  if (raw.destroyed) {
    socket.destroy();
    done(new Error("the stream is closed"));
    return;
  }
  let isSettled = false;
  const fail = (error: Error): void => {
    socket.destroy();
    raw.destroy();
    if (isSettled) return;
    isSettled = true;
    done(error);
  };
  // From birth to death: a reset at any moment must not end the process.
  raw.on("error", fail);
  socket.on("error", fail);
  raw.on("close", () => fail(new Error("closed within the TLS handshake")));
  // The end of one is the end of the other; a stream that is no socket would stay open.
  socket.on("close", () => fail(new Error("closed within the TLS handshake")));
  // A stream that is no socket may end its one half and stay open: nothing more will come of it.
  const ended = (): void => fail(new Error("ended within the TLS handshake"));
  raw.once("end", ended);
  socket.once("end", ended);
  socket.once(ready, () => {
    raw.off("end", ended);
    socket.off("end", ended);
    // Node lets a peer that names no protocol at all through.
    if (socket.alpnProtocol !== ALPN_PROTOCOL) {
      fail(new Error(`the peer does not speak ${ALPN_PROTOCOL} (ALPN)`));
      return;
    }
    if (isSettled) return;
    isSettled = true;
    // An empty context and none are the same here (RFC 8446, 7.5).
    const bytes = socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0));
    done({ socket, binding: { word: "tls", bytes } });
  });
}
