import { setImmediate } from "node:timers/promises";
import { encode } from "../../wire/cbor.ts";
import { CALL_DATA } from "../../wire/limits.ts";
import { WireReference } from "../../wire/reference.ts";
import { type Cutting, writeCut } from "./chunks.ts";
import type { RawPeer } from "./peers/raw-peer.ts";

/** The number of the reference that a call has returned: the same call may get another one in another run. */
export class Result {
  readonly call: number;
  constructor(call: number) {
    this.call = call;
  }
}

/** The id of the daemon's call on something that was passed: the `index`-th on it. */
export class Callback {
  readonly ref: number;
  readonly index: number;
  constructor(ref: number, index: number) {
    this.ref = ref;
    this.index = index;
  }
}

/** A message of a sequence, or the place where the client waits until everything before is answered. */
export type Step = readonly unknown[] | "wait";

/** What one stream of the daemon gave. */
interface Stream {
  readonly items: unknown[];
  ending: unknown;
}

/** So often the other side is asked, and has its turns of the event loop, before it counts as quiet. */
const ROUNDS = 3;
const TURNS = 4;
/** Pings of a sequence have smaller numbers. */
const FIRST_PING = 1_000;

/** One connection on which a sequence is sent, and all that was heard on it. */
export class ClientRun {
  readonly #peer: RawPeer;
  /** What each call was answered: one answer, unless something is wrong. */
  readonly answers = new Map<number, unknown[]>();
  readonly references = new Map<number, WireReference>();
  /** Streams of the daemon, by the number of the reference. */
  readonly streams = new Map<number, Stream>();
  /** The daemon's calls on what was passed, by the number of the reference. */
  readonly callbacks = new Map<number, { readonly id: number; readonly said: unknown }[]>();
  /** Streams of the client that the daemon has given credit for. */
  readonly credited = new Set<number>();
  readonly pongs: number[] = [];
  isOpen = true;
  #pings = FIRST_PING;

  constructor(peer: RawPeer) {
    this.#peer = peer;
  }

  /** Sends a sequence: what stands between two waits goes out together, cut as is asked. */
  async send(steps: readonly Step[], cutting: Cutting): Promise<void> {
    let bodies: Uint8Array[] = [];
    for (const step of [...steps, "wait" as const]) {
      if (step !== "wait") {
        bodies.push(this.#encode(step));
        continue;
      }
      await writeCut((bytes) => this.#peer.write(bytes), bodies, cutting);
      bodies = [];
      await this.quiet();
    }
  }

  /** Sends one message, and waits until everything is answered. */
  async sendAlone(step: Step): Promise<void> {
    if (step !== "wait") this.#peer.frame(this.#encode(step));
    await this.quiet();
  }

  /** Reads until the daemon has answered what it can answer. */
  async quiet(): Promise<void> {
    for (let round = 0; round < ROUNDS && this.isOpen; round++) {
      for (let turn = 0; turn < TURNS; turn++) await setImmediate();
      const ping = this.#pings++;
      this.#peer.send([26, ping]);
      while (this.isOpen && !this.#hear(await this.#peer.next(), ping));
    }
  }

  /** What the protocol promises to be the same. @param cancelled - streams of which it depends on time how much comes */
  outcome(cancelled: ReadonlySet<number>): unknown {
    const sorted = [...this.answers].toSorted(([a], [b]) => a - b);
    const streams = [...this.references]
      .filter(([call, { kind }]) => kind === "stream" && !cancelled.has(call))
      .map(([call, { id }]) => [call, this.streams.get(id) ?? "nothing"]);
    const callbacks = [...this.callbacks].map(([ref, calls]) => [ref, calls.map(({ said }) => said)]);
    const plain = (pairs: readonly (readonly unknown[])[]): object => Object.fromEntries(pairs);
    return {
      isOpen: this.isOpen,
      answers: plain(sorted),
      streams: plain(streams),
      callbacks: plain(callbacks),
      pongs: this.pongs,
    };
  }

  #encode(parts: readonly unknown[]): Uint8Array {
    const named = (part: unknown): unknown => {
      if (part instanceof Result) return this.#numberOf(part.call);
      if (part instanceof Callback) return this.callbacks.get(part.ref)?.[part.index]?.id ?? missing(part);
      if (part instanceof WireReference && part.kind === "yours")
        return new WireReference("yours", this.#numberOf(part.id));
      return part;
    };
    return encode(
      parts.map((part) => (Array.isArray(part) ? part.map(named) : named(part))),
      CALL_DATA,
    );
  }

  #numberOf(call: number): number {
    return this.references.get(call)?.id ?? missing(new Result(call));
  }

  /** @returns whether it is the answer to this ping */
  #hear(message: unknown, ping: number): boolean {
    if (!Array.isArray(message)) {
      this.isOpen = false;
      return false;
    }
    const [kind, about, value, ...more] = message as readonly unknown[];
    const id = Number(about);
    switch (kind) {
      case 16:
        this.#add(this.callbacks, Number(value), { id, said: more });
        break;
      case 17:
        if (value instanceof WireReference && value.kind !== "yours") {
          this.references.set(id, value);
          this.#add(this.answers, id, value.kind);
        } else this.#add(this.answers, id, { value });
        break;
      case 18:
        this.#add(this.answers, id, { ...Object(value), id: undefined });
        break;
      case 20:
        this.#stream(id).items.push(value);
        break;
      case 21:
        this.#stream(id).ending = "end";
        break;
      case 22:
        this.#stream(id).ending = { ...Object(value), id: undefined };
        break;
      case 23:
        this.credited.add(id);
        break;
      case 27:
        if (id === ping) return true;
        this.pongs.push(id);
        break;
      default:
        // A cancel, a release, progress: they say what is known, as soon as time allows.
        break;
    }
    return false;
  }

  #stream(ref: number): Stream {
    const found = this.streams.get(ref) ?? { items: [], ending: undefined };
    this.streams.set(ref, found);
    return found;
  }

  #add<T>(to: Map<number, T[]>, at: number, one: T): void {
    const all = to.get(at);
    if (all === undefined) to.set(at, [one]);
    else all.push(one);
  }
}

function missing(what: Result | Callback): never {
  throw new Error(`in this chunking there is no ${JSON.stringify(what)}`);
}
