import type { PrivateKey } from "../../certs/ed25519.ts";
import { CALL_DEADLINE_MAX_MS } from "../../wire/limits.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";
import { arrayItem, bytesOf, head, joined, mapItem, textItem } from "../wire/cbor-items.ts";

const OPTIONS = mapItem([textItem("deadline_ms"), head(0, CALL_DEADLINE_MAX_MS)]);

/** A function and a stream of the client's, by their numbers. */
export const functionItem = (id: number): Uint8Array => joined(head(6, 40_001), head(0, id));
export const streamItem = (id: number): Uint8Array => joined(head(6, 40_002), head(0, id));

/** A client that sends what it likes, made of items that are CBOR already, and answers nothing by itself. */
export class HoldingPeer {
  readonly raw: RawPeer;
  /** The id of its last call. */
  lastId = 0;

  private constructor(raw: RawPeer) {
    this.raw = raw;
  }

  static async loggedIn(address: string, key: PrivateKey): Promise<HoldingPeer> {
    return new HoldingPeer(await RawPeer.loggedIn(address, key));
  }

  /**
   * The frame of a call.
   *
   * @param target - as in a message: below 0 for a call that is not answered
   */
  callBody(method: string, args: readonly Uint8Array[], target = 0): Uint8Array {
    this.lastId++;
    return arrayItem(
      head(0, 16),
      head(0, this.lastId),
      target < 0 ? head(1, -target - 1) : head(0, target),
      textItem(method),
      arrayItem(...args),
      mapItem(),
      OPTIONS,
    );
  }

  call(method: string, args: readonly Uint8Array[] = [], target = 0): number {
    this.raw.frame(this.callBody(method, args, target));
    return this.lastId;
  }

  item(stream: number, item: Uint8Array): void {
    this.raw.frame(itemBody(stream, item));
  }

  answer(id: number, value: Uint8Array): void {
    this.raw.frame(arrayItem(head(0, 17), head(0, id), value));
  }

  /** The next message of one of these kinds; others are dropped. @returns nothing where the daemon closes the connection */
  async next(...kinds: readonly number[]): Promise<readonly unknown[] | undefined> {
    for (;;) {
      const message = await this.raw.next();
      if (message === undefined) return undefined;
      if (Array.isArray(message) && kinds.includes(Number(message[0]))) return message;
    }
  }
}

export const itemBody = (stream: number, item: Uint8Array): Uint8Array =>
  arrayItem(head(0, 20), head(0, stream), item);

export const NULL_ITEM = bytesOf("f6");
