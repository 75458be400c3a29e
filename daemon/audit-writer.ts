import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { type AuditEvent, auditLine, type Stamp } from "../audit/line.ts";
import type { Clock } from "../base/clock.ts";
import { checkFolders, chown, ownerFlaw, trustedOwners } from "../certs/check-folders.ts";
import { FileProblem, shellWord, systemCode } from "../certs/file-problem.ts";
import type { Log } from "./log.ts";

const LINE_END = 0x0a;

/** Room for the lines of a hundred calls. */
const SCRATCH_BYTES = 64 * 1024;

/**
 * The audit log: a file of its own, only ever added to. What it cannot record does not happen: whoever asks
 * it to write learns whether it did.
 */
export class AuditWriter {
  readonly #fd: number;
  readonly #path: string;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #counts = { lines: 0, failures: 0, writingMs: 0 };
  /** A line that was cut off, by a full disk or a crash, is ended before the next begins. */
  #cut: boolean;
  /** Where the lines of a turn become bytes. */
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #failing = false;
  #failedAtMs: number | undefined;
  #closed = false;

  /** @throws {@link FileProblem} */
  constructor(path: string, log: Log, clock: Clock) {
    const problem = checkFolders(path);
    if (problem !== undefined) throw problem;
    this.#path = path;
    this.#log = log;
    this.#clock = clock;
    this.#fd = openForAppending(path);
    this.#cut = !endsWithLine(this.#fd);
  }

  /** Writes all the events in one go. @returns false if they are not all in the file */
  write(events: readonly (readonly [Stamp, AuditEvent])[]): boolean {
    const lines = events.map(([stamp, event]) => auditLine(stamp, event));
    return this.writeLines(lines.join(""), lines.length);
  }

  /**
   * Writes lines that are made already, each with its end.
   *
   * @param count - how many they are
   * @returns false if they are not all in the file
   */
  writeLines(lines: string, count: number): boolean {
    // The descriptor may be another file's by now.
    if (this.#closed) return false;
    const beganMs = this.#clock.monotonicMs();
    try {
      this.#append(this.#cut ? `\n${lines}` : lines);
      this.#cut = false;
      this.#failing = false;
      this.#counts.lines += count;
      return true;
    } catch (error) {
      this.#counts.failures++;
      this.#failedAtMs = this.#clock.wallMs();
      // A full disk may have taken nothing of it: then there is no line to be ended.
      this.#cut = isCut(this.#fd);
      // Said once until it is good again: each refused call would say it otherwise.
      if (!this.#failing)
        this.#log.error("the audit log cannot be written; calls are refused", { path: this.#path, error });
      this.#failing = true;
      return false;
    } finally {
      this.#counts.writingMs += this.#clock.monotonicMs() - beganMs;
    }
  }

  /** Lines that are in the file, writes that failed, and the time that writing took, since the daemon began. */
  get counts(): Readonly<Record<"lines" | "failures" | "writingMs", number>> {
    return this.#counts;
  }

  /** Whether the last write failed. */
  get isFailing(): boolean {
    return this.#failing;
  }

  /** When a write failed last, in milliseconds since 1970. */
  get failedAtMs(): number | undefined {
    return this.#failedAtMs;
  }

  close(): void {
    this.#closed = true;
    closeSync(this.#fd);
  }

  #append(text: string): void {
    // A character is at most three bytes of UTF-8 for each of its code units.
    const isShort = 3 * text.length <= SCRATCH_BYTES;
    const bytes = isShort ? this.#scratch.subarray(0, this.#scratch.write(text)) : Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  }
}

function openForAppending(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    throw new FileProblem("unwritable", path, `the audit log cannot be opened (${systemCode(error)})`, {
      cause: error,
    });
  }
  const stats = fstatSync(fd);
  const flaw = ownerFlaw(stats, trustedOwners([]));
  if (stats.isFile() && (stats.mode & 0o022) === 0 && flaw === undefined) return fd;
  closeSync(fd);
  if (flaw !== undefined)
    throw new FileProblem("unsafe", path, `the audit log ${flaw}`, { mend: chown(path) });
  const mend = stats.isFile() ? `chmod go-w ${shellWord(path)}` : "name a file that does not exist yet";
  throw new FileProblem("unsafe", path, "the audit log must be a plain file that only its owner can write", {
    mend,
  });
}

function isCut(fd: number): boolean {
  try {
    return !endsWithLine(fd);
  } catch {
    // An empty line is the lesser evil.
    return true;
  }
}

function endsWithLine(fd: number): boolean {
  const { size } = fstatSync(fd);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0] === LINE_END;
}
