import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../base/clock.ts";
import type { PrivateKey } from "../../certs/ed25519.ts";
import { dial } from "../../client/connect/dial.ts";
import { Login } from "../../client/connect/login.ts";
import { parseAddress } from "../../link/address.ts";
import type { Channel } from "../../link/channel.ts";
import { framed } from "./items.ts";

/** Output beyond it, in bytes, waits until the daemon has read some of it. */
const AHEAD_BYTES = 256 * 1024;

/** How long a login may take, in milliseconds: the daemon's own limit. */
const LOGIN_MS = 10_000;

/** A client that logs in like any other, and then sends the bytes that an attack wants. What it receives, it drops. */
export class RawClient {
  readonly #channel: Channel;
  #sentBytes = 0;
  #isClosed = false;
  #received = 0;

  private constructor(channel: Channel) {
    this.#channel = channel;
    channel.socket.on("error", () => undefined);
    channel.socket.on("close", () => {
      this.#isClosed = true;
    });
    channel.socket.on("data", (chunk: Uint8Array) => {
      this.#received += chunk.length;
    });
  }

  /** Connects, and sends nothing. */
  static async dial(address: string): Promise<RawClient> {
    return new RawClient(await dial(parseAddress(address), [], AbortSignal.timeout(LOGIN_MS)));
  }

  static async logIn(address: string, identity: PrivateKey, hostKey: string): Promise<RawClient> {
    const channel = await dial(parseAddress(address), [], AbortSignal.timeout(LOGIN_MS));
    const login = new Login(channel, { address, identity, hostKeyFingerprints: [hostKey] }, systemClock);
    await login.run(LOGIN_MS);
    login.handOver({ frame: () => undefined, closed: () => undefined, flowing: () => undefined });
    return new RawClient(channel);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  get receivedBytes(): number {
    return this.#received;
  }

  /** Sends bodies, a frame each; waits while too much is on its way. */
  async send(...bodies: readonly Uint8Array[]): Promise<void> {
    await this.write(Buffer.concat(bodies.map(framed)));
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isClosed) return;
    const { socket } = this.#channel;
    this.#sentBytes += bytes.length;
    socket.write(bytes);
    // Other connections of the attacker have their turn in any case.
    do await sleep(0);
    while (!this.#isClosed && socket.writableLength > AHEAD_BYTES);
  }

  /** Nothing that the daemon sends is read any longer. */
  stopReading(): void {
    this.#channel.socket.pause();
  }

  close(): void {
    this.#channel.socket.destroy();
  }
}
