import { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";

/** After so many turns of the event loop without a byte both ends have done what they can. */
const QUIET_TURNS = 30;

/**
 * Two ends of a line on which bytes take their time. It counts instead of waiting: whatever both ends have sent by the time
 * that they are at rest arrives together, one journey later.
 *
 *     near ──── journey 1 ───▶ far        two journeys are a round trip
 *     near ◀─── journey 2 ──── far
 */
export class FarStreams {
  readonly near: Duplex;
  readonly far: Duplex;
  /** Bytes that were sent. */
  sent = 0;
  #journeys = 0;
  #isFar = false;
  #under: (() => void)[] = [];
  #written = 0;

  constructor() {
    let far: Duplex | undefined;
    const near: Duplex = this.#end(() => far);
    far = this.#end(() => near);
    this.near = near;
    this.far = far;
  }

  /** From here on the line is long. @returns how many journeys it takes until the work is done */
  async journeys(work: Promise<unknown>): Promise<number> {
    this.#isFar = true;
    const first = this.#journeys;
    const state = { isDone: false };
    const done = work.finally(() => {
      state.isDone = true;
    });
    // Whoever waits for the work hears of its failure there.
    done.catch(() => undefined);
    while (!state.isDone) {
      await this.#rest();
      const arriving = this.#under;
      this.#under = [];
      if (arriving.length === 0) continue;
      this.#journeys++;
      for (const arrive of arriving) arrive();
    }
    this.#isFar = false;
    for (const arrive of this.#under.splice(0)) arrive();
    await done;
    return this.#journeys - first;
  }

  async #rest(): Promise<void> {
    for (let quiet = 0, seen = this.#written; quiet < QUIET_TURNS; quiet++) {
      await setImmediate();
      if (this.#written === seen) continue;
      seen = this.#written;
      quiet = 0;
    }
  }

  #end(other: () => Duplex | undefined): Duplex {
    return new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, written) => {
        this.#written++;
        this.sent += chunk.length;
        const arrive = (): void => {
          other()?.push(chunk);
        };
        if (this.#isFar) this.#under.push(arrive);
        else arrive();
        written();
      },
      final: (ended) => {
        other()?.push(null);
        ended();
      },
    });
  }
}
