import { createHash } from "node:crypto";
import { joinBytes } from "../base/bytes.ts";
import { PublicKey, publicKeyFlaw } from "./ed25519.ts";
import { SshDataError, SshReader, sshString } from "./ssh-data.ts";

/** The name that OpenSSH gives to the one kind of key that we take. */
export const KEY_TYPE = "ssh-ed25519";

/** A line of an OpenSSH public key file. */
export interface PublicKeyLine {
  readonly key: PublicKey;
  readonly comment: string;
}

/**
 * Reads `ssh-ed25519 AAAA… comment`, as ssh-keygen prints it (RFC 8709, section 4).
 *
 * @returns the key, or in a sentence what is wrong with the text
 */
export function parsePublicKeyLine(line: string): PublicKeyLine | string {
  const [type = "", base64 = "", ...comment] = line.trim().split(/[ \t]+/);
  if (line.includes("PRIVATE KEY")) return "this is a private key; give the line of its .pub file";
  if (type !== KEY_TYPE) {
    return `an OpenSSH public key was expected, '${KEY_TYPE} AAAA… comment', but it begins with '${type.slice(0, 40)}'`;
  }
  const blob = Buffer.from(base64, "base64");
  if (blob.toString("base64") !== base64) return `the second word is not base64 as ssh-keygen writes it`;
  const bytes = readBlob(blob);
  if (typeof bytes === "string") return bytes;
  const flaw = publicKeyFlaw(bytes) ?? secondKey(comment);
  return flaw ?? { key: new PublicKey(bytes), comment: comment.join(" ") };
}

/** In base64 every blob of a key begins so: with the length of its type, which is below 2^16. */
const BLOB = /^AAAA[A-Za-z0-9+/]{16,}=*$/;
const TYPE = /^(?:sk-)?(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp\d+)/;

/** Two lines that were joined: the second key would be taken for a comment, and nobody could log in with it. */
function secondKey(comment: readonly string[]): string | undefined {
  const found = comment.find(
    (word, i) => BLOB.test(word) || (TYPE.test(word) && comment[i + 1]?.startsWith("AAAA") === true),
  );
  return found === undefined
    ? undefined
    : `one key was expected on a line, and another one follows where its comment is: '${found.slice(0, 40)}'`;
}

function readBlob(blob: Uint8Array): Uint8Array | string {
  try {
    const reader = new SshReader(blob);
    const inner = reader.text();
    if (inner !== KEY_TYPE) return `the base64 holds a key of another type than ${KEY_TYPE}`;
    const bytes = reader.string();
    reader.end();
    return bytes;
  } catch (error) {
    if (error instanceof SshDataError) return `the base64 is no key: ${error.message}`;
    throw error;
  }
}

/** The key in the form in which SSH sends and hashes it: `string "ssh-ed25519" | string key`. */
export function publicKeyBlob(key: PublicKey): Uint8Array {
  return joinBytes([sshString(KEY_TYPE), sshString(key.bytes)]);
}

/** The line of a `.pub` file, without the line end. */
export function formatPublicKey(key: PublicKey, comment = ""): string {
  const words = [KEY_TYPE, Buffer.from(publicKeyBlob(key)).toString("base64"), comment];
  return words.filter((word) => word !== "").join(" ");
}

/** `SHA256:…`, as `ssh-keygen -l` prints it: base64 of the hash of the blob, without padding. */
export function fingerprint(key: PublicKey): string {
  const hash = createHash("sha256").update(publicKeyBlob(key)).digest("base64");
  return `SHA256:${hash.replace(/=+$/, "")}`;
}

/** Whether a text has the form of a fingerprint of {@link fingerprint}. */
export function isFingerprint(text: string): boolean {
  return /^SHA256:[A-Za-z0-9+/]{43}$/.test(text);
}
