import { escapeText } from "../base/escape.ts";

/** What kind of trouble a file makes, for whoever must act on it; people read the message. */
export type FileProblemKind =
  | "not_found"
  | "unsafe"
  /** while it was being read: it may be good in a moment */
  | "changed"
  | "unreadable"
  | "unwritable"
  | "malformed"
  | "exists";

/** What a {@link FileProblem} may carry beside its message. */
export interface FileProblemParts {
  /** The command, or the step in words, that mends it. */
  readonly mend?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A file that is not what it must be: the operator's mistake, or an attack on them. The message says what was
 * expected and what came; it never quotes the content of a file that may be a secret.
 */
export class FileProblem extends Error {
  override readonly name = "FileProblem";
  readonly kind: FileProblemKind;
  /** As it was given: escape it before it is shown. */
  readonly path: string;
  readonly mend: string | undefined;

  /** @param detail - what was expected and what came; whatever in it is from outside is escaped already */
  constructor(kind: FileProblemKind, path: string, detail: string, parts: FileProblemParts = {}) {
    const options = parts.cause === undefined ? undefined : { cause: parts.cause };
    super(`${escapeText(path)}: ${detail}`, options);
    this.kind = kind;
    this.path = path;
    this.mend = parts.mend;
  }

  /** The message, and what mends it. */
  get lines(): readonly string[] {
    return this.mend === undefined ? [this.message] : [this.message, this.mend];
  }
}

/** The mode as `chmod` takes it: `0644`. */
export function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

/** A path as one word of a shell command, which people will copy: `'my key'`. */
export function shellWord(path: string): string {
  const safe = escapeText(path.startsWith("-") ? `./${path}` : path);
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}

/** The `code` of a failed system call, `ENOENT` for example, or nothing for what is no such failure. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
