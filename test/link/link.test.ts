import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, mock, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { Deadlines } from "../../link/deadlines.ts";
import { UNREAD_GRACE_MS } from "../../link/limits.ts";
import { Link } from "../../link/link.ts";
import { joinFrames } from "../../link/output.ts";
import { frameHeader } from "../../wire/frame.ts";
import { tempFolder } from "../support/temp-folder.ts";

const framed = (text: string): Buffer =>
  Buffer.concat([frameHeader(Buffer.byteLength(text)), Buffer.from(text)]);

describe("a link over a real socket", () => {
  const folder = tempFolder();
  const path = join(folder.path, "s");
  const deadlines = new Deadlines(systemClock);
  let server: Server;

  before(async () => {
    server = createServer();
    server.listen({ path });
    await once(server, "listening");
  });
  after(() => {
    server.close();
    folder.remove();
  });

  /** One end is a link, the other the bare socket. */
  async function pair(own = deadlines): Promise<{
    link: Link;
    peer: Socket;
    frames: string[];
    closed: Promise<unknown>;
    arrived: () => Promise<void>;
  }> {
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const peer = createConnection({ path });
    peer.on("error", () => undefined);
    const [socket] = await accepted;
    const frames: string[] = [];
    let wake = (): void => undefined;
    let link!: Link;
    const closed = new Promise<unknown>((resolve) => {
      link = new Link(socket, own, {
        frame: (body) => {
          const text = Buffer.from(body).toString();
          frames.push(text);
          if (text === "throw") throw new Error("on purpose");
          if (text === "pause") link.pause();
          wake();
        },
        closed: resolve,
      });
    });
    const arrived = (): Promise<void> =>
      new Promise((resolve) => {
        wake = resolve;
      });
    return { link, peer, frames, closed, arrived };
  }

  test("all that is sent in one turn goes out in one write, in its order", async () => {
    const { link, peer, closed } = await pair();
    const chunks: Buffer[] = [];
    peer.on("data", (chunk: Buffer) => chunks.push(chunk));
    for (let i = 0; i < 100; i++) link.send(Buffer.from(String(i)));
    link.end();
    await once(peer, "end");
    assert.deepEqual(chunks.length, 1);
    assert.deepEqual(
      Buffer.concat(chunks),
      Buffer.concat(Array.from({ length: 100 }, (_, i) => framed(String(i)))),
    );
    assert.equal(await closed, undefined);
  });

  test("a pause holds in the middle of a chunk, and resume goes on where it was", async () => {
    const { link, peer, frames, arrived, closed } = await pair();
    const got = arrived();
    peer.write(Buffer.concat([framed("pause"), framed("behind")]));
    await got;
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(frames, ["pause"]);
    link.resume();
    assert.deepEqual(frames, ["pause", "behind"]);
    link.destroy();
    await closed;
  });

  test("what is thrown while a frame is handled closes this link, with that error, and no other", async () => {
    const one = await pair();
    const other = await pair();
    one.peer.write(Buffer.concat([framed("throw"), framed("never")]));
    assert.equal(((await one.closed) as Error).message, "on purpose");
    assert.deepEqual(one.frames, ["throw"]);
    const got = other.arrived();
    other.peer.write(framed("still here"));
    await got;
    other.link.destroy();
    await other.closed;
  });

  test("a peer that ends within a frame is told apart from one that ends in order", async () => {
    const cut = await pair();
    cut.peer.end(framed("whole").subarray(0, 6));
    assert.match(((await cut.closed) as Error).message, /cut off within a frame/);
    const orderly = await pair();
    orderly.peer.end(framed("whole"));
    assert.equal(await orderly.closed, undefined);
    assert.deepEqual(orderly.frames, ["whole"]);
  });

  test("a peer that does not read stops being read, until it reads again", async () => {
    const { link, peer, frames, arrived, closed } = await pair();
    link.limitTo({ frameBytes: 1024, unreadBytes: 1000 });
    peer.pause();
    for (let i = 0; i < 64; i++) link.send(Buffer.alloc(100_000));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(link.unreadBytes > 1000, true);
    peer.write(framed("not yet"));
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(frames, []);
    const got = arrived();
    peer.resume();
    await got;
    assert.deepEqual(frames, ["not yet"]);
    link.destroy();
    await closed;
  });

  test("a peer that goes on reading nothing is closed when its time of grace is over, and not before", async () => {
    let now = 0;
    mock.timers.enable({ apis: ["setInterval"] });
    const { link, peer, closed } = await pair(new Deadlines({ monotonicMs: () => now, wallMs: () => 0 }));
    const at = (ms: number): void => {
      now = ms;
      mock.timers.tick(16);
    };
    link.limitTo({ frameBytes: 1024, unreadBytes: 1000 });
    peer.pause();
    for (let i = 0; i < 64; i++) link.send(Buffer.alloc(100_000));
    await new Promise((resolve) => setImmediate(resolve));
    at(UNREAD_GRACE_MS - 1);
    link.send(Buffer.from("still open"));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(link.isChoked, true);
    at(UNREAD_GRACE_MS + 17);
    assert.match(((await closed) as Error).message, /left more than 1000 bytes unread/);
    mock.timers.reset();
    peer.destroy();
  });

  test("ending a link whose peer never reads does not wait for ever, and leaves no deadline", async () => {
    const { link, peer, closed } = await pair();
    peer.pause();
    for (let i = 0; i < 64; i++) link.send(Buffer.alloc(100_000));
    link.end();
    await closed;
    assert.equal(deadlines.pending, 0);
    peer.destroy();
  });

  test("after its end nothing is sent and nothing is thrown", async () => {
    const { link, closed } = await pair();
    link.end();
    link.send(Buffer.from("late"));
    link.end();
    link.destroy();
    await closed;
    link.send(Buffer.from("later"));
  });
});

describe("joinFrames", () => {
  test("copies small bodies into one piece and leaves large ones as they are", () => {
    const large = Buffer.alloc(40_000, 7);
    const bodies = [Buffer.from("a"), large, Buffer.from("b"), Buffer.from("c"), large];
    const pieces = joinFrames(bodies);
    assert.equal(pieces.includes(large), true);
    assert.deepEqual(
      Buffer.concat(pieces),
      Buffer.concat(bodies.flatMap((body) => [frameHeader(body.length), body])),
    );
    assert.equal(joinFrames([Buffer.from("a"), Buffer.from("b")]).length, 1);
  });
});
