import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { performance } from "node:perf_hooks";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { answerJobs } from "../answer-jobs.ts";
import type { Client } from "../loops.ts";
import { ECHO_BYTES, FLIGHT_DEPTH, FLOOR_CALL_BYTES } from "../plan.ts";
import { Frames } from "./frames.ts";

/*
 * The floor's client process: node client.js ADDRESS. Answers come in the order of the calls, so it keeps no book
 * of them, makes no promise for a call, and looks only whether what comes back is what was sent.
 */

/** One connection. Whoever runs a loop on it is told of each body that comes, and of its end. */
class FloorConnection {
  received: (body: Buffer) => void = () => undefined;
  lost: (error: Error) => void = () => undefined;
  readonly #socket: Duplex;
  readonly #frames: Frames;
  readonly #closed: Promise<void>;

  private constructor(socket: Duplex) {
    this.#socket = socket;
    this.#frames = new Frames(socket, (body) => this.received(body));
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", (error) => this.lost(error));
    socket.on("close", () => this.lost(new Error("the server has closed the connection")));
  }

  static open(address: string): Promise<FloorConnection> {
    return new Promise((resolve, reject) => {
      const url = address.startsWith("tls://") ? new URL(address) : undefined;
      const opened = (): void => resolve(new FloorConnection(socket));
      const socket =
        url === undefined
          ? createConnection({ path: address.replace(/^unix:/, "") }, opened)
          : connectTls({ host: url.hostname, port: Number(url.port), rejectUnauthorized: false }, opened);
      socket.once("error", reject);
      socket.setNoDelay(true);
    });
  }

  send(body: Uint8Array): void {
    this.#frames.send(body);
  }

  close(): Promise<void> {
    this.lost = () => undefined;
    this.#socket.end();
    return this.#closed;
  }
}

class FloorClient implements Client {
  readonly #address: string;
  #kept: Promise<FloorConnection> | undefined;
  readonly #held: FloorConnection[] = [];

  constructor(address: string) {
    this.#address = address;
  }

  async sequence(latenciesUs: Float64Array): Promise<void> {
    const connection = await this.#connection();
    let sentAt = 0;
    await exchange(connection, latenciesUs.length, 1, FLOOR_CALL_BYTES, {
      sending: () => {
        sentAt = performance.now();
      },
      received: (i) => {
        latenciesUs[i] = (performance.now() - sentAt) * 1000;
      },
    });
  }

  async flight(calls: number): Promise<void> {
    await exchange(await this.#connection(), calls, FLIGHT_DEPTH, FLOOR_CALL_BYTES);
  }

  async echo(calls: number): Promise<void> {
    await exchange(await this.#connection(), calls, 1, ECHO_BYTES);
  }

  async visits(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await (await this.#visit()).close();
  }

  async hold(connections: number): Promise<void> {
    // Each has said something: the server knows of all of them.
    while (this.#held.length < connections) this.#held.push(await this.#visit());
  }

  async #visit(): Promise<FloorConnection> {
    const connection = await FloorConnection.open(this.#address);
    await exchange(connection, 1, 1, FLOOR_CALL_BYTES);
    return connection;
  }

  #connection(): Promise<FloorConnection> {
    this.#kept ??= FloorConnection.open(this.#address);
    return this.#kept;
  }
}

interface Watcher {
  sending(): void;
  received(i: number): void;
}

/** Sends that many frames, so many of them in flight, and looks at each that comes back. */
function exchange(
  connection: FloorConnection,
  count: number,
  depth: number,
  bytes: number,
  watcher?: Watcher,
): Promise<void> {
  // What is in flight must not change: as many frames as may be, used in turn.
  const bodies = Array.from({ length: depth }, () => Buffer.alloc(bytes, "payload"));
  return new Promise((resolve, reject) => {
    let sent = 0;
    let done = 0;
    const send = (): void => {
      const body = bodies[sent % depth] ?? assert.fail("no body");
      body.writeUInt32BE(sent);
      sent++;
      watcher?.sending();
      connection.send(body);
    };
    connection.lost = reject;
    connection.received = (body) => {
      watcher?.received(done);
      const expected = bodies[done % depth] ?? assert.fail("no body");
      if (!expected.equals(body)) {
        reject(new Error(`a wrong answer to frame ${done}: ${body.length} bytes`));
        return;
      }
      done++;
      if (sent < count) send();
      else if (done === count) resolve();
    };
    while (sent < Math.min(count, depth)) send();
  });
}

const [address = assert.fail("no address")] = process.argv.slice(2);
await answerJobs(new FloorClient(address));
