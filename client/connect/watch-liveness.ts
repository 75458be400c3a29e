import type { Clock } from "../../base/clock.ts";
import type { Link } from "../../link/link.ts";
import { Liveness, type LivenessLimits } from "../../link/liveness.ts";

/**
 * A daemon that is alive asks a silent client after 30 s by default, so a client hears of it twice in this time. The time for the
 * answer is longer than a stuck daemon lives under systemd (`WatchdogSec=20` of the unit): its connections end by themselves.
 */
const LIMITS: LivenessLimits = { silentMs: 60_000, answerMs: 60_000 };

/** How often signs of life are looked for, in milliseconds. */
const LOOK_MS = 2_000;

/**
 * Watches whether the daemon at the other end is alive; a program does not stay because of it.
 *
 * @param ask - sends a ping
 * @param dead - called once, when nothing was heard
 * @returns ends the watch
 */
export function watchLiveness(
  link: Link,
  clock: Clock,
  { ask, dead }: { readonly ask: () => void; readonly dead: (error: Error) => void },
  limits: LivenessLimits = LIMITS,
): () => void {
  const liveness = new Liveness(link, ask, clock.monotonicMs());
  const timer = setInterval(() => {
    if (liveness.look(clock.monotonicMs(), limits)) return;
    clearInterval(timer);
    dead(new Error(`the daemon is dead or cannot be reached: no sign of life for ${silentS(limits)} s`));
  }, LOOK_MS).unref();
  return () => clearInterval(timer);
}

function silentS({ silentMs, answerMs }: LivenessLimits): number {
  return Math.round((silentMs + answerMs) / 1_000);
}
