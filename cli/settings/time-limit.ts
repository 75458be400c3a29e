import { durationWords } from "../../base/duration.ts";
import { RpcError } from "../../client/index.ts";
import { Failure } from "../io/failure.ts";

/** A timer of Node may fire so much before the clock has reached its moment, in milliseconds. */
const TIMER_SLACK_MS = 2;

/**
 * The time that a command has by `--timeout`: for all that it waits for, from reading its files on to the last answer. Without
 * `--timeout` the command may read as long as it likes, and the client has its own defaults for connecting and for each answer.
 */
export class TimeLimit {
  /** Aborted by Ctrl-C, when nobody reads the output any more, and when the time is over. */
  readonly signal: AbortSignal;
  readonly #timeoutMs: number | undefined;
  readonly #endMs: number;

  /**
   * Begins to count.
   *
   * @param signal - of the command
   */
  constructor(timeoutMs: number | undefined, signal: AbortSignal) {
    this.#timeoutMs = timeoutMs;
    this.#endMs = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
    this.signal =
      timeoutMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  }

  /** What is left, in milliseconds; `undefined` without a limit. @throws Failure `deadline` where nothing is left */
  get leftMs(): number | undefined {
    if (this.#timeoutMs === undefined) return undefined;
    const left = this.#endMs - performance.now();
    if (left <= 0) throw this.#failure(undefined);
    return left;
  }

  /** Does something that may take longer than is left. @throws Failure `deadline`; what the work throws before */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#isOver && isGivenUp(error) ? this.#failure(error) : error;
    }
  }

  get #isOver(): boolean {
    return performance.now() >= this.#endMs - TIMER_SLACK_MS;
  }

  #failure(cause: unknown): Failure {
    const time = durationWords(this.#timeoutMs ?? 0);
    const doing = cause instanceof RpcError ? ` (${cause.message})` : "";
    return new Failure("deadline", `too late: not done within ${time}${doing}`, {
      hints: ["--timeout 2m waits longer; it covers reading files, connecting and the answer"],
      cause,
    });
  }
}

/** Reading or connecting that was given up. Any other error says more than that the time is over: which call it was, what became of it. */
function isGivenUp(error: unknown): boolean {
  if (error instanceof RpcError)
    return error.outcome === "not_started" && ["unavailable", "deadline_exceeded"].includes(error.code);
  return error instanceof Error && error.name === "AbortError";
}
