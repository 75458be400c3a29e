import { type ConnectOpts, Socket, type SocketConstructorOpts } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { TLSSocket, type TLSSocketOptions } from "node:tls";
import { FAIR_BYTES } from "../wire/limits.ts";
import { type TlsEnds, TlsInput } from "./tls-input.ts";

/*
 * Where limits stand between a stream and OpenSSL. Node joins a socket and a TLSSocket below JavaScript: what arrives goes to
 * OpenSSL without a word. There are two ways to step between:
 *
 *     socket ─▶ RawReader ─▶ TlsInput ─▶ TLSWrap.receive     and writes go their native way: for sockets of the kernel
 *     stream ◀▶ Gate ◀▶ TLSSocket's own adapter              where TlsInput is in the Gate: for all other streams
 *
 * The second needs nothing but public names, and takes twice the time for large messages. The first uses names that Node has for
 * itself (`handle` and `manualStart` of a socket, `receive` of a TLS handle); where one is missing, the second is taken.
 */

/** A TLS socket whose input is limited. */
export interface LimitedTls {
  readonly socket: TLSSocket;
  /** The peer has logged in: the limit on bytes before that is lifted. */
  readonly admit: () => void;
}

/** Makes the listening side of TLS over a stream, with limits on what comes in. */
export function limitedTls(raw: Duplex, options: TLSSocketOptions): LimitedTls {
  const handle = hasDirectWay() ? readableHandle(raw) : undefined;
  return handle === undefined ? throughGate(raw, options) : directly(raw, handle, options);
}

/** Tells how many pieces of data came out of it. */
class CountedTls extends TLSSocket {
  pieces = 0;

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    this.pieces++;
    return super.push(chunk, encoding);
  }
}

function inputFor(
  socket: CountedTls,
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
    () => performance.now(),
  );
  socket.on("close", () => input.close());
  return input;
}

/** For all readers together: what is in it has been passed on before anybody else's turn. */
const SHARED_BUFFER = new Uint8Array(FAIR_BYTES);

/** What Node has for itself of a socket of the kernel, and of TLS over one. */
interface TlsHandle {
  /** whether its socket wants more */
  readonly reading: boolean;
  receive(bytes: Uint8Array): void;
}

function directly(raw: Duplex, handle: object, options: TLSSocketOptions): LimitedTls {
  const socket = new CountedTls(raw, options);
  const input = inputFor(socket, {
    decrypt: (bytes) => tlsHandle(socket)?.receive(bytes),
    go: () => {
      if (tlsHandle(socket)?.reading === true) reader.resume();
    },
    // As Node does it at the end of a socket: nobody may be reading yet.
    end: () => {
      socket.push(null);
      socket.read(0);
    },
    isBehind: () => false,
  });
  const reader = new RawReader(handle, (bytes) => input.take(bytes));
  reader.on("end", () => input.end());
  reader.on("error", (error) => socket.destroy(error));
  return { socket, admit: () => input.admit() };
}

/** Options of a socket that Node has for itself. */
interface NodesOwn {
  readonly handle: object;
  readonly manualStart: true;
}

/** Reads the handle of another socket, to which it belongs, in place of what read it before. */
class RawReader extends Socket {
  constructor(handle: object, take: (bytes: Uint8Array) => boolean) {
    const options: SocketConstructorOpts & ConnectOpts & NodesOwn = {
      handle,
      // It is read already.
      manualStart: true,
      // Node would end the writing half together with the reading one, under the feet of TLS.
      allowHalfOpen: true,
      onread: {
        buffer: SHARED_BUFFER,
        callback: (length) => take(SHARED_BUFFER.subarray(0, length)),
      },
    };
    super(options);
  }

  /** The handle is closed by the socket that owns it, which waits for that. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error);
  }
}

/** The handle of a socket of the kernel from which nothing was read yet. */
function readableHandle(raw: Duplex): object | undefined {
  if (!(raw instanceof Socket) || raw.readableLength > 0) return undefined;
  const handle: unknown = Reflect.get(raw, "_handle");
  if (typeof handle !== "object" || handle === null) return undefined;
  return typeof Reflect.get(handle, "useUserBuffer") === "function" ? handle : undefined;
}

function tlsHandle(socket: TLSSocket): TlsHandle | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  return isTlsHandle(handle) ? handle : undefined;
}

function isTlsHandle(handle: unknown): handle is TlsHandle {
  return (
    typeof handle === "object" && handle !== null && typeof Reflect.get(handle, "receive") === "function"
  );
}

let directWay: boolean | undefined;

/** Whether this Node has what the direct way needs. */
function hasDirectWay(): boolean {
  if (directWay === undefined) {
    const socket = new TLSSocket(new PassThrough());
    directWay = tlsHandle(socket) !== undefined;
    socket.destroy();
  }
  return directWay;
}

function throughGate(raw: Duplex, options: TLSSocketOptions): LimitedTls {
  const gate = new Gate(raw);
  const socket = new CountedTls(gate, options);
  const input = inputFor(socket, {
    decrypt: (bytes) => gate.let(bytes),
    go: () => gate.go(),
    end: () => gate.push(null),
    isBehind: () => gate.readableLength > 0,
  });
  gate.open(input);
  return { socket, admit: () => input.admit() };
}

/** A stream in front of another. What comes in goes by way of {@link TlsInput}, what goes out goes out. */
class Gate extends Duplex {
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

  override _final(done: (error?: Error | null) => void): void {
    this.#raw.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#raw.destroy();
    done(error);
  }
}
