const RELEASES = new WeakMap<object, () => void>();

/** Says how something that stands for a thing of the daemon is given up; `using` does it too. */
export function onRelease(standIn: object, give: () => void): void {
  RELEASES.set(standIn, give);
}

/**
 * Gives up what a daemon has returned by reference: it is told, and lets go of what it kept for it. Twice is once; `using`
 * and `await using` do it at the end of the block.
 *
 * @throws TypeError for what no daemon has returned
 */
export function release(standIn: object): void {
  const give = RELEASES.get(standIn);
  if (give === undefined) throw new TypeError("something that a daemon has returned was expected");
  give();
}

/** What `using` asks for. */
export function releaseOf(standIn: object): (() => void) | undefined {
  return RELEASES.get(standIn);
}
