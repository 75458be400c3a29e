import { type AuditEvent, auditLine, type Stamp } from "../../audit/line.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../log/log.ts";
import { AuditFile } from "./file.ts";

/** While lines are written the path is looked at so often, in milliseconds: a look takes some eight microseconds, as a write does. */
const LOOK_MS = 10;

/** And so often where none are written, in milliseconds. */
const IDLE_LOOK_MS = 1_000;

/**
 * The audit log: a file of its own, only ever added to. What it cannot record does not happen: whoever asks
 * it to write learns whether it did.
 *
 *     the path leads to the open file ------------------------------------> write
 *     it leads to another, or to nothing --> open it, with all checks ----> write there, from the next line on
 *                                              +--(refused)--> nothing is written, and it is tried again
 */
export class AuditWriter {
  readonly #path: string;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #counts = { lines: 0, failures: 0, writingMs: 0 };
  readonly #timer: NodeJS.Timeout;
  #file: AuditFile;
  /** Lines of this daemon that are in {@link #file}. */
  #linesInFile = 0;
  #lookedAtMs: number;
  /** Lines that go in front of the next: what became of the file. Alone they would keep an empty file from being one. */
  #notes = "";
  /** Lines of a file that was removed, which are written again. */
  #rescued = "";
  /** The path leads elsewhere, and what is there was refused. */
  #isLost = false;
  /** The last write failed. */
  #isFull = false;
  #exposure: Error | undefined;
  #failedAtMs: number | undefined;
  #closed = false;

  /** @throws FileProblem */
  constructor(path: string, log: Log, clock: Clock) {
    this.#path = path;
    this.#log = log;
    this.#clock = clock;
    this.#file = AuditFile.open(path);
    this.#lookedAtMs = clock.monotonicMs();
    this.#timer = setInterval(() => this.look(), IDLE_LOOK_MS).unref();
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
      if (beganMs - this.#lookedAtMs >= LOOK_MS) this.#find();
      if (this.#isLost) {
        this.#counts.failures++;
        this.#failedAtMs = this.#clock.wallMs();
        return false;
      }
      return this.#append(lines, count);
    } finally {
      this.#counts.writingMs += this.#clock.monotonicMs() - beganMs;
    }
  }

  /**
   * Looks at the path at once, and at the folders above it: a reload does, so that the log is where the path leads when it has ended.
   *
   * @returns why nothing can be written
   */
  look(): Error | undefined {
    if (this.#closed) return undefined;
    const problem = this.#find();
    if (problem === undefined) this.#weighExposure();
    return problem;
  }

  /** Lines that are in the file, writes that failed, and the time that writing took, since the daemon began. */
  get counts(): Readonly<Record<"lines" | "failures" | "writingMs", number>> {
    return this.#counts;
  }

  /** Whether nothing can be written: the last write failed, or the path leads to what was refused. */
  get isFailing(): boolean {
    return this.#isLost || this.#isFull;
  }

  /** When a write failed last, in milliseconds since 1970. */
  get failedAtMs(): number | undefined {
    return this.#failedAtMs;
  }

  /** What lets others write to the log, or put another in its place. It is written all the same. */
  get exposure(): Error | undefined {
    return this.#exposure;
  }

  close(): void {
    clearInterval(this.#timer);
    // Records of a file that was removed just now are not lost either.
    this.#find();
    // What became of the file is not forgotten where no line came after it.
    if (this.#notes !== "" && !this.#isLost) this.#append("", 0);
    this.#closed = true;
    this.#file.close();
  }

  #append(lines: string, count: number): boolean {
    try {
      const before = this.#notes + this.#rescued;
      this.#file.append(before + lines);
      if (before !== "") count += before.split("\n").length - 1;
      this.#notes = "";
      this.#rescued = "";
    } catch (error) {
      this.#counts.failures++;
      this.#fails(error, () => (this.#isFull = true));
      return false;
    }
    this.#counts.lines += count;
    this.#linesInFile += count;
    if (this.#isFull) this.#recovers(() => (this.#isFull = false));
    return true;
  }

  /** @returns why the path leads to no file that can be written */
  #find(): Error | undefined {
    this.#lookedAtMs = this.#clock.monotonicMs();
    try {
      const place = this.#file.look();
      if (place.kind === "elsewhere") this.#reopen(place.isRemoved);
      else if (place.lostBytes > 0) this.#isShorter(place.lostBytes);
    } catch (error) {
      this.#fails(error, () => (this.#isLost = true));
      return error instanceof Error ? error : new Error(String(error));
    }
    if (this.#isLost) this.#recovers(() => (this.#isLost = false));
    return undefined;
  }

  /** @throws FileProblem where what is there is refused; the file before stays open then, for the path may lead to it again */
  #reopen(isRemoved: boolean): void {
    const next = AuditFile.open(this.#path);
    const old = this.#file;
    const lines = this.#linesInFile;
    // Of a file that was removed nobody reads what was written since the last look, and calls were answered on the strength of it.
    if (isRemoved) this.#rescued += old.sinceSeen();
    this.#file = next;
    this.#linesInFile = 0;
    this.#note({ kind: "log", result: "reopened", before: isRemoved ? "removed" : "moved", lines });
    this.#log[isRemoved ? "warn" : "info"](
      `the audit log was ${isRemoved ? "removed" : "moved"}; it goes on in the file that its path leads to now`,
      { path: this.#path, lines_before: lines },
    );
    try {
      old.end();
    } catch (error) {
      this.#log.warn("the audit log before may end with half a line", { path: this.#path, error });
    }
    if (this.#rescued !== "") this.#append("", 0);
  }

  #isShorter(bytes: number): void {
    this.#note({ kind: "log", result: "shortened", bytes });
    this.#log.warn("the audit log became shorter: somebody cut it, and it goes on at its end", {
      path: this.#path,
      missing_bytes: bytes,
    });
  }

  /** Two of them wait at the most, however often the file is exchanged while nobody writes. */
  #note(event: AuditEvent): void {
    const [last = ""] = this.#notes.split(/(?<=\n)/).slice(-1);
    this.#notes = last + auditLine({ atMs: this.#clock.wallMs() }, event);
  }

  #weighExposure(): void {
    const { exposure } = this.#file;
    if (exposure !== undefined && this.#exposure === undefined)
      this.#log.error("the audit log is not safe from others; it is written all the same", {
        path: this.#path,
        error: exposure,
      });
    if (exposure === undefined && this.#exposure !== undefined)
      this.#log.info("the audit log is safe from others again", { path: this.#path });
    this.#exposure = exposure;
  }

  /** Said once until it is good again: each refused call would say it otherwise. */
  #fails(error: unknown, mark: () => void): void {
    this.#failedAtMs = this.#clock.wallMs();
    if (!this.isFailing)
      this.#log.error("the audit log cannot be written; calls are refused", { path: this.#path, error });
    mark();
  }

  #recovers(mark: () => void): void {
    mark();
    if (!this.isFailing) this.#log.info("the audit log is written again", { path: this.#path });
  }
}
