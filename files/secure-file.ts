import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { escapeText } from "../base/escape.ts";
import { checkFolders, chown, followLinks, ownerFlaw, trustedOwners } from "./check-folders.ts";
import { kindAt, kindOf } from "./file-kind.ts";
import { FileProblem, octal, shellWord, systemCode } from "./file-problem.ts";

/** What a file must be to be trusted. */
export interface TrustedFile {
  /** What the file is, for the messages: `a private key`. */
  readonly what: string;
  readonly maxBytes: number;
  /** Whether reading it is forbidden to others as well as writing. */
  readonly secret: boolean;
  /** Whether a file of no bytes says something: that there is nothing, or that all is as by default. */
  readonly mayBeEmpty?: boolean;
  /** What to do where there is none. */
  readonly missing?: string;
  /** User ids that are trusted beside root and the user of this process. */
  readonly owners?: readonly number[];
  /**
   * Whether the path may be a symbolic link, as where files are put in place by links that are switched: every link and every
   * folder on the way has to be trusted as the file is. Else a link is refused.
   */
  readonly mayBeLink?: boolean;
}

// Without following a link that someone may turn, without waiting for the writer of a FIFO, without taking
// a terminal. Node itself adds O_CLOEXEC to whatever it opens.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Reads a file on which trust rests: a key, a policy. It is opened once, and all is asked of the descriptor, so
 * whoever swaps the file between the check and the reading swaps nothing:
 *
 *     open → fstat: kind, owner, mode, size → folders above → still the same file → read, with a bound
 *
 * Blocks, so it is for the start and for a reload, not for a call.
 *
 * @throws {@link FileProblem} for whatever is not as it must be
 */
export function readTrustedFile(path: string, wanted: TrustedFile): Buffer {
  return wanted.mayBeLink === true && isLink(path) ? readThroughLinks(path, wanted) : readPlain(path, wanted);
}

/** How often in a row the links may lead elsewhere while a file is read: each time somebody has just switched them. */
const SWITCHED_MAX = 10;

/**
 *     follow the links, looking at each ─▶ read what lies at the end, as any file ─▶ do they still lead there?
 *       ▲                                                                          │
 *       └──────────────────────────── no: they were switched meanwhile ────────────┘
 */
function readThroughLinks(path: string, wanted: TrustedFile): Buffer {
  for (let tries = 1; ; tries++) {
    try {
      const target = endOf(path, wanted);
      const bytes = readEnd(path, target, wanted);
      if (endOf(path, wanted) === target) return bytes;
      throw new FileProblem("changed", path, "the link was switched while the file was being read", {
        mend: "try again",
      });
    } catch (error) {
      // Whoever switches a link removes what it led to, mostly: then a folder or the file is missing, for a moment.
      const isSwitched =
        error instanceof FileProblem && (error.kind === "changed" || error.kind === "not_found");
      if (!isSwitched || tries === SWITCHED_MAX) throw error;
    }
  }
}

function readEnd(path: string, target: string, wanted: TrustedFile): Buffer {
  try {
    return readPlain(target, wanted);
  } catch (error) {
    if (!(error instanceof FileProblem) || error.kind !== "not_found") throw error;
    const detail = `${wanted.what} was expected, and the link leads to ${escapeText(target)}, where there is no file`;
    const mend = wanted.missing ?? "put it there, or let the link lead elsewhere";
    throw new FileProblem("not_found", path, detail, { mend, cause: error });
  }
}

/** Where the links lead. @throws {@link FileProblem} for a link or a folder on the way that is not to be trusted */
function endOf(path: string, { owners }: TrustedFile): string {
  const end = followLinks(path, owners);
  if (end instanceof FileProblem) throw end;
  return end;
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    // What is wrong with the path is told where it is opened.
    return false;
  }
}

function readPlain(path: string, wanted: TrustedFile): Buffer {
  const fd = open(path, wanted);
  try {
    const stat = fstatSync(fd);
    checkStat(path, stat, wanted);
    const problem = checkFolders(path, wanted.owners);
    if (problem !== undefined) throw problem;
    if (wanted.secret) checkSecret(path, stat);
    checkStillThere(path, fd);
    return readWhole(path, fd, stat.size);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new FileProblem("unreadable", path, `the file cannot be read (${code})`, { cause: error });
  } finally {
    closeSync(fd);
  }
}

function open(path: string, { what, missing }: TrustedFile): number {
  try {
    return openSync(path, FLAGS);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") {
      throw new FileProblem("not_found", path, `${what} was expected here, and there is no file`, {
        cause: error,
        ...(missing === undefined ? {} : { mend: missing }),
      });
    }
    if (code === "ELOOP") throw linkProblem(path, what, error);
    // What open() says of a socket.
    if (code === "ENXIO") throw irregular(path, what, kindAt(path) ?? "no file", error);
    throw new FileProblem("unreadable", path, `${what} was expected, but it cannot be opened (${code})`, {
      cause: error,
      ...(code === "EACCES"
        ? { mend: `run this as its owner; or let user ${process.geteuid?.()} read it: chgrp, chmod g+r` }
        : {}),
    });
  }
}

function linkProblem(path: string, what: string, cause: unknown): FileProblem {
  // ELOOP also comes from links in the folders above that lead in a circle; then this is no link itself.
  let target: string;
  try {
    target = resolve(dirname(path), readlinkSync(path));
  } catch (error) {
    const detail = "the links on the way to it lead in a circle";
    return new FileProblem("unreadable", path, detail, { cause: error });
  }
  // `<(…)` of a shell is such a link: there is no file that could be named instead.
  const kind = kindAt(path);
  if (kind !== undefined && kind !== "a regular file") return irregular(path, what, kind, cause);
  const detail = `a file was expected, but this is a symbolic link to ${escapeText(target)}`;
  return new FileProblem("unsafe", path, detail, {
    mend: `name the file itself: ${shellWord(target)}`,
    cause,
  });
}

function checkStat(path: string, stat: Stats, wanted: TrustedFile): void {
  const { what, maxBytes, secret, mayBeEmpty = false, owners = [] } = wanted;
  if (!stat.isFile()) throw irregular(path, what, kindOf(stat));
  checkWriters(path, stat, { owners, mode: secret ? "600" : "go-w" });
  if (stat.size === 0 && !mayBeEmpty)
    throw new FileProblem("malformed", path, `${what} was expected, but the file is empty`);
  if (stat.size > maxBytes) {
    const detail = `${what} was expected, at most ${maxBytes} bytes, but the file has ${stat.size}`;
    throw new FileProblem("malformed", path, detail);
  }
}

/**
 * Nobody else may write to a file.
 *
 * @param mode - as `chmod` takes it, for the mend
 * @throws {@link FileProblem}
 */
export function checkWriters(
  path: string,
  stat: Stats,
  { owners = [], mode = "go-w" }: { readonly owners?: readonly number[]; readonly mode?: string } = {},
): void {
  const flaw = ownerFlaw(stat, trustedOwners(owners));
  if (flaw !== undefined) throw new FileProblem("unsafe", path, `the file ${flaw}`, { mend: chown(path) });
  if ((stat.mode & 0o022) === 0) return;
  const detail = `the file has mode ${octal(stat.mode)}, so others may write to it`;
  throw new FileProblem("unsafe", path, detail, { mend: `chmod ${mode} ${shellWord(path)}` });
}

/** Only of a regular file owner, mode and content stay what they were when they were checked. */
function irregular(path: string, what: string, kind: string, cause?: unknown): FileProblem {
  const mend =
    kind === "a folder"
      ? "name a file in it"
      : kind === "a FIFO"
        ? "name a regular file: write to one what the pipe gives, for nobody else to change"
        : "name a regular file";
  const detail = `${what} was expected as a regular file, but this is ${kind}`;
  return new FileProblem("unsafe", path, detail, { mend, cause });
}

function checkSecret(path: string, stat: Stats): void {
  if ((stat.mode & 0o077) === 0) return;
  // systemd gives a credential to the user of the service by an ACL, and an ACL shows as the group's bits.
  if ((stat.mode & 0o037) === 0 && isCredential(path)) return;
  throw new FileProblem(
    "unsafe",
    path,
    `the file has mode ${octal(stat.mode)}, so others may read the secret`,
    {
      mend: `chmod 600 ${shellWord(path)}`,
    },
  );
}

/** Where systemd keeps the credentials of each service: root's, and nobody else can make anything there. */
const CREDENTIALS = "/run/credentials/";

function isCredential(path: string): boolean {
  // Not where $CREDENTIALS_DIRECTORY says: a variable is nobody's word for what may be read.
  return realpathSync(dirname(path)).startsWith(CREDENTIALS);
}

// The folders were looked at by their names, after the file was opened. Only if the name still leads to the
// open file were these the folders in which it was found.
function checkStillThere(path: string, fd: number): void {
  const opened = fstatSync(fd, { bigint: true });
  const named = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (named?.dev === opened.dev && named.ino === opened.ino) return;
  throw new FileProblem("changed", path, "the file was replaced while it was being read", {
    mend: "try again",
  });
}

// One byte more than there should be: what grows, or shrinks, under the reading is half of something.
function readWhole(path: string, fd: number, size: number): Buffer {
  const bytes = Buffer.alloc(size + 1);
  try {
    let held = 0;
    for (let count = -1; count !== 0 && held < bytes.length; held += count) {
      count = readSync(fd, bytes, held, bytes.length - held, held);
    }
    if (held === size) return bytes.subarray(0, size);
    const detail = "the file was changed while it was being read";
    throw new FileProblem("changed", path, detail, { mend: "try again" });
  } catch (error) {
    // What was read so far may be a part of a secret.
    bytes.fill(0);
    throw error;
  }
}
