import { AsyncLocalStorage } from "node:async_hooks";

/** During which call of which connection's daemon code runs. */
interface Inside {
  readonly connection: object;
  readonly call: number;
}

/** Made with the first callback: as long as there is none, following who calls whom costs nothing. */
let inside: AsyncLocalStorage<Inside> | undefined;

/** Runs what the daemon calls; the calls that it makes, also later, say because of which one they are made. */
export function callWithin(connection: object, call: number, run: () => unknown): unknown {
  inside ??= new AsyncLocalStorage();
  return inside.run({ connection, call }, run);
}

/** The call of the daemon, on this connection, because of which code runs; it may be over by now. */
export function within(connection: object): number | undefined {
  const store = inside?.getStore();
  return store?.connection === connection ? store.call : undefined;
}
