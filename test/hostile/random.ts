/** Numbers that look random and come again for the same seed. For tests: anyone can foretell them. */
export class Random {
  #state: number;

  /** @param seed - a whole number; 32 bits of it count */
  constructor(seed: number) {
    // Seeds that are next to each other are to lead far apart.
    this.#state = mixed(seed ^ 0x9e37_79b9);
  }

  /** A whole number from 0 and less than the bound, which is at most 2^32. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    return Math.floor((mixed(this.#state) / 2 ** 32) * bound);
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }
}

/** Every bit of the state in every bit of the result (murmur3's last step). */
function mixed(state: number): number {
  let bits = state;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
