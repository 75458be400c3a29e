import { frameHeader } from "../../wire/frame.ts";
import {
  CALLBACKS_IN_FLIGHT_MAX,
  PIPELINED_MAX,
  REFERENCES_MAX,
  SESSION_FRAME_MAX_BYTES,
  STREAM_ITEM_BYTES,
  STREAM_WINDOW_BYTES,
} from "../../wire/limits.ts";
import { head, joined, textItem } from "../wire/cbor-items.ts";
import { functionItem, type HoldingPeer, itemBody, NULL_ITEM, streamItem } from "./holding-peer.ts";
import { WORST_MESSAGES } from "./worst-messages.ts";

/** Has the daemon keep something for these connections of one client, as much as it may or near it. */
type Hold = (peers: readonly HoldingPeer[]) => void | Promise<void>;

/** The worst message of a kind, as an argument; one with keys of its own is another each time. */
function worst(kind: string): Uint8Array {
  const make = WORST_MESSAGES[kind];
  if (make === undefined) throw new Error(`no messages of ${kind}`);
  return make();
}

/** Kinds of arguments, the worst of each group. */
const ARGUMENTS = [
  "empty byte strings",
  "times",
  "empty arrays",
  "empty maps",
  "maps of five fresh keys",
  "maps with the index 1022",
  "one text, one letter of it beyond Latin-1",
  "floats",
] as const;

/** Calls with these arguments that go on. */
const calls =
  (each: number, argument: () => Uint8Array): Hold =>
  (peers) => {
    for (const peer of peers) for (let i = 0; i < each; i++) peer.call("hold", [argument()]);
  };

/** Calls that hang on one that is never answered: 32 on each. */
const pipelined =
  (bases: number, argument: () => Uint8Array): Hold =>
  (peers) => {
    for (const peer of peers)
      for (let base = 0; base < bases; base++) {
        const target = -peer.call("never");
        for (let i = 0; i < PIPELINED_MAX; i++) peer.call("put", [argument()], target);
      }
  };

/** Calls that are permitted and wait until the client reads: they come in one chunk with what makes too much output. */
const held: Hold = (peers) => {
  for (const peer of peers) {
    peer.raw.socket.pause();
    const bodies = Array.from({ length: 6 }, () => peer.callBody("large", []));
    for (let i = 0; i < 100; i++) bodies.push(peer.callBody("hold", [textItem("x".repeat(400))]));
    peer.raw.write(joined(...bodies.flatMap((body) => [frameHeader(body.length), body])));
  }
};

/** Items of streams that nobody reads, as many as the window lets through. */
const items =
  (streams: number, item: Uint8Array): Hold =>
  async (peers) => {
    for (const peer of peers) {
      for (let stream = 1; stream <= streams; stream++) peer.call("read", [streamItem(stream)]);
      for (let stream = 1; stream <= streams; stream++) await peer.next(23);
      const body = itemBody(1, item).length + STREAM_ITEM_BYTES;
      for (let stream = 1; stream <= streams; stream++)
        for (let sent = 0; sent + body < STREAM_WINDOW_BYTES; sent += body) peer.item(stream, item);
    }
  };

/** References that calls with large arguments return. */
const returned =
  (method: "box" | "giver" | "feed", each: number, argument: () => Uint8Array): Hold =>
  async (peers) => {
    for (const peer of peers) {
      for (let i = 0; i < each; i++) {
        peer.call(method, [argument()]);
        // No more calls at once than there are slots.
        await peer.next(17, 18);
      }
    }
  };

/** Callbacks that are never answered. */
const asked =
  (each: number, argument: Uint8Array): Hold =>
  (peers) => {
    for (const peer of peers) peer.call("tell", [functionItem(1), head(0, each), argument]);
  };

/** Callbacks that are answered at great cost, but for the first: the handler waits for all of them. */
const answered =
  (each: number, answer: Uint8Array): Hold =>
  async (peers) => {
    for (const peer of peers) {
      peer.call("tell", [functionItem(1), head(0, each), NULL_ITEM]);
      for (let i = 0; i < each; i++) {
        const asking = await peer.next(16);
        if (i > 0) peer.answer(Number(asking?.[1]), answer);
      }
    }
  };

/** All of a frame but its last byte. */
const halfFrames: Hold = (peers) => {
  const most = joined(frameHeader(SESSION_FRAME_MAX_BYTES), new Uint8Array(SESSION_FRAME_MAX_BYTES - 1));
  for (const peer of peers) peer.raw.write(most);
};

/** Answers that the client does not read. */
const unread =
  (method: "add" | "large", each: number): Hold =>
  (peers) => {
    const args = method === "add" ? [head(0, 1), head(0, 2)] : [];
    for (const peer of peers) {
      peer.raw.socket.pause();
      const bodies = Array.from({ length: each }, () => peer.callBody(method, args));
      peer.raw.write(joined(...bodies.flatMap((body) => [frameHeader(body.length), body])));
    }
  };

const BYTES = worst("empty byte strings");

const text = (bytes: number): Uint8Array => textItem("x".repeat(bytes));

const textItems = (bytes: number) => (): Uint8Array => text(bytes);

/** What a client can have a daemon keep, each kind alone. What costs a call the most comes last: it takes all that is left. */
export const HOLDS: Readonly<Record<string, Hold>> = {
  "calls with no arguments": calls(64, () => NULL_ITEM),
  "pipelined calls with empty byte strings": pipelined(1, () => BYTES),
  "pipelined calls with small arguments": pipelined(2, () => NULL_ITEM),
  "calls that wait until the client reads": held,
  "many tiny items": items(4, NULL_ITEM),
  "many items of empty byte strings": items(2, head(2, 0)),
  "few costly items": items(2, BYTES),
  "returned objects": returned("box", 200, textItems(9_400)),
  "returned objects with small arguments": returned("box", REFERENCES_MAX, () => NULL_ITEM),
  "returned functions": returned("giver", 200, textItems(9_400)),
  "returned streams": returned("feed", 60, textItems(9_400)),
  "callbacks that are not answered": asked(1_000, NULL_ITEM),
  "callbacks with long arguments": asked(CALLBACKS_IN_FLIGHT_MAX + 300, text(5_000)),
  "costly answers to callbacks": answered(5, BYTES),
  "half-read frames": halfFrames,
  "unread tiny answers": unread("add", 40_000),
  "unread large answers": unread("large", 8),
  ...Object.fromEntries(
    ARGUMENTS.map((kind) => {
      const alike = kind.includes("fresh") ? undefined : worst(kind);
      return [`calls with ${kind}`, calls(4, () => alike ?? worst(kind))];
    }),
  ),
};
