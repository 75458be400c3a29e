/** What each signal tells here, for as long as anybody wants to hear it. */
const HEARERS = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Runs a function once when a signal is aborted. However many calls share a signal, it has one listener of this library: Node
 * warns of a leak at the eleventh.
 *
 * @param signal - one that is not aborted
 * @returns what takes the function back; twice is once
 */
export function onAbort(signal: AbortSignal, hear: () => void): () => void {
  const hearers = HEARERS.get(signal) ?? listen(signal);
  hearers.add(hear);
  return () => {
    if (!hearers.delete(hear) || hearers.size > 0) return;
    signal.removeEventListener("abort", tell);
    HEARERS.delete(signal);
  };
}

function listen(signal: AbortSignal): Set<() => void> {
  const hearers = new Set<() => void>();
  HEARERS.set(signal, hearers);
  signal.addEventListener("abort", tell, { once: true });
  return hearers;
}

function tell(event: Event): void {
  const signal = event.currentTarget;
  if (!(signal instanceof AbortSignal)) return;
  const hearers = HEARERS.get(signal);
  HEARERS.delete(signal);
  // Each takes itself back meanwhile, which a set lets it.
  for (const hear of hearers ?? []) hear();
}
