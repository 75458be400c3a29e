import { existsSync } from "node:fs";
import { escapeText } from "../base/escape.ts";
import { checkFolders } from "../files/check-folders.ts";
import { FileProblem, shellWord } from "../files/file-problem.ts";
import { readTrustedFile } from "../files/secure-file.ts";
import { removeFile, writeFileAtomically } from "../files/write-file.ts";
import { makeKeyPair, type PublicKey } from "./ed25519.ts";
import { formatPrivateKey, type PrivateKeyFile, readPrivateKey } from "./private-key-format.ts";
import { formatPublicKey } from "./public-key.ts";
import { loadPublicKeyFile } from "./public-key-file.ts";

/** ssh-keygen's own are below 500 bytes; the rest is room for a comment. */
const MAX_FILE_BYTES = 16_384;

/** The longest comment that we write, in characters. */
const MAX_COMMENT_CHARS = 1024;

/**
 * Reads a private key from a file that nobody else can read or change.
 *
 * @throws {@link FileProblem}
 */
export function loadPrivateKeyFile(path: string): PrivateKeyFile {
  try {
    const bytes = readTrustedFile(path, { what: "a private key", maxBytes: MAX_FILE_BYTES, secret: true });
    try {
      return readPrivateKey(bytes, path);
    } finally {
      bytes.fill(0);
    }
  } catch (error) {
    if (error instanceof FileProblem && isPublicKey(path, error)) throw publicKeyProblem(path, error);
    throw error;
  }
}

/** Whether the public key was named by mistake: then neither its mode nor its content is what has to be mended. */
function isPublicKey(path: string, { kind }: FileProblem): boolean {
  if (kind !== "unsafe" && kind !== "malformed") return false;
  try {
    loadPublicKeyFile(path);
    return true;
  } catch (error) {
    if (error instanceof FileProblem) return false;
    throw error;
  }
}

function publicKeyProblem(path: string, cause: FileProblem): FileProblem {
  const beside = path.replace(/\.pub$/, "");
  const mend =
    beside !== path && existsSync(beside)
      ? `name the private key: ${shellWord(beside)}`
      : "name the private key: the file without .pub that was made together with this one";
  return new FileProblem("malformed", path, "a private key was expected, but this is a public key", {
    mend,
    cause,
  });
}

/**
 * Makes a new key pair: the private key in `path`, 0600, the public one in `path`.pub, 0644. There are two new
 * files in the end, or none; a file that is there already is kept.
 *
 * @throws {@link FileProblem}
 */
export async function createKeyFiles(path: string, comment: string): Promise<PublicKey> {
  checkComment(path, comment);
  // A key that could not be loaded from where it is would be found out much later.
  const problem = checkFolders(path);
  if (problem !== undefined) throw problem;
  const { seed, publicKey } = await makeKeyPair();
  try {
    writePrivate(path, seed, publicKey, comment);
  } finally {
    seed.fill(0);
  }
  try {
    const line = Buffer.from(`${formatPublicKey(publicKey, comment)}\n`);
    writeFileAtomically(`${path}.pub`, line, 0o644, { replace: false });
  } catch (error) {
    takeBack(path, error);
    throw error;
  }
  return publicKey;
}

function writePrivate(path: string, seed: Uint8Array, publicKey: PublicKey, comment: string): void {
  const bytes = formatPrivateKey(seed, publicKey, comment);
  try {
    writeFileAtomically(path, bytes, 0o600, { replace: false });
  } finally {
    bytes.fill(0);
  }
}

function takeBack(path: string, why: unknown): void {
  try {
    removeFile(path);
  } catch (error) {
    const cause = new AggregateError([why, error]);
    const detail = "the public key could not be written, and then the private one not be removed";
    throw new FileProblem("unwritable", path, detail, { cause });
  }
}

// The comment becomes a part of a line, and a line end in it would begin a second key.
function checkComment(path: string, comment: string): void {
  if (comment.length <= MAX_COMMENT_CHARS && escapeText(comment) === comment) return;
  const detail = `the comment must be at most ${MAX_COMMENT_CHARS} characters, without line ends and control characters`;
  throw new FileProblem("malformed", path, detail);
}
