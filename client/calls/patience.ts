import type { Clock } from "../../base/clock.ts";
import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import { CALL_DEADLINE_MS } from "../../wire/limits.ts";
import { cancelledError, lateError, RpcError } from "../errors/rpc-error.ts";
import { onAbort } from "./on-abort.ts";
import type { CallOptions } from "./options.ts";

/** Why a call is not begun at all, where its caller waits no longer. */
export function whyOver({ timeoutMs = CALL_DEADLINE_MS, signal }: CallOptions): RpcError | undefined {
  if (signal?.aborted) return cancelledError(signal, "not_started");
  return timeoutMs > 0 ? undefined : lateError(timeoutMs, "not_started");
}

/** What has to be known before a call can go out is waited for within the call's own time. */
export class Patience {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;

  constructor(clock: Clock, deadlines: Deadlines) {
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  /**
   * Waits as long as the call may take, and its signal lets it.
   *
   * @param first - begins what is waited for; not called where the time is over already
   * @returns what was waited for, and the call's options with the time that is left
   * @throws RpcError, outcome `not_started`: `deadline_exceeded`, `cancelled`, or what it rejects with
   */
  await<T>(
    first: () => Promise<T>,
    options: CallOptions,
  ): Promise<{ readonly value: T; readonly left: CallOptions }> {
    const { timeoutMs = CALL_DEADLINE_MS, signal } = options;
    const startedMs = this.#clock.monotonicMs();
    return new Promise((resolve, reject) => {
      const over = whyOver(options);
      if (over !== undefined) return reject(over);
      const settle = (then: () => void): void => {
        this.#deadlines.stop(deadline);
        endHearing?.();
        then();
      };
      const deadline: Deadline = this.#deadlines.start(timeoutMs, () =>
        settle(() => reject(lateError(timeoutMs, "not_started"))),
      );
      const endHearing = signal && onAbort(signal, () => settle(() => reject(whyOver(options))));
      // In whole milliseconds: what is there at once costs the call nothing.
      const left = (): number => timeoutMs - Math.floor(this.#clock.monotonicMs() - startedMs);
      first().then(
        (value) => settle(() => resolve({ value, left: { ...options, timeoutMs: left() } })),
        (error: unknown) => settle(() => reject(error instanceof RpcError ? notBegun(error) : error)),
      );
    });
  }
}

/** Whatever became of what it waited for, the call itself was never sent. */
function notBegun(error: RpcError): RpcError {
  const { code, text, id, origin, retry } = error;
  return new RpcError(code, text, { id, origin, retry, outcome: "not_started", cause: error });
}
