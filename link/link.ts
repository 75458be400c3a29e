import { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { FrameReader } from "../wire/frame.ts";
import { LOGIN_FRAME_MAX_BYTES } from "../wire/limits.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import {
  FAIR_BYTES,
  FAIR_FRAMES,
  LINK_OWN_BYTES,
  LOGIN_UNREAD_MAX_BYTES,
  UNREAD_GRACE_MS,
} from "./limits.ts";
import { joinFrames, WaitingOutput } from "./output.ts";
import { UNDER_TLS } from "./under-tls.ts";

/** How long a closing link waits for the peer to take what was sent, in milliseconds. */
const LINGER_MS = 2_000;

/**
 * So many frames go out at once before the turn is over: the other end can begin with them while this one goes on.
 * With all of a turn in one write the two ends take turns, and half of two cores idles.
 */
const BATCH_FRAMES = 24;

/** The time of a turn is looked at after so many frames, or so many bytes: reading the clock costs a hundredth of a small frame. */
const LOOK_FRAMES = 8;
const LOOK_BYTES = 4 * 1024;

/** What a frame takes until it is written, and a write until the kernel has it, beside their bytes. */
const FRAME_OVERHEAD = 256;

/** What was seen of the output of a link. */
interface OutputSeen {
  readonly waits: boolean;
  readonly writesTaken: number;
  /** of a write that is under way, what the kernel has not taken */
  readonly queuedBytes: number;
}

const NOTHING_WAITS: OutputSeen = { waits: false, writesTaken: 0, queuedBytes: 0 };

/** What keeps an account of the memory of a link. */
export interface LinkAccount {
  /** Told by how many bytes the memory for output that waits, or for the first part of a frame, has grown or shrunk. */
  held(bytes: number): void;
  /** Charges memory for more of a half-read frame. @returns false where there is no room for it: the link is closed */
  take(bytes: number): boolean;
  /** Whether there is room for more output. */
  hasRoom(): boolean;
}

/** Tells a link when it may hand out frames: that is a part of the work of the event loop. */
export interface Turns {
  /**
   * Frames may have arrived.
   *
   * @returns false where others come first: the link waits, and {@link Link.work} is called in its turn
   */
  begin(): boolean;
  /** What was begun is done for now. */
  end(): void;
  /** Whether the time of the turn is over, however few frames it had. */
  isOver(): boolean;
  /** The link has more to do than its turn has room for: {@link Link.work} is to be called in its next one. */
  wait(link: Link): void;
}

/** The turns of a link that shares the event loop with nobody who could be harmed. */
const OWN_TURNS: Turns = {
  begin: () => true,
  end: () => undefined,
  isOver: () => false,
  wait: (link) => void setImmediate(() => link.work()),
};

/** What happens on a link. Each is called from the event loop, never from within a call of the link. */
export interface LinkEvents {
  /**
   * A whole frame's body: a view on what was read with it, which no stream writes to again. Whoever keeps it beyond this turn
   * copies it, or keeps all of that. A throw closes the link with it.
   */
  frame(body: Uint8Array): void;
  /** The frames that had arrived are handed out: what waits for the end of them need wait no longer. */
  read?(): void;
  /** The last call: the socket is gone. `error` says why, where it was not an orderly end. */
  closed(error: unknown): void;
  /** The peer has taken what it had left unread: the link is choked no longer. */
  flowing?(): void;
}

/**
 * Frames over a socket: both ends use it, before the login and after.
 *
 *     open --end--> ending --(peer took it, or 2 s)--> closed
 *       +---------destroy, error, end of the peer--------^
 *
 * What is sent in one turn of the event loop goes out together, in as few writes as help. While the peer leaves more unread than
 * it may, nothing of it is read either, and after a time of grace the link is closed.
 */
export class Link {
  readonly #socket: Duplex;
  /** How often the socket has what it was given: over TLS as it came and encrypted, until the kernel takes it. */
  readonly #copies: number;
  readonly #deadlines: Deadlines;
  readonly #events: LinkEvents;
  readonly #turns: Turns;
  readonly #reader = new FrameReader(LOGIN_FRAME_MAX_BYTES);
  #unreadMaxBytes = LOGIN_UNREAD_MAX_BYTES;
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  /** Made when the socket is first behind: most never are. */
  #waiting: WaitingOutput | undefined;
  #held: LinkAccount | undefined;
  /** What the account was told of output, and of a half-read frame. */
  #toldOutput = 0;
  #toldInput = 0;
  /** It was said to be choked: somebody waits to hear that it is not. */
  #isAwaited = false;
  #flushing = false;
  #paused = false;
  #state: "open" | "ending" | "closed" = "open";
  #error: unknown;
  #grace: Deadline | undefined;
  #linger: NodeJS.Timeout | undefined;
  /** Bytes of the frames handed out since the others last had their turn, and whether they have it. */
  #turnBytes = 0;
  #turnFrames = 0;
  /** The same since the clock was last looked at. */
  #lookedBytes = 0;
  #lookedFrames = 0;
  #yielding = false;
  readonly #onTaken = (): void => this.#taken();
  /** Whether the socket was told to stop reading. */
  #stopped = false;
  /** Whether bytes have arrived since signs of life were last looked for. */
  #heard = false;
  /** Writes that the kernel took; and what was seen of the output when signs of life were last looked for. */
  #writesTaken = 0;
  #seen = NOTHING_WAITS;

  constructor(socket: Duplex, deadlines: Deadlines, events: LinkEvents, turns: Turns = OWN_TURNS) {
    this.#socket = socket;
    this.#copies = socket instanceof TLSSocket ? 2 : 1;
    this.#deadlines = deadlines;
    this.#events = events;
    this.#turns = turns;
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.on("close", () => this.#closed());
    socket.on("end", () => this.#ended());
    socket.on("data", (chunk: Uint8Array) => this.#data(chunk));
  }

  /** Bytes that the peer has not taken, as far as this side knows. */
  get unreadBytes(): number {
    return this.#socket.writableLength + this.#unsentBytes + (this.#waiting?.bytes ?? 0);
  }

  /** Bytes of memory for what the peer has not taken. */
  get #outputMemory(): number {
    return (
      this.#socket.writableLength * this.#copies +
      this.#unsentBytes +
      FRAME_OVERHEAD * this.#unsent.length +
      (this.#waiting?.memoryBytes ?? 0)
    );
  }

  /** Whether it reads what the peer sends: not while it is paused, while the peer leaves too much unread, or after its end. */
  get isReading(): boolean {
    return this.#state === "open" && !this.#stopped;
  }

  /**
   * Whether the peer has shown a sign of life since this was last asked: bytes arrived, or output that waited was taken. The kernel
   * takes output for a dead peer as well until its own buffer is full; so output counts only if it was seen waiting.
   */
  takeSign(): boolean {
    const now = {
      waits: this.#socket.writableLength > 0,
      writesTaken: this.#writesTaken,
      queuedBytes: queuedBytes(this.#socket),
    };
    const { waits, writesTaken, queuedBytes: queued } = this.#seen;
    this.#seen = now;
    const isTaken = waits && (now.writesTaken !== writesTaken || now.queuedBytes < queued);
    const isSign = this.#heard || isTaken;
    this.#heard = false;
    return isSign;
  }

  /** Whether the peer leaves more unread than it may: better to make nothing more for it. */
  get isChoked(): boolean {
    const unread = this.unreadBytes;
    const isChoked =
      unread > this.#unreadMaxBytes || (unread > LINK_OWN_BYTES && this.#held?.hasRoom() === false);
    if (isChoked) this.#isAwaited = true;
    return isChoked;
  }

  /**
   * Sets the bounds, in bytes: of a frame, and of what the peer may leave unread.
   *
   * @param bounds - `account` is told, from here on, what memory the link takes
   */
  limitTo(bounds: {
    readonly frameBytes: number;
    readonly unreadBytes: number;
    readonly account?: LinkAccount;
  }): void {
    this.#reader.limitTo(bounds.frameBytes);
    this.#unreadMaxBytes = bounds.unreadBytes;
    this.#held = bounds.account;
  }

  /** Sends a frame with this body, at the end of the turn. After the end it does nothing. */
  send(body: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#unsent.push(body);
    this.#unsentBytes += body.length;
    this.#account();
    if (this.#unsent.length >= BATCH_FRAMES) {
      this.#flush();
      return;
    }
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(() => this.#flush());
  }

  /** Stops handing out frames, in the middle of a chunk too, until {@link resume}. */
  pause(): void {
    this.#paused = true;
    this.#stop();
  }

  resume(): void {
    this.#paused = false;
    this.#turn();
  }

  /** Goes on in its turn, for which it has waited. @returns whether it waits for another one */
  work(): boolean {
    if (!this.#yielding) return false;
    this.#yielding = false;
    this.#pump();
    return this.#yielding;
  }

  /** Sends what is unsent, then closes. */
  end(): void {
    if (this.#state !== "open") return;
    this.#flush();
    if (this.#waiting !== undefined) this.#write(this.#waiting.take());
    this.#state = "ending";
    this.#socket.end();
    this.#deadlines.stop(this.#grace);
    this.#grace = undefined;
    // A timer that holds the process: over a stream within it there may be nothing else that does, and somebody waits.
    this.#linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    // What the peer still sends is read and dropped, so that its end is seen.
    this.#paused = false;
    this.#socket.resume();
  }

  /** Closes at once; unsent frames are lost. @param error - what {@link LinkEvents.closed} will be told */
  destroy(error?: unknown): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  #data(chunk: Uint8Array): void {
    this.#heard = true;
    if (this.#state !== "open") return;
    try {
      this.#reader.feed(chunk);
    } catch (error) {
      this.destroy(error);
      return;
    }
    this.#turn();
  }

  /** Hands out what has arrived, now or in its turn. */
  #turn(): void {
    if (this.#yielding) return;
    if (!this.#turns.begin()) return this.#yield();
    this.#pump();
    this.#turns.end();
  }

  /** It does not throw. */
  #pump(): void {
    try {
      while (!this.#paused && !this.#yielding && this.#state === "open" && !this.#socket.destroyed) {
        const body = this.#reader.next();
        if (body === undefined) {
          this.#go();
          break;
        }
        if (this.#isTurnOver(body.length)) this.#yield();
        this.#events.frame(body);
      }
      this.#events.read?.();
      this.#accountInput();
      // What was answered at once goes out at once.
      if (this.#unsent.length > 0) this.#flush();
    } catch (error) {
      this.destroy(error);
    }
  }

  /** Whether a frame of so many bytes is the last one of this turn. */
  #isTurnOver(bytes: number): boolean {
    this.#turnBytes += bytes;
    this.#turnFrames++;
    if (this.#turnBytes >= FAIR_BYTES || this.#turnFrames >= FAIR_FRAMES) return true;
    this.#lookedBytes += bytes;
    this.#lookedFrames++;
    if (this.#lookedFrames < LOOK_FRAMES && this.#lookedBytes < LOOK_BYTES) return false;
    this.#lookedBytes = 0;
    this.#lookedFrames = 0;
    return this.#turns.isOver();
  }

  /**
   * Lets the other connections have their turn: a chunk may hold thousands of frames, and node would read chunk
   * after chunk as long as more is there. Only whole frames count: gathering the parts of one is no work.
   */
  #yield(): void {
    this.#turnBytes = 0;
    this.#turnFrames = 0;
    this.#yielding = true;
    this.#stop();
    this.#turns.wait(this);
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#socket.pause();
  }

  /** Reads on, if nothing speaks against it. */
  #go(): void {
    if (!this.#stopped || this.#paused || this.#yielding || this.#grace !== undefined) return;
    this.#stopped = false;
    this.#socket.resume();
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#unsent.length === 0 || this.#state !== "open" || this.#socket.destroyed) return;
    const unsent = this.#unsent;
    this.#unsent = [];
    this.#unsentBytes = 0;
    // While the socket has something to do, more writes would only take memory; what waits goes out as one.
    if (this.#socket.writableLength > 0 || this.#waiting !== undefined) {
      this.#waiting ??= new WaitingOutput();
      this.#waiting.add(unsent);
    } else this.#write(joinFrames(unsent));
    this.#account();
    if (this.#grace === undefined && this.isChoked) {
      this.#stop();
      this.#grace = this.#deadlines.start(UNREAD_GRACE_MS, () => {
        this.destroy(new Error(`the peer left more than ${this.#unreadMaxBytes} bytes unread`));
      });
    }
  }

  #write(pieces: readonly Uint8Array[]): void {
    // Nearly always one: then it is a plain write, and no list of pieces is made of it.
    if (pieces.length > 1) this.#socket.cork();
    for (const bytes of pieces) this.#socket.write(bytes, this.#onTaken);
    if (pieces.length > 1) this.#socket.uncork();
  }

  /** The kernel took one of the pieces. */
  #taken(): void {
    this.#writesTaken++;
    if (this.#state === "open" && this.#waiting !== undefined && this.#socket.writableLength === 0) {
      const pieces = this.#waiting.take();
      this.#waiting = undefined;
      this.#write(pieces);
    }
    this.#account();
    if (this.#state !== "open" || !this.#isAwaited || this.isChoked) return;
    this.#isAwaited = false;
    this.#deadlines.stop(this.#grace);
    this.#grace = undefined;
    try {
      this.#events.flowing?.();
    } catch (error) {
      this.destroy(error);
      return;
    }
    this.#turn();
  }

  #ended(): void {
    // A peer that has sent all it will send is gone: there are no half-open sessions.
    if (this.#state === "open" && this.#reader.heldBytes > 0)
      this.#error ??= new Error("cut off within a frame");
    this.end();
  }

  /** Tells how much the memory for output has changed since it was last told. */
  #account(): void {
    if (this.#held === undefined || this.#state === "closed") return;
    const bytes = this.#outputMemory;
    const more = bytes - this.#toldOutput;
    if (more === 0) return;
    this.#toldOutput = bytes;
    this.#held.held(more);
  }

  /** The same for a half-read frame. Beyond what each connection may have, it has to find room; others are not asked to make any. */
  #accountInput(): void {
    if (this.#held === undefined || this.#state === "closed") return;
    const bytes = this.#reader.memoryBytes;
    const more = bytes - this.#toldInput;
    if (more === 0) return;
    if (more < 0 || bytes <= LINK_OWN_BYTES) this.#held.held(more);
    else if (!this.#held.take(more)) {
      this.destroy(
        new Error(
          `no room for the rest of a message, of which ${this.#reader.heldBytes} bytes have come: its principal holds all that it may`,
        ),
      );
      return;
    }
    this.#toldInput = bytes;
  }

  #closed(): void {
    if (this.#state === "closed") return;
    this.#held?.held(-this.#toldOutput - this.#toldInput);
    this.#state = "closed";
    this.#deadlines.stop(this.#grace);
    clearTimeout(this.#linger);
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#waiting = undefined;
    this.#events.closed(this.#error);
  }
}

/**
 * What the kernel has not taken of the write that is under way, in bytes: a large message on a slow line is one write for minutes.
 * Node's own idle timer (`socket.setTimeout`) looks at the same number; no public name leads to it.
 *
 * @returns 0 for a stream that does not say
 */
function queuedBytes(socket: Duplex): number {
  const under: unknown = Reflect.get(socket, UNDER_TLS);
  // What is encrypted waits in the stream under TLS.
  if (under instanceof Duplex) return under.writableLength + queuedBytes(under);
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) return 0;
  const queued: unknown = Reflect.get(handle, "writeQueueSize");
  return typeof queued === "number" ? queued : 0;
}
