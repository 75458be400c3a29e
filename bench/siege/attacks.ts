import { setTimeout as sleep } from "node:timers/promises";
import {
  array,
  call,
  cancel,
  EMPTY_ARRAY,
  EMPTY_MAP,
  framed,
  functionOf,
  head,
  int,
  item,
  map,
  NO_BYTES,
  NULL,
  ping,
  streamOf,
  TIME,
  text,
  times,
} from "./items.ts";
import type { RawClient } from "./raw-client.ts";

/** What an attack may use. */
export interface Siege {
  /** Whether it goes on. */
  isOn(): boolean;
  /** A new connection, logged in; a closed one where that fails. */
  logIn(): Promise<RawClient>;
  /** A new connection that has sent nothing. */
  dial(): Promise<RawClient>;
  /** A new login with a key that the policy does not know; it ends when it is refused. */
  knock(): Promise<void>;
}

/** One way to hurt a daemon. */
export interface Attack {
  readonly name: string;
  readonly over: "unix" | "tls";
  /** how many principals take part, and whether the policy grants them anything */
  readonly principals: 1 | 4;
  readonly isGranted: boolean;
  /** of each principal */
  readonly connections: number;
  /** whether nobody reads the log of the daemon meanwhile */
  readonly isLogStuck?: boolean;
  /** what each connection does: once, or again and again as long as the attack goes on */
  readonly run: (client: RawClient, siege: Siege) => Promise<void>;
}

type Run = Attack["run"];

/** Sends what `bodies` makes for ever larger ids. */
const flood =
  (bodies: (id: number) => readonly Uint8Array[], batch = 64): Run =>
  async (client, siege) => {
    for (let id = 1; siege.isOn() && !client.isClosed; id += batch)
      await client.send(...Array.from({ length: batch }, (_, i) => bodies(id + i)).flat());
  };

const calls = (method: string, args: (id: number) => readonly Uint8Array[], batch?: number): Run =>
  flood((id) => [call(id, method, args(id))], batch);

/** Sends calls that all hang on one that is never answered. */
const pipelined =
  (value: Uint8Array): Run =>
  async (client, siege) => {
    await client.send(call(1, "never"));
    await flood((id) => [call(id + 1, "echo", [value], { on: -1 })], 4)(client, siege);
  };

const streamed =
  (value: Uint8Array): Run =>
  async (client, siege) => {
    for (let ref = 1; siege.isOn() && !client.isClosed; ref++) {
      await client.send(call(ref, "read", [streamOf(ref)]));
      // A window of credit comes; more than it ends the connection, so less is sent.
      const size = framed(item(ref, value)).length + 64;
      for (let sent = size; sent < 900_000 && siege.isOn() && !client.isClosed; sent += 16 * size)
        await client.send(...Array.from({ length: 16 }, () => item(ref, value)));
    }
  };

const cancelStorm = flood((id) => [call(id, "never"), cancel(id)], 32);

const unread =
  (method: string): Run =>
  async (client, siege) => {
    client.stopReading();
    await calls(method, () => [], 8)(client, siege);
  };

const reconnect: Run = async (client, siege) => {
  client.close();
  while (siege.isOn()) {
    const next = await siege.logIn();
    await next.send(call(1, "echo", [int(1)]));
    next.close();
  }
};

const halfMessage: Run = async (client, siege) => {
  await client.write(Buffer.concat([Buffer.from([0, 15, 255, 255]), Buffer.alloc(512 * 1024)]));
  while (siege.isOn() && !client.isClosed) {
    await client.write(Buffer.from([0]));
    await sleep(5);
  }
};

const drip: Run = async (client, siege) => {
  const bytes = framed(call(1, "echo", [int(1)]));
  for (let at = 0; siege.isOn() && !client.isClosed; at++)
    await client.write(bytes.subarray(at % bytes.length, (at % bytes.length) + 1));
};

const nested: Run = async (client, siege) => {
  for (let ref = 1; ref <= 100; ref++) await client.send(call(ref, "ask", [functionOf(ref)]));
  await sleep(50);
  const options = map(["within", int(1)]);
  await flood((id) => [call(100 + id, "never", [], { options })], 16)(client, siege);
};

const streamsOfTheDaemon: Run = async (client, siege) => {
  for (let id = 1; id <= 64 && siege.isOn(); id++) await client.send(call(id, "numbers"));
  await sleep(50);
  while (siege.isOn() && !client.isClosed)
    for (let ref = 1; ref <= 64; ref++) {
      await client.send(array(int(23), int(ref), int(16_384)));
      await sleep(1);
    }
};

const dialAndWait: Run = async (client, siege) => {
  client.close();
  while (siege.isOn()) {
    const next = await siege.dial();
    await sleep(20);
    next.close();
  }
};

const knocks: Run = async (client, siege) => {
  client.close();
  while (siege.isOn()) await siege.knock();
};

const SPARSE = times(4_900, map(["1022", NULL]));
const SPARSER = times(3_200, map(["1023", NULL], ["2570", NULL]));
const WRONG = times(9_900, text(""));
const NESTED = Array.from({ length: 24 }).reduce<Uint8Array>((inner) => array(inner), times(400, EMPTY_MAP));
const LARGE = Buffer.concat([head(2, 900_000), Buffer.alloc(900_000)]);
const LONG_TEXT = text("x".repeat(9_400));
/** Each has keys of its own: no layout is known. */
const freshKeys = (id: number): Buffer =>
  times(1, map(...Array.from({ length: 900 }, (_, i): [string, Uint8Array] => [`k${id}x${i}`, NULL])));

const one = { principals: 1, isGranted: true, connections: 1 } as const;
const nothing = { ...one, isGranted: false } as const;
const crowd = { ...one, connections: 16 } as const;
const four = { ...crowd, principals: 4 } as const;

/** The rows of the report, in their order. A test holds the table of docs/threat-model.md to their names. */
export const ATTACKS: readonly Attack[] = [
  {
    name: "calls of a few bytes, no grant",
    over: "unix",
    ...nothing,
    connections: 16,
    run: calls("no", () => []),
  },
  { name: "calls of a few bytes", over: "unix", ...crowd, run: calls("echo", () => [int(1)]) },
  {
    name: "calls of a few bytes, four principals",
    over: "unix",
    ...four,
    run: calls("echo", () => [int(1)]),
  },
  { name: "calls of a few bytes, four principals", over: "tls", ...four, run: calls("echo", () => [int(1)]) },
  { name: "invalid arguments", over: "unix", ...crowd, run: calls("add", () => [text("x")]) },
  { name: "lists of wrong elements", over: "unix", ...one, run: calls("list", () => [WRONG], 4) },
  {
    name: "lists of wrong elements, four principals",
    over: "tls",
    ...four,
    run: calls("list", () => [WRONG], 4),
  },
  { name: "sparse maps, no grant", over: "unix", ...nothing, run: calls("no", () => [SPARSE], 4) },
  { name: "sparse maps in pipelined calls", over: "unix", ...one, run: pipelined(SPARSER) },
  { name: "sparse maps, decoded and echoed", over: "tls", ...crowd, run: calls("echo", () => [SPARSE], 2) },
  {
    name: "empty byte strings in pipelined calls",
    over: "tls",
    ...one,
    run: pipelined(times(9_000, NO_BYTES)),
  },
  { name: "maps with ever new keys", over: "unix", ...crowd, run: calls("echo", (id) => [freshKeys(id)], 4) },
  { name: "empty maps in items of streams", over: "unix", ...one, run: streamed(times(9_000, EMPTY_MAP)) },
  { name: "times in items of streams", over: "tls", ...one, run: streamed(times(3_000, TIME)) },
  {
    name: "empty lists in slow calls",
    over: "unix",
    ...crowd,
    run: calls("hold", () => [times(9_000, EMPTY_ARRAY)], 2),
  },
  { name: "deep lists", over: "unix", ...crowd, run: calls("echo", () => [NESTED], 8) },
  { name: "objects with large arguments", over: "unix", ...one, run: calls("box", () => [LONG_TEXT], 16) },
  { name: "large arguments echoed", over: "unix", ...crowd, run: calls("echo", () => [LARGE], 1) },
  {
    name: "a handler that computes for 5 ms",
    over: "unix",
    ...crowd,
    run: calls("compute", () => [int(5)], 16),
  },
  {
    name: "a handler that computes for 5 ms, four principals",
    over: "tls",
    ...four,
    run: calls("compute", () => [int(5)], 16),
  },
  { name: "calls cancelled at once", over: "unix", ...crowd, run: cancelStorm },
  {
    name: "deadlines of 1 ms",
    over: "unix",
    ...crowd,
    run: flood((id) => [call(id, "never", [], { options: map(["deadline_ms", int(1)]) })], 32),
  },
  { name: "large results, never read", over: "unix", ...crowd, run: unread("large") },
  { name: "large results, never read, four principals", over: "tls", ...four, run: unread("large") },
  { name: "large results that end together", over: "unix", ...one, run: calls("largeSoon", () => [], 128) },
  {
    name: "failures, and a log that nobody reads",
    over: "unix",
    ...crowd,
    isLogStuck: true,
    run: calls("fail", () => []),
  },
  {
    name: "callbacks that are never answered",
    over: "unix",
    ...one,
    run: flood((id) => [call(id, "ask", [functionOf(id)])], 16),
  },
  { name: "calls from within callbacks, all held", over: "unix", ...one, run: nested },
  { name: "streams of tiny items, read in small windows", over: "tls", ...crowd, run: streamsOfTheDaemon },
  {
    name: "methods that are open to all",
    over: "unix",
    ...nothing,
    connections: 16,
    run: calls("rpcd.catalogue", () => [text("")], 16),
  },
  { name: "half messages that never end", over: "unix", ...four, isGranted: false, run: halfMessage },
  { name: "messages byte by byte", over: "tls", ...crowd, run: drip },
  {
    name: "as many pings as are allowed",
    over: "unix",
    ...four,
    isGranted: false,
    run: async (client, siege) => {
      for (let number = 0; siege.isOn() && !client.isClosed; number++) {
        await client.send(ping(number));
        await sleep(12);
      }
    },
  },
  { name: "logins, a call, and away", over: "unix", ...four, connections: 4, run: reconnect },
  { name: "logins with an unknown key", over: "unix", ...four, connections: 4, run: knocks },
  { name: "logins with an unknown key", over: "tls", ...four, connections: 4, run: knocks },
  { name: "connections that say nothing", over: "tls", ...four, connections: 8, run: dialAndWait },
];
