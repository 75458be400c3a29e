import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { checkFolders, chown, ownerFlaw, trustedOwners } from "../../files/check-folders.ts";
import { FileProblem, octal, shellWord, systemCode } from "../../files/file-problem.ts";

const LINE_END = 0x0a;

/** Room for the lines of a hundred calls. */
const SCRATCH_BYTES = 64 * 1024;

const WRITABLE_BY_OTHERS = 0o022;

/** What a look at the path has found. */
export type FilePlace =
  /** the path leads to this file; `lostBytes` of it were cut off by somebody else since the last look */
  | { readonly kind: "same"; readonly lostBytes: number }
  /** the path leads to another file, to nothing, or cannot be looked at */
  | { readonly kind: "elsewhere"; readonly isRemoved: boolean };

/**
 * One file of the audit log, open and only ever added to. It knows whether its path still leads to it: the open descriptor keeps the
 * number of the file from being given to another.
 */
export class AuditFile {
  readonly path: string;
  readonly #fd: number;
  readonly #dev: bigint;
  readonly #ino: bigint;
  /** As long as it should be, in bytes: as it was, and what was added since. */
  #bytes: number;
  /** As long as it was at the last look that found it at its path. */
  #seenBytes: number;
  /** A line that was cut off, by a crash or by somebody who cut the file, is ended before the next begins. */
  #cut: boolean;
  /** Where the lines of a turn become bytes. */
  static readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

  private constructor(path: string, fd: number, { dev, ino, size }: BigIntStats) {
    this.path = path;
    this.#fd = fd;
    this.#dev = dev;
    this.#ino = ino;
    this.#bytes = Number(size);
    this.#seenBytes = this.#bytes;
    this.#cut = !endsWithLine(fd);
  }

  /**
   * Opens the file at a path, or makes it.
   *
   * @throws {@link FileProblem} unless it and every folder above it are safe from others
   */
  static open(path: string): AuditFile {
    const problem = checkFolders(path);
    if (problem !== undefined) throw problem;
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
    let fd: number;
    try {
      fd = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    } catch (error) {
      throw new FileProblem("unwritable", path, `the audit log cannot be opened (${systemCode(error)})`, {
        cause: error,
      });
    }
    try {
      const stats = fstatSync(fd, { bigint: true });
      const flaw = fileFlaw(path, stats);
      if (flaw !== undefined) throw flaw;
      return new AuditFile(path, fd, stats);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Looks where the path leads: one call of the system. */
  look(): FilePlace {
    const found = lookAt(this.path);
    if (found === undefined || found.dev !== this.#dev || found.ino !== this.#ino)
      return { kind: "elsewhere", isRemoved: fstatSync(this.#fd).nlink === 0 };
    const size = Number(found.size);
    const lostBytes = Math.max(0, this.#bytes - size);
    if (lostBytes > 0) this.#cut = !endsWithLine(this.#fd);
    this.#bytes = size;
    this.#seenBytes = size;
    return { kind: "same", lostBytes };
  }

  /** What a start would refuse: others could write to the file, or put another in its place. */
  get exposure(): FileProblem | undefined {
    return checkFolders(this.path) ?? fileFlaw(this.path, fstatSync(this.#fd, { bigint: true }));
  }

  /**
   * The lines that were added since the path was last seen to lead here. Where the file was removed meanwhile nobody can read them
   * in it any more.
   */
  sinceSeen(): string {
    const bytes = Buffer.alloc(Math.max(0, this.#bytes - this.#seenBytes));
    const length = readSync(this.#fd, bytes, 0, bytes.length, this.#seenBytes);
    // The end of a line that was cut off stays with it.
    return bytes.toString("utf8", 0, length).replace(/^\n/, "");
  }

  /**
   * Adds lines, each with its end: all of them, or none.
   *
   * @throws Error of the system; where it took a part of them, that part is removed again, or ended as a line before the next
   */
  append(lines: string): void {
    const text = this.#cut ? `\n${lines}` : lines;
    // A character is at most three bytes of UTF-8 for each of its code units.
    const isShort = 3 * text.length <= SCRATCH_BYTES;
    const scratch = AuditFile.#scratch;
    const bytes = isShort ? scratch.subarray(0, scratch.write(text)) : Buffer.from(text);
    let at = 0;
    try {
      while (at < bytes.length) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      if (at > 0) this.#takeBack(at);
      throw error;
    }
    this.#cut = false;
    this.#bytes += bytes.length;
  }

  /** Closes it for good: another file takes its place. Half a line, which a crash has left, becomes a line of its own. */
  end(): void {
    try {
      if (this.#cut) this.append("");
    } finally {
      this.close();
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Nobody else writes this file (file-locks.ts), so its last bytes are those that were just written. */
  #takeBack(bytes: number): void {
    const size = fstatSync(this.#fd).size;
    try {
      ftruncateSync(this.#fd, size - bytes);
      this.#bytes = size - bytes;
    } catch {
      // An attribute of the file forbids it (chattr +a). The part of a line is ended as one.
      this.#cut = true;
      this.#bytes = size;
    }
  }
}

function lookAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false, bigint: true });
  } catch {
    // Something in the place of a folder, a link in a circle: it does not lead to the file. Opening it says what is wrong.
    return undefined;
  }
}

function fileFlaw(path: string, stats: BigIntStats): FileProblem | undefined {
  const flaw = ownerFlaw({ uid: Number(stats.uid) }, trustedOwners([]));
  if (flaw !== undefined)
    return new FileProblem("unsafe", path, `the audit log ${flaw}`, { mend: chown(path) });
  const mode = Number(stats.mode);
  if (stats.isFile() && (mode & WRITABLE_BY_OTHERS) === 0) return undefined;
  const what = "the audit log must be a plain file that only its owner can write";
  return stats.isFile()
    ? new FileProblem("unsafe", path, `${what}; it has mode ${octal(mode)}`, {
        mend: `chmod go-w ${shellWord(path)}`,
      })
    : new FileProblem("unsafe", path, what, { mend: "name a file that does not exist yet" });
}

function endsWithLine(fd: number): boolean {
  const { size } = fstatSync(fd);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0] === LINE_END;
}
