import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { Log } from "../log/log.ts";

/** How often the free space is looked at, and the shares are counted anew, in milliseconds. */
export const ROOM_TICK_MS = 1_000;

/** As much of the reserve is for operators alone: who looks after the daemon is recorded when nobody else is. */
const OPERATORS_SHARE = 1 / 4;

/** No more than this share of the file system is a reserve: a small one would never be without alarm. */
const RESERVE_SHARE_MAX = 1 / 10;

/** What is left of the reserve is to last so long, in seconds: somebody has to come and make room. */
const LAST_S = 600;

/** A line takes about so many bytes: the one of a call, with its trace. */
const LINE_BYTES = 256;

/** What a principal asked for before counts half of what it asks for now, each second. */
const MEMORY = 0.5;

/** Less than this is forgotten, in lines a second. */
const FORGOTTEN = 0.1;

/** As many of the heaviest principals are named in the log. */
const NAMED_MAX = 3;

/** Space of a file system, in bytes. */
interface Space {
  readonly free: number;
  readonly size: number;
}

/**
 * The free space that the audit log has, and who may still fill it:
 *
 *     size |================ free ================| reserve: the heaviest first |  1/4: operators alone  | 0
 *
 * Within the reserve all principals together have so many lines a second that it lasts for ten minutes. Each gets what it asks for, up
 * to an equal share of what the lighter ones leave: so the heaviest are limited first, and the lightest last.
 */
export class AuditRoom {
  readonly #path: string;
  readonly #log: Log;
  readonly #space: (folder: string) => Space;
  readonly #timer: NodeJS.Timeout;
  #reserve: number;
  #free = Number.POSITIVE_INFINITY;
  #isLow = false;
  #isUnknown = false;
  /** Lines that each principal may still have in a second. */
  #share = Number.POSITIVE_INFINITY;
  #limited = 0;
  /** Lines that were asked for since the last tick. */
  #now = new Map<string, number>();
  /** The same a second, of the last while. */
  #recent = new Map<string, number>();

  /**
   * @param path - of the audit log
   * @param reserveBytes - 0: there is none
   */
  constructor(path: string, reserveBytes: number, log: Log, space: (folder: string) => Space = spaceOf) {
    this.#path = path;
    this.#log = log;
    this.#space = space;
    this.#reserve = reserveBytes;
    this.tick();
    this.#timer = setInterval(() => this.tick(), ROOM_TICK_MS).unref();
  }

  /** From the next tick on. */
  limitTo(reserveBytes: number): void {
    this.#reserve = reserveBytes;
  }

  /** Whether less than the reserve is free. */
  get isLow(): boolean {
    return this.#isLow;
  }

  /** Bytes that are free; infinite as long as nobody knows. */
  get freeBytes(): number {
    return this.#free;
  }

  /** Principals that are remembered: a test that counts what is left looks here. */
  get size(): number {
    return this.#recent.size;
  }

  /** Calls that were refused so that others can be recorded, since the daemon began. */
  get limited(): number {
    return this.#limited;
  }

  /**
   * Counts a line of a principal: of a call, or of a login.
   *
   * @param isOperator - asked only where the answer depends on it
   * @returns whether there is room for it
   */
  take(principal: string, isOperator: () => boolean): boolean {
    const taken = this.#now.get(principal) ?? 0;
    this.#now.set(principal, taken + 1);
    if (!this.#isLow || taken < this.#share || isOperator()) return true;
    this.#limited++;
    return false;
  }

  /** Looks at the free space, and counts the shares of the next second. */
  tick(): void {
    this.#remember();
    const found = this.#look();
    if (found === undefined) return;
    const reserve = Math.min(this.#reserve, RESERVE_SHARE_MAX * found.size);
    this.#free = found.free;
    const isLow = found.free < reserve;
    if (isLow) {
      const left = Math.max(0, found.free - OPERATORS_SHARE * reserve);
      this.#share = equalShare([...this.#recent.values()], left / LAST_S / LINE_BYTES);
    }
    if (isLow !== this.#isLow) this.#tell(isLow, reserve);
    this.#isLow = isLow;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #remember(): void {
    const next = new Map<string, number>();
    for (const name of new Set([...this.#recent.keys(), ...this.#now.keys()])) {
      const rate = MEMORY * (this.#recent.get(name) ?? 0) + (1 - MEMORY) * (this.#now.get(name) ?? 0);
      if (rate >= FORGOTTEN) next.set(name, rate);
    }
    this.#recent = next;
    this.#now = new Map();
  }

  /** Where nobody can say how much is free nobody is limited: a log that cannot be written is the audit writer's to tell. */
  #look(): Space | undefined {
    try {
      const found = this.#space(dirname(this.#path));
      this.#isUnknown = false;
      return found;
    } catch (error) {
      if (!this.#isUnknown)
        this.#log.warn("nobody knows how much room the audit log has", { path: this.#path, error });
      this.#isUnknown = true;
      this.#isLow = false;
      this.#free = Number.POSITIVE_INFINITY;
      return undefined;
    }
  }

  #tell(isLow: boolean, reserve: number): void {
    const fields = { path: this.#path, free_bytes: this.#free, reserve_bytes: Math.floor(reserve) };
    if (!isLow) {
      this.#log.info("the audit log has room again; nobody is limited", fields);
      return;
    }
    const heaviest = [...this.#recent].toSorted(([, one], [, other]) => other - one).slice(0, NAMED_MAX);
    this.#log.error(
      "the disk of the audit log is nearly full; the principals with the most calls are limited",
      {
        ...fields,
        heaviest: heaviest.map(([name, rate]) => `${name} ${Math.ceil(rate)}/s`).join(", "),
      },
    );
  }
}

/**
 * The largest share that all can have, where each takes what it asks for, up to the share, and all together `sum`.
 *
 * @param wanted - what each asks for
 */
export function equalShare(wanted: readonly number[], sum: number): number {
  let left = sum;
  const rising = wanted.toSorted((one, other) => one - other);
  for (const [i, one] of rising.entries()) {
    const share = left / (rising.length - i);
    if (one > share) return share;
    left -= one;
  }
  // All have what they ask for: any of them may ask for what is left beside it.
  return (rising.at(-1) ?? 0) + left;
}

function spaceOf(folder: string): Space {
  const { bavail, blocks, bsize } = statfsSync(folder);
  return { free: bavail * bsize, size: blocks * bsize };
}
