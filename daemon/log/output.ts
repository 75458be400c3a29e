import type { Writable } from "node:stream";
import type { LineSink } from "./log.ts";

/**
 * Lines of the log that nobody has taken, in bytes. A reader of a pipe or a socket that is slow or stuck would otherwise have the daemon
 * keep them all: a client with one method that fails makes 11 MB of them a second.
 */
export const LOG_UNWRITTEN_MAX_BYTES = 1024 * 1024;

/** Lines are written again when so much is left: with less, each line that is taken would let one through, and count the next. */
const FLOWS_AGAIN_BYTES = LOG_UNWRITTEN_MAX_BYTES / 2;

/**
 * The lines of the log on their way out, up to a bound. Beyond it, lines are dropped and counted; so are those that could not be written.
 * What else the process writes to the same stream is not counted.
 */
export class LogOutput implements LineSink {
  readonly #stream: Pick<Writable, "write">;
  #flowsAgain: (dropped: number) => void = () => undefined;
  #waitingBytes = 0;
  #isFull = false;
  #dropped = 0;
  /** Those of them that no line has told of. */
  #untold = 0;

  constructor(stream: Pick<Writable, "write">) {
    this.#stream = stream;
  }

  /** Lines that were dropped or could not be written. */
  get droppedLines(): number {
    return this.#dropped;
  }

  /** @param flowsAgain - called when lines are taken again, with the number of those that were lost before */
  onFlowsAgain(flowsAgain: (dropped: number) => void): void {
    this.#flowsAgain = flowsAgain;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    this.#isFull ||= this.#waitingBytes + bytes.length > LOG_UNWRITTEN_MAX_BYTES;
    if (this.#isFull) {
      this.#drop();
      return;
    }
    this.#waitingBytes += bytes.length;
    this.#stream.write(bytes, (error) => this.#settled(bytes.length, error));
  }

  #drop(): void {
    this.#dropped++;
    this.#untold++;
  }

  #settled(bytes: number, error: Error | null | undefined): void {
    this.#waitingBytes -= bytes;
    if (this.#waitingBytes <= FLOWS_AGAIN_BYTES) this.#isFull = false;
    // There is nowhere to say why: the number is told when there is.
    if (error) this.#drop();
    else if (this.#untold > 0 && !this.#isFull) {
      const dropped = this.#untold;
      this.#untold = 0;
      this.#flowsAgain(dropped);
    }
  }
}
