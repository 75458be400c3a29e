import { randomBytes } from "node:crypto";
import { joinBytes, sameBytes, uint32Bytes } from "../base/bytes.ts";
import { escapeShort } from "../base/escape.ts";
import { FileProblem, shellWord } from "../files/file-problem.ts";
import { readArmor, writeArmor } from "./armor.ts";
import { PrivateKey, PUBLIC_KEY_BYTES, type PublicKey, publicKeyFlaw, SEED_BYTES } from "./ed25519.ts";
import { KEY_TYPE, publicKeyBlob } from "./public-key.ts";
import { SshDataError, SshReader, sshString } from "./ssh-data.ts";

/*
 * The private key file of OpenSSH (PROTOCOL.key), with one Ed25519 key and without a passphrase. Inside the
 * armor, in the fields of RFC 4251, section 5:
 *
 *     "openssh-key-v1" 0
 *     string  cipher         "none"
 *     string  kdf            "none"
 *     string  kdf options    empty
 *     uint32  keys           1
 *     string  public key     string "ssh-ed25519" | string public (32)
 *     string  private part   whole blocks of 8 bytes:
 *               uint32  check
 *               uint32  check        the same number again: with a passphrase, the proof that it fits
 *               string  type         "ssh-ed25519"
 *               string  public       32 bytes
 *               string  secret       seed (32) | public (32)
 *               string  comment
 *               padding              1, 2, 3, … up to the end of the block
 *
 * The public key is there three times, and follows from the seed a fourth time. All four must agree: one who
 * signs with a seed and a public key that do not belong together gives the seed away.
 */

const MAGIC = Buffer.from("openssh-key-v1\0", "latin1");
const NONE = "none";
const BLOCK_BYTES = 8;

/** A private key and the comment that stands with it in its file. */
export interface PrivateKeyFile {
  readonly key: PrivateKey;
  readonly comment: string;
}

/**
 * Reads an OpenSSH private key file without a passphrase. The caller wipes the bytes.
 *
 * @param path - for the messages
 * @throws {@link FileProblem} `malformed`
 */
export function readPrivateKey(bytes: Uint8Array, path: string): PrivateKeyFile {
  const body = readArmor(bytes);
  if (typeof body === "string")
    throw new FileProblem("malformed", path, body, {
      mend: "make one: rpcctl key new FILE, or ssh-keygen -t ed25519",
    });
  try {
    return readBody(body, path);
  } catch (error) {
    if (!(error instanceof SshDataError)) throw error;
    const detail = `the key file is cut off or damaged: ${error.message}`;
    throw new FileProblem("malformed", path, detail, { cause: error });
  } finally {
    // All that is read from it are views on it.
    body.fill(0);
  }
}

/** The bytes of an unencrypted private key file, as ssh-keygen writes them. The caller wipes them, and the seed. */
export function formatPrivateKey(seed: Uint8Array, publicKey: PublicKey, comment: string): Uint8Array {
  const held: Uint8Array[] = [];
  const secret = <T extends Uint8Array>(bytes: T): T => {
    held.push(bytes);
    return bytes;
  };
  try {
    const check = randomBytes(4);
    const pair = secret(joinBytes([seed, publicKey.bytes]));
    const fields = secret(
      joinBytes([
        check,
        check,
        sshString(KEY_TYPE),
        sshString(publicKey.bytes),
        secret(sshString(pair)),
        sshString(comment),
      ]),
    );
    const blocks = secret(joinBytes([fields, padding(fields.length)]));
    const head = [MAGIC, sshString(NONE), sshString(NONE), sshString(""), uint32Bytes(1)];
    const body = secret(joinBytes([...head, sshString(publicKeyBlob(publicKey)), secret(sshString(blocks))]));
    return writeArmor(body);
  } finally {
    for (const bytes of held) bytes.fill(0);
  }
}

function readBody(body: Uint8Array, path: string): PrivateKeyFile {
  const refuse = (detail: string, mend?: string): never => {
    throw new FileProblem("malformed", path, detail, { mend });
  };
  const reader = new SshReader(body);
  if (!sameBytes(reader.take(Math.min(MAGIC.length, reader.left)), MAGIC)) {
    refuse("the content does not begin with 'openssh-key-v1'");
  }
  const cipher = reader.text();
  if (cipher !== NONE)
    refuse(encrypted(cipher), `ssh-keygen -p -N '' -f COPY, on a copy of ${shellWord(path)}`);
  const kdf = reader.text();
  if (kdf !== NONE) refuse(`the kdf '${escapeShort(kdf, 40)}' does not go with the cipher 'none'`);
  if (reader.string().length > 0) refuse("the kdf 'none' has options, and it takes none");
  const keys = reader.uint32();
  if (keys !== 1) refuse(`one key was expected, but the file says that it holds ${keys}`);
  const publicBytes = readPublic(new SshReader(reader.string()), refuse);
  const blocks = reader.string();
  reader.end();
  if (blocks.length % BLOCK_BYTES !== 0) {
    refuse(`the private part has ${blocks.length} bytes, which is not a multiple of ${BLOCK_BYTES}`);
  }
  return readPrivate(new SshReader(blocks), publicBytes, refuse);
}

/** Throws a FileProblem with this detail. */
type Refuse = (detail: string, mend?: string) => never;

function readPublic(reader: SshReader, refuse: Refuse): Uint8Array {
  const type = reader.text();
  if (type !== KEY_TYPE) {
    refuse(`a key of type ${KEY_TYPE} was expected, but this one is '${escapeShort(type, 40)}'`, newKey());
  }
  const bytes = reader.string();
  reader.end();
  const flaw = publicKeyFlaw(bytes);
  if (flaw !== undefined) refuse(`the public key is not acceptable: ${flaw}`, newKey());
  return bytes;
}

function readPrivate(reader: SshReader, publicBytes: Uint8Array, refuse: Refuse): PrivateKeyFile {
  if (reader.uint32() !== reader.uint32()) refuse("the two check numbers differ: the file is damaged");
  if (reader.text() !== KEY_TYPE) refuse(`the private part is of another type than ${KEY_TYPE}`);
  const again = reader.string();
  const pair = reader.string();
  const length = SEED_BYTES + PUBLIC_KEY_BYTES;
  if (pair.length !== length) refuse(`the secret has ${pair.length} bytes, ${length} were expected`);
  if (!sameBytes(again, publicBytes) || !sameBytes(pair.subarray(SEED_BYTES), publicBytes)) {
    refuse("the public keys in the file differ from each other");
  }
  const comment = reader.text();
  const pads = reader.take(reader.left);
  if (!pads.every((pad, i) => pad === ((i + 1) & 0xff))) refuse("the padding is not 1, 2, 3, …");
  const key = new PrivateKey(pair.subarray(0, SEED_BYTES));
  if (!sameBytes(key.publicKey.bytes, publicBytes))
    refuse("the public key does not belong to the secret one");
  return { key, comment };
}

function encrypted(cipher: string): string {
  return (
    `the key is encrypted (cipher '${escapeShort(cipher, 40)}'), and passphrases are not part of this version; ` +
    "make an unencrypted copy: copy the file, then ssh-keygen -p -N '' -f COPY"
  );
}

function newKey(): string {
  return `make a new key: ssh-keygen -t ed25519 -N ''`;
}

/** 1, 2, 3, … up to the end of the block; none if it is full. */
function padding(length: number): Uint8Array {
  return Uint8Array.from({ length: (BLOCK_BYTES - (length % BLOCK_BYTES)) % BLOCK_BYTES }, (_, i) => i + 1);
}
