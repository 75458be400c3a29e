import { Duplex } from "node:stream";
import { TLSSocket, type TLSSocketOptions } from "node:tls";
import type { HandshakeTurns } from "./handshake-turns.ts";
import { type TlsEnds, TlsInput } from "./tls-input.ts";
import { UNDER_TLS } from "./under-tls.ts";

/*
 * Where limits stand between a stream and OpenSSL:
 *
 *     stream ◀▶ InputGate ◀▶ TLSSocket        what comes in goes through TlsInput, what goes out goes out
 *
 * Node joins a socket and a TLSSocket below JavaScript otherwise: what arrives goes to OpenSSL without a word, some two megabytes of it
 * in one turn. Node has no public way to look in between: a second reader on the handle of the socket loses the ends of writes, and
 * output stalls when the peer is slow.
 */

/** A TLS socket whose input is limited. */
export interface LimitedTls {
  readonly socket: TLSSocket;
  /** The peer has logged in: the limit on bytes before that is lifted. */
  readonly admit: () => void;
}

/** Tells how many pieces of data came out of it. */
class CountedTls extends TLSSocket {
  readonly [UNDER_TLS]: Duplex;
  pieces = 0;

  constructor(gate: InputGate, raw: Duplex, options: TLSSocketOptions) {
    super(gate, options);
    this[UNDER_TLS] = raw;
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    this.pieces++;
    return super.push(chunk, encoding);
  }
}

function inputFor(
  socket: CountedTls,
  handshakes: HandshakeTurns,
  ends: Pick<TlsEnds, "decrypt" | "go" | "end"> & { readonly isBehind: () => boolean },
): TlsInput {
  const input = new TlsInput(
    {
      decrypt: (bytes) => ends.decrypt(bytes),
      go: () => ends.go(),
      end: () => ends.end(),
      fail: (error) => socket.destroy(error),
      get pieces() {
        return socket.pieces;
      },
      get isBehind() {
        return ends.isBehind();
      },
      get isPaused() {
        return socket.isPaused();
      },
    },
    handshakes,
    () => performance.now(),
  );
  socket.on("close", () => input.close());
  return input;
}

/**
 * Makes the listening side of TLS over a stream, with limits on what comes in.
 *
 * @param handshakes - of all streams of the server
 */
export function limitedTls(raw: Duplex, options: TLSSocketOptions, handshakes: HandshakeTurns): LimitedTls {
  const gate = new InputGate(raw);
  const socket = new CountedTls(gate, raw, options);
  const input = inputFor(socket, handshakes, {
    decrypt: (bytes) => gate.let(bytes),
    go: () => gate.go(),
    end: () => gate.push(null),
    isBehind: () => gate.readableLength > 0,
  });
  gate.open(input);
  return { socket, admit: () => input.admit() };
}

/** A stream in front of another. What comes in goes by way of {@link TlsInput}, what goes out goes out. */
class InputGate extends Duplex {
  readonly #raw: Duplex;
  #input: TlsInput | undefined;
  #isWanted = false;

  constructor(raw: Duplex) {
    super();
    this.#raw = raw;
  }

  open(input: TlsInput): void {
    const raw = this.#raw;
    this.#input = input;
    raw.on("data", (chunk: unknown) => {
      if (!(chunk instanceof Uint8Array)) this.destroy(new Error("the stream under TLS gives no bytes"));
      else if (!input.take(chunk)) raw.pause();
    });
    raw.on("end", () => input.end());
    raw.on("error", (error) => this.destroy(error));
    raw.on("close", () => this.destroy());
  }

  let(bytes: Uint8Array): void {
    if (this.push(bytes)) return;
    this.#isWanted = false;
    this.#raw.pause();
  }

  go(): void {
    if (this.#isWanted) this.#raw.resume();
  }

  override _read(): void {
    this.#isWanted = true;
    if (this.#input?.isHolding === false) this.#raw.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#raw.write(chunk, done);
  }

  override _writev(
    pieces: readonly { readonly chunk: Uint8Array }[],
    done: (error?: Error | null) => void,
  ): void {
    const raw = this.#raw;
    raw.cork();
    pieces.forEach(
      ({ chunk }, i) => void (i < pieces.length - 1 ? raw.write(chunk) : raw.write(chunk, done)),
    );
    raw.uncork();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#raw.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#raw.destroy();
    done(error);
  }
}
