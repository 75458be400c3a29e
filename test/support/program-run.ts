import { setImmediate } from "node:timers/promises";
import type { Shape } from "../../catalogue/catalogue.ts";
import { PrivateKey } from "../../certs/ed25519.ts";
import { connect, RpcError } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { StreamReader } from "../../session/references/stream-reader.ts";
import { decode, encode } from "../../wire/cbor.ts";
import { CALL_DATA } from "../../wire/limits.ts";
import { dataLimits } from "../vectors/read-frame.ts";
import { type Cutting, IN_ONE_WRITE, writeCut } from "./chunks.ts";
import {
  ABORTED_CALL,
  CALLS,
  type DaemonSequence,
  type DaemonStep,
  ITEMS_REF,
  PASSED,
  PASSING_CALL,
} from "./peers/daemon-sequence.ts";
import {
  afterLogin,
  framed,
  HOST_FINGERPRINT,
  type HostileDaemon,
  type Peer,
} from "./peers/hostile-daemon.ts";

const CLIENT = new PrivateKey(new Uint8Array(32).fill(2));
const ANY: Shape = { type: "any" };
const CATALOGUE = {
  methods: [
    {
      name: "passing",
      doc: "",
      params: PASSED.map((name) => ({
        name,
        shape:
          name === "items" ? { type: "stream", of: ANY } : { type: "callback", args: [ANY], returns: ANY },
        optional: false,
      })),
      returns: ANY,
      effect: "read",
      idempotent: false,
      reserved: false,
      errors: {},
    },
  ],
  next: null,
};

const ROUNDS = 3;
const TURNS = 4;
/** Pings of a sequence have smaller numbers. */
const FIRST_PING = 1_000;

/** A program with one connection of the client library, and the daemon at its other end that sends it a sequence. */
export class ProgramRun {
  /** What was answered to each call of the daemon. */
  readonly answers = new Map<number, unknown[]>();
  /** What each call of the program came to. */
  readonly outcomes = new Map<number, unknown>();
  readonly #values = new Map<number, unknown>();
  readonly #heard = new Map<number, unknown[]>();
  readonly #streams = new Map<number, { readonly items: unknown[]; ending: unknown }>();
  readonly #released: number[] = [];
  readonly #sent: unknown[] = [];
  readonly #pongs: number[] = [];
  readonly #abort = new AbortController();
  /** What the callback of that name waits for: the answer of the first call. */
  #relay: Promise<unknown> = Promise.resolve();
  #peer: Peer | undefined;
  #rpc: Rpc | undefined;
  #passing = false;
  #pings = FIRST_PING;
  #lastPong = 0;
  #isOpen = true;

  /** Connects to the daemon and makes the calls that the sequence is about. */
  static async begin(daemon: HostileDaemon): Promise<ProgramRun> {
    const run = new ProgramRun();
    daemon.script = afterLogin((frame, peer) => {
      run.#peer = peer;
      run.#receive(decode(frame, dataLimits({ when: "after", body: frame })));
    });
    const rpc = await connect(daemon.address, { identity: CLIENT, hostKeyFingerprints: [HOST_FINGERPRINT] });
    run.#rpc = rpc;
    void rpc.closed.then(() => {
      run.#isOpen = false;
    });
    const passed = run.#toPass();
    for (const call of CALLS) {
      const method = call === PASSING_CALL ? "passing" : "data";
      const options = {
        onProgress: ({ done }: { readonly done: number }): void => add(run.#heard, call, done),
        ...(call === ABORTED_CALL ? { signal: run.#abort.signal } : {}),
      };
      const promise = rpc.call(method, call === PASSING_CALL ? passed : [call], {}, options);
      if (call === 1) run.#relay = promise.then((value) => (typeof value === "number" ? value : "no number"));
      run.#relay.catch(() => undefined);
      promise
        .then((value) => run.#got(call, value, passed))
        .catch((error: unknown) => void run.outcomes.set(call, said(error)));
    }
    while (!run.#passing) await setImmediate();
    return run;
  }

  /** Sends a sequence: what stands between two waits goes out together, cut as is asked. */
  async send(steps: readonly DaemonStep[], cutting: Cutting): Promise<void> {
    let bodies: Uint8Array[] = [];
    for (const step of [...steps, "wait" as const]) {
      if (typeof step !== "string") {
        bodies.push(encode(step, CALL_DATA));
        continue;
      }
      await writeCut((bytes) => this.#peer?.write(bytes), bodies, cutting);
      bodies = [];
      await this.#quiet();
      if (step === "abort") this.#abort.abort();
    }
  }

  /** Sends one message at a time, each when the client has answered all before it. */
  async sendEach(steps: readonly DaemonStep[]): Promise<void> {
    for (const step of steps) await this.send([step], IN_ONE_WRITE);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What has to be the same however the messages are cut. The program uses what it got once more. */
  async outcome({ kinds, cutsItems }: DaemonSequence): Promise<unknown> {
    const probes: Record<number, unknown> = {};
    for (const [call, kind] of kinds) {
      const value = this.#values.get(call);
      if (kind !== "callback" && kind !== "object") continue;
      // oxlint-disable-next-line typescript/no-explicit-any -- what is untyped is called by its names
      const probe = (kind === "callback" ? (value as any)?.() : (value as any)?.next()) as Promise<unknown>;
      probes[call] = await probe.catch(said);
    }
    await this.#quiet();
    const plain = (map: ReadonlyMap<number, unknown>): object =>
      Object.fromEntries([...map].toSorted(([a], [b]) => a - b));
    // A copy: what the end of the connection does to it is no part of it.
    return structuredClone({
      isOpen: this.#isOpen,
      answers: plain(this.answers),
      outcomes: plain(this.outcomes),
      heard: plain(this.#heard),
      streams: plain(this.#streams),
      released: this.#released.toSorted((a, b) => a - b),
      pongs: this.#pongs,
      sent: cutsItems ? "it depends on time" : this.#sent,
      probes,
    });
  }

  async close(): Promise<void> {
    await this.#rpc?.close();
  }

  async #quiet(): Promise<void> {
    for (let round = 0; round < ROUNDS && this.#isOpen; round++) {
      const ping = this.#pings++;
      this.#peer?.write(framedMessage([26, ping]));
      while (this.#lastPong < ping && this.#isOpen) await setImmediate();
      for (let turn = 0; turn < TURNS; turn++) await setImmediate();
    }
  }

  #got(call: number, value: unknown, passed: readonly unknown[]): void {
    this.#values.set(call, value);
    const own = passed.indexOf(value);
    const isData = typeof value === "number" || value === null;
    this.outcomes.set(call, own >= 0 ? PASSED[own] : isData ? value : typeof value);
    if (!(value instanceof StreamReader)) return;
    const stream: { readonly items: unknown[]; ending: unknown } = { items: [], ending: undefined };
    this.#streams.set(call, stream);
    void readAll(value, stream.items).then((ending) => {
      stream.ending = ending;
    });
  }

  #toPass(): readonly unknown[] {
    const failing = (): never => {
      throw new RpcError("not_found", "there is none");
    };
    const made: Readonly<Record<(typeof PASSED)[number], unknown>> = {
      now: (value: unknown) => value,
      soon: (value: unknown) => Promise.resolve(value).then((same) => same),
      fails: failing,
      failsSoon: () => Promise.resolve().then(failing),
      never: () => new Promise(() => undefined),
      relay: () => this.#relay,
      items: [1, 2, 3].values(),
    };
    return PASSED.map((name) => made[name]);
  }

  /** A message of the client. */
  #receive(message: unknown): void {
    if (!Array.isArray(message)) throw new Error("a message was expected");
    const [kind, about, value, method] = message as readonly unknown[];
    const id = Number(about);
    const answer = (given: unknown): void => this.#peer?.write(framedMessage([17, id, given]));
    if (kind === 16 && method === "rpcd.catalogue") answer(CATALOGUE);
    else if (kind === 16 && id > PASSING_CALL) answer("used again");
    else if (kind === 16 && id === PASSING_CALL) this.#passing = true;
    else if (kind === 17) add(this.answers, id, { value });
    else if (kind === 18) add(this.answers, id, value);
    else if ((kind === 20 || kind === 21 || kind === 22) && id === ITEMS_REF) this.#sent.push([kind, value]);
    else if (kind === 24) this.#released.push(id);
    else if (kind === 27 && id < FIRST_PING) this.#pongs.push(id);
    else if (kind === 27) this.#lastPong = id;
  }
}

function framedMessage(parts: readonly unknown[]): Buffer {
  return framed(encode(parts, CALL_DATA));
}

async function readAll(reader: StreamReader, items: unknown[]): Promise<unknown> {
  try {
    for await (const item of reader) items.push(item);
    return "end";
  } catch (error) {
    return said(error);
  }
}

function said(error: unknown): unknown {
  if (!(error instanceof RpcError)) return String(error);
  const { code, message, outcome } = error;
  return { code, message, outcome };
}

function add<T>(to: Map<number, T[]>, at: number, one: T): void {
  const all = to.get(at);
  if (all === undefined) to.set(at, [one]);
  else all.push(one);
}
