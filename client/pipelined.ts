import type { CallOptions } from "./calls/options.ts";
import type { Connection } from "./connect/connection.ts";
import { RpcError } from "./errors/rpc-error.ts";
import { callOn, remoteProxy, type UntypedService } from "./references/proxy.ts";

/** The connections that are open in this program: a promise does not say by itself which of them has given it. */
const OPEN = new Set<Connection>();

export function keepWhileOpen(connection: Connection): void {
  OPEN.add(connection);
  void connection.closed.then(() => OPEN.delete(connection));
}

type Piped<R> = R extends (...args: infer Args) => infer Result
  ? (...args: Args) => Result
  : { readonly [K in keyof R]: R[K] };

/**
 * What a call will return, before it has: its methods can be called at once, and travel with the call that they hang on.
 * `await pipelined(db.open()).next()` is one round trip. If that call fails, so do those on it, with its fault as the cause.
 *
 * @param promise - of a call of this client, whose result is passed by reference
 */
export function pipelined<R extends object>(promise: Promise<R>): Piped<R>;
export function pipelined(promise: Promise<unknown>): UntypedService;
export function pipelined(promise: Promise<unknown>): object {
  // Whoever hangs on it hears of its failure by its own.
  promise.catch(() => undefined);
  for (const connection of OPEN) {
    const begun = connection.callOf(promise);
    if (begun === undefined) continue;
    const { id, request: base } = begun;
    const interfaceName = (): Promise<string | undefined> => connection.interfaceOf(base);
    return remoteProxy((method, positional, named, options) => {
      const on = async (call: number, left: CallOptions): Promise<unknown> => {
        try {
          return await connection.call({
            target: -call,
            method,
            positional,
            named,
            options: left,
            interfaceName,
          });
        } catch (error) {
          throw await failureOf(error, promise);
        }
      };
      if (typeof id === "number") return on(id, options);
      return connection.patience.await(() => id, options).then(({ value, left }) => on(value, left));
    }, "");
  }
  // It is answered already, or was never a call: then it has to be awaited like any other.
  return remoteProxy(async (...call) => {
    const made = await promise;
    if ((typeof made !== "object" && typeof made !== "function") || made === null)
      throw new TypeError("the call has returned data: there is nothing on it to call");
    return callOn(made, ...call);
  }, "");
}

/** The call that it hangs on may have failed before it came: then the daemon knows of nothing there, and this side knows why. */
async function failureOf(error: unknown, base: Promise<unknown>): Promise<unknown> {
  if (!(error instanceof RpcError) || error.code !== "reference_gone") return error;
  // It was answered before: nobody waits here.
  const [settled] = await Promise.allSettled([base]);
  if (settled?.status !== "rejected" || !(settled.reason instanceof RpcError)) return error;
  const { code, text } = settled.reason;
  return new RpcError(code, `the call that it hangs on has failed: ${text}`, {
    method: error.method,
    id: error.id,
    origin: error.origin,
    outcome: "not_started",
    cause: settled.reason,
  });
}
