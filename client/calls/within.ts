import { AsyncLocalStorage } from "node:async_hooks";
import type { TraceContext } from "../../base/trace-context.ts";

/** A call of the daemon during which, and because of which, code runs. */
export interface CallOfDaemon {
  readonly id: number;
  readonly trace?: TraceContext | undefined;
}

/** And of which connection's daemon. */
interface Inside {
  readonly connection: object;
  readonly call: CallOfDaemon;
}

/** Made with the first callback: as long as there is none, following who calls whom costs nothing. */
let inside: AsyncLocalStorage<Inside> | undefined;

/** Runs what the daemon calls; the calls that it makes, also later, say because of which one they are made. */
export function callWithin(connection: object, call: CallOfDaemon, run: () => unknown): unknown {
  inside ??= new AsyncLocalStorage();
  return inside.run({ connection, call }, run);
}

/** The call of the daemon, on this connection, because of which code runs; it may be over by now. */
export function within(connection: object): number | undefined {
  const store = inside?.getStore();
  return store?.connection === connection ? store.call.id : undefined;
}

/**
 * The trace of the daemon's call because of which code runs: of a callback, say, and of all that it has begun. Calls to
 * daemons carry it on by themselves, whatever their connection; what else is asked of other systems is for the program.
 */
export function currentTrace(): TraceContext | undefined {
  return inside?.getStore()?.call.trace;
}
