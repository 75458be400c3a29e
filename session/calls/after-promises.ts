/**
 * Runs something once all promises that can be settled by now have told those who wait for them: an async function that waits
 * for nothing else has its result by then. It is still the same turn of the event loop, and no socket was read meanwhile.
 */
export function afterPromises(run: () => void): void {
  // A tick that is asked for within a promise's reaction comes when there are no more reactions.
  queueMicrotask(() => process.nextTick(run));
}
