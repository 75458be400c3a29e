import { setMaxListeners } from "node:events";

/**
 * Runs a function once when a signal is aborted. Any number of calls may share a signal: Node would warn of a leak at the eleventh
 * listener, so its limit for this signal is lifted.
 *
 * @param signal - one that is not aborted
 * @returns what takes the function back; twice is once
 */
export function onAbort(signal: AbortSignal, hear: () => void): () => void {
  setMaxListeners(0, signal);
  signal.addEventListener("abort", hear, { once: true });
  return () => signal.removeEventListener("abort", hear);
}
