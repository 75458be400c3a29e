/**
 * How much may still be done. Making an automaton can take time exponential in the length of its pattern: whoever
 * makes one spends on the way, and gives up when nothing is left.
 */
export class Work {
  #left: number;

  /** @param steps - some ten nanoseconds each */
  constructor(steps: number) {
    this.#left = steps;
  }

  get left(): number {
    return Math.max(0, this.#left);
  }

  /** Whether more was asked for than there was. */
  get exhausted(): boolean {
    return this.#left < 0;
  }

  /** @returns false if there was less left than that */
  spend(steps: number): boolean {
    this.#left -= steps;
    return this.#left >= 0;
  }
}
