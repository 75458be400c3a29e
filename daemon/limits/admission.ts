import type { Source } from "../base/source.ts";

/**
 * How many connections may stand before their login, as OpenSSH's MaxStartups (sshd_config(5)): up to `start` all
 * are let in; from there on a new one is dropped with a probability of `percent`, which grows evenly to certainty
 * at `full`. By chance and not by order: where a flood takes every place as soon as it is free, a good client
 * that tries again still comes through.
 */
export interface Startups {
  readonly start: number;
  readonly percent: number;
  readonly full: number;
}

export interface AdmissionLimits {
  /** over the network */
  readonly network: Startups;
  /** through Unix sockets and streams that were handed over: counted apart, so that no flood takes their places */
  readonly local: Startups;
  /** of one source of the network */
  readonly perSource: number;
}

/** A place among the connections before their login. */
export interface StartupPlace {
  /** Gives it back: the login is done, or the connection is gone. Leaving twice is leaving once. */
  leave(): void;
}

/**
 * Who is let in before anything is known of them. Nothing is read, answered or allocated for one that is not.
 *
 * The share of a source is what counts: its first connection is weighed against the first ones of all sources, its
 * second against the first and second ones, and so on. So one source alone, with all the connections it may have,
 * drives nobody else away. Over the network there are never more than three times `full`.
 */
export class Admission {
  #limits: AdmissionLimits;
  readonly #random: () => number;
  readonly #open = new Map<Source, number>();
  #network = 0;

  /** @param random - from 0 up to, and without, 1 */
  constructor(limits: AdmissionLimits, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Connections before their login. */
  get open(): number {
    return this.#network + (this.#open.get("local") ?? 0);
  }

  /** From now on; who is in stays in. */
  limitTo(limits: AdmissionLimits): void {
    this.#limits = limits;
  }

  /** A place, or nothing where the connection is to be dropped. */
  enter(source: Source): StartupPlace | undefined {
    const ofSource = this.#open.get(source) ?? 0;
    if (this.#isDropped(source, ofSource)) return undefined;
    this.#open.set(source, ofSource + 1);
    if (source !== "local") this.#network++;
    let left = false;
    return {
      leave: () => {
        if (left) return;
        left = true;
        this.#leave(source);
      },
    };
  }

  #leave(source: Source): void {
    const others = (this.#open.get(source) ?? 1) - 1;
    if (others === 0) this.#open.delete(source);
    else this.#open.set(source, others);
    if (source !== "local") this.#network--;
  }

  #isDropped(source: Source, ofSource: number): boolean {
    const { network, local, perSource } = this.#limits;
    if (source === "local") return this.#drawn(local, ofSource);
    if (ofSource >= perSource || this.#network >= 3 * network.full) return true;
    return this.#drawn(network, this.#upTo(ofSource + 1));
  }

  /** Connections over the network, of each source at most so many. */
  #upTo(rank: number): number {
    let count = 0;
    for (const [source, open] of this.#open) if (source !== "local") count += Math.min(open, rank);
    return count;
  }

  #drawn({ start, percent, full }: Startups, open: number): boolean {
    if (open < start) return false;
    if (open >= full) return true;
    const chance = (percent + ((100 - percent) * (open - start)) / (full - start)) / 100;
    return this.#random() < chance;
  }
}
