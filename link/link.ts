import type { Duplex } from "node:stream";
import { FrameReader } from "../wire/frame.ts";
import {
  FAIR_BYTES,
  LOGIN_FRAME_MAX_BYTES,
  LOGIN_UNREAD_MAX_BYTES,
  UNREAD_GRACE_MS,
} from "../wire/limits.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { joinFrames } from "./output.ts";

/** How long a closing link waits for the peer to take what was sent, in milliseconds. */
const LINGER_MS = 2_000;

/**
 * So many frames go out at once before the turn is over: the other end can begin with them while this one goes on.
 * With all of a turn in one write the two ends take turns, and half of two cores idles.
 */
const BATCH_FRAMES = 24;

/** What happens on a link. Each is called from the event loop, never from within a call of the link. */
export interface LinkEvents {
  /** A whole frame's body. The view holds until this returns. A throw closes the link with it. */
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
  readonly #deadlines: Deadlines;
  readonly #events: LinkEvents;
  readonly #reader = new FrameReader(LOGIN_FRAME_MAX_BYTES);
  #unreadMaxBytes = LOGIN_UNREAD_MAX_BYTES;
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #held: ((bytes: number) => void) | undefined;
  #told = 0;
  #flushing = false;
  #paused = false;
  #state: "open" | "ending" | "closed" = "open";
  #error: unknown;
  #grace: Deadline | undefined;
  #linger: NodeJS.Timeout | undefined;
  /** Bytes of the frames handed out since the others last had their turn, and whether they have it. */
  #turnBytes = 0;
  #yielding = false;
  readonly #onTaken = (): void => this.#taken();
  /** Whether the socket was told to stop reading. */
  #stopped = false;

  constructor(socket: Duplex, deadlines: Deadlines, events: LinkEvents) {
    this.#socket = socket;
    this.#deadlines = deadlines;
    this.#events = events;
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.on("close", () => this.#closed());
    socket.on("end", () => this.#ended());
    socket.on("data", (chunk: Uint8Array) => this.#data(chunk));
  }

  /** Bytes that the peer has not taken, as far as this side knows. */
  get unreadBytes(): number {
    return this.#socket.writableLength + this.#unsentBytes;
  }

  /** Whether the peer leaves more unread than it may: better to make nothing more for it. */
  get isChoked(): boolean {
    return this.unreadBytes > this.#unreadMaxBytes;
  }

  /**
   * Sets the bounds, in bytes: of a frame, and of what the peer may leave unread.
   *
   * @param bounds - `held` is told, from here on, by how many bytes the output that waits has grown or shrunk
   */
  limitTo(bounds: {
    readonly frameBytes: number;
    readonly unreadBytes: number;
    readonly held?: (bytes: number) => void;
  }): void {
    this.#reader.limitTo(bounds.frameBytes);
    this.#unreadMaxBytes = bounds.unreadBytes;
    this.#held = bounds.held;
  }

  /** Sends a frame with this body, at the end of the turn. After the end it does nothing. */
  send(body: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#unsent.push(body);
    this.#unsentBytes += body.length;
    this.#account(this.unreadBytes);
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
    this.#pump();
  }

  /** Sends what is unsent, then closes. */
  end(): void {
    if (this.#state !== "open") return;
    this.#flush();
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
    if (this.#state !== "open") return;
    try {
      this.#reader.feed(chunk);
    } catch (error) {
      this.destroy(error);
      return;
    }
    this.#pump();
  }

  #pump(): void {
    try {
      while (!this.#paused && !this.#yielding && this.#state === "open" && !this.#socket.destroyed) {
        const body = this.#reader.next();
        if (body === undefined) {
          this.#go();
          break;
        }
        this.#turnBytes += body.length;
        if (this.#turnBytes >= FAIR_BYTES) this.#yield();
        this.#events.frame(body);
      }
      this.#events.read?.();
      // What was answered at once goes out at once.
      if (this.#unsent.length > 0) this.#flush();
    } catch (error) {
      this.destroy(error);
    }
  }

  /**
   * Lets the other connections have their turn: a chunk may hold thousands of frames, and node would read chunk
   * after chunk as long as more is there. Only whole frames count: gathering the parts of one is no work.
   */
  #yield(): void {
    this.#turnBytes = 0;
    this.#yielding = true;
    this.#stop();
    setImmediate(() => {
      this.#yielding = false;
      this.#pump();
    });
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
    const pieces = joinFrames(unsent);
    // Nearly always one: then it is a plain write, and no list of pieces is made of it.
    if (pieces.length > 1) this.#socket.cork();
    for (const bytes of pieces) this.#socket.write(bytes, this.#onTaken);
    if (pieces.length > 1) this.#socket.uncork();
    if (this.#grace === undefined && this.isChoked) {
      this.#stop();
      this.#grace = this.#deadlines.start(UNREAD_GRACE_MS, () => {
        this.destroy(new Error(`the peer left more than ${this.#unreadMaxBytes} bytes unread`));
      });
    }
  }

  /** The kernel took one of the pieces. */
  #taken(): void {
    this.#account(this.unreadBytes);
    if (this.#state !== "open" || this.#grace === undefined || this.isChoked) return;
    this.#deadlines.stop(this.#grace);
    this.#grace = undefined;
    try {
      this.#events.flowing?.();
    } catch (error) {
      this.destroy(error);
      return;
    }
    this.#pump();
  }

  #ended(): void {
    // A peer that has sent all it will send is gone: there are no half-open sessions.
    if (this.#state === "open" && this.#reader.heldBytes > 0)
      this.#error ??= new Error("cut off within a frame");
    this.end();
  }

  /** Tells how much the output that waits has changed since it was last told. */
  #account(bytes: number): void {
    if (this.#held === undefined || this.#state === "closed") return;
    this.#held(bytes - this.#told);
    this.#told = bytes;
  }

  #closed(): void {
    if (this.#state === "closed") return;
    this.#account(0);
    this.#state = "closed";
    this.#deadlines.stop(this.#grace);
    clearTimeout(this.#linger);
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#events.closed(this.#error);
  }
}
