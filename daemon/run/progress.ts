import type { Clock } from "../../base/clock.ts";
import type { Deadline, Deadlines } from "../../link/deadlines.ts";
import { PROGRESS_PER_SECOND } from "../../wire/limits.ts";
import type { ProgressMessage } from "../../wire/message.ts";

const EVERY_MS = 1000 / PROGRESS_PER_SECOND;

const NOTE_MAX_CHARS = 256;

interface ProgressReport {
  sentMs: number;
  next: ProgressMessage | undefined;
  timer: Deadline | undefined;
}

/** How far calls are, told to their caller now and then: a method may say so for each byte, and the last word comes. */
export class Progress {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #send: (message: ProgressMessage) => void;
  readonly #reports = new Map<number, ProgressReport>();

  constructor(clock: Clock, deadlines: Deadlines, send: (message: ProgressMessage) => void) {
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#send = send;
  }

  /** What is no number from 0 is not told: methods are often written without types. */
  report(call: number, done: number, total: number | undefined, note: string | undefined): void {
    if (!isAmount(done)) return;
    const message: ProgressMessage = {
      kind: "progress",
      id: call,
      done,
      total: isAmount(total) ? total : undefined,
      note: typeof note === "string" ? clip(note) : undefined,
    };
    const report = this.#reports.get(call) ?? {
      sentMs: Number.NEGATIVE_INFINITY,
      next: undefined,
      timer: undefined,
    };
    this.#reports.set(call, report);
    const waitMs = report.sentMs + EVERY_MS - this.#clock.monotonicMs();
    if (waitMs <= 0) {
      this.#tell(report, message);
      return;
    }
    report.next = message;
    report.timer ??= this.#deadlines.start(waitMs, () => this.#flush(report));
  }

  /** The call is answered: what was said last goes out before. */
  end(call: number): void {
    const report = this.#reports.get(call);
    if (report === undefined) return;
    this.#reports.delete(call);
    this.#deadlines.stop(report.timer);
    this.#flush(report);
  }

  #flush(report: ProgressReport): void {
    report.timer = undefined;
    if (report.next !== undefined) this.#tell(report, report.next);
  }

  #tell(report: ProgressReport, message: ProgressMessage): void {
    report.sentMs = this.#clock.monotonicMs();
    report.next = undefined;
    this.#send(message);
  }
}

function isAmount(found: unknown): found is number {
  return typeof found === "number" && Number.isFinite(found) && found >= 0;
}

function clip(note: string): string {
  const text = note.toWellFormed().replace(/^\ufeff+/, "");
  return text.length <= NOTE_MAX_CHARS ? text : `${text.slice(0, NOTE_MAX_CHARS - 1)}…`.toWellFormed();
}
