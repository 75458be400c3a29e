import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { joinBytes, sameBytes, uint32Bytes } from "../../base/bytes.ts";
import { readArmor, writeArmor } from "../../certs/armor.ts";
import { makeKeyPair, PrivateKey } from "../../certs/ed25519.ts";
import { formatPrivateKey, readPrivateKey } from "../../certs/private-key-format.ts";
import { fingerprint, formatPublicKey, KEY_TYPE, publicKeyBlob } from "../../certs/public-key.ts";
import { sshString } from "../../certs/ssh-data.ts";
import { signedBlock } from "../../certs/sshsig.ts";
import { FileProblem } from "../../files/file-problem.ts";
import { inFolder } from "../support/temp-folder.ts";
import { keygen, problem } from "./support.ts";

const SEED = createHash("sha256").update("a seed").digest();
const KEY = new PrivateKey(SEED);
const OTHER = new PrivateKey(createHash("sha256").update("another seed").digest());
const PUBLIC = KEY.publicKey.bytes;
const GOOD = formatPrivateKey(SEED, KEY.publicKey, "a comment");

const bodyOf = (file: Uint8Array): Uint8Array => {
  const body = readArmor(file);
  assert.ok(body instanceof Uint8Array);
  return body;
};

const readBody = (body: Uint8Array): ReturnType<typeof readPrivateKey> =>
  readPrivateKey(writeArmor(body), "key");

/** Runs the real ssh-keygen to make a key, and gives its file. */
const made = (...options: string[]): Promise<Buffer> =>
  inFolder((folder) => {
    const path = join(folder, "key");
    keygen(["-q", "-f", path, ...options]);
    return readFileSync(path);
  });

/** Whether the file is read, and then it must be the same key; whatever is not a refusal is thrown on. */
function givesTheKey(read: () => ReturnType<typeof readPrivateKey>): boolean {
  try {
    assert.ok(sameBytes(read().key.publicKey.bytes, PUBLIC));
    return true;
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    assert.equal(error.kind, "malformed");
    return false;
  }
}

interface Fields {
  magic: string;
  cipher: string;
  kdf: string;
  kdfOptions: string;
  keys: number;
  type: string;
  outerPublic: Uint8Array;
  checks: [number, number];
  innerType: string;
  innerPublic: Uint8Array;
  secret: Uint8Array;
  padding: number[];
  behind: string;
}

/** The body of a key file, field by field. The comment has 4 characters, so that 4 bytes of padding follow. */
function build(changed: Partial<Fields>): Uint8Array {
  const it: Fields = {
    magic: "openssh-key-v1\0",
    cipher: "none",
    kdf: "none",
    kdfOptions: "",
    keys: 1,
    type: KEY_TYPE,
    outerPublic: PUBLIC,
    checks: [7, 7],
    innerType: KEY_TYPE,
    innerPublic: PUBLIC,
    secret: joinBytes([SEED, PUBLIC]),
    padding: [1],
    behind: "",
    ...changed,
  };
  const section = joinBytes([
    uint32Bytes(it.checks[0]),
    uint32Bytes(it.checks[1]),
    sshString(it.innerType),
    sshString(it.innerPublic),
    sshString(it.secret),
    sshString("four"),
    Uint8Array.from(it.padding),
  ]);
  return joinBytes([
    Buffer.from(it.magic, "latin1"),
    sshString(it.cipher),
    sshString(it.kdf),
    sshString(it.kdfOptions),
    uint32Bytes(it.keys),
    sshString(joinBytes([sshString(it.type), sshString(it.outerPublic)])),
    sshString(section),
    Buffer.from(it.behind),
  ]);
}

describe("readPrivateKey", () => {
  test("reads what ssh-keygen writes: the same key, fingerprint and comment", () =>
    inFolder((folder) => {
      // Comments of eight lengths, so that each length of padding occurs.
      for (const comment of ["", "1", "22", "333", "4444", "55555", "666666", "a comment", "Grüße 🙂"]) {
        const path = join(folder, `key-${comment.length}`);
        keygen(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path]);
        const found = readPrivateKey(readFileSync(path), path);
        assert.equal(found.comment, comment);
        const line = readFileSync(`${path}.pub`, "utf8").trim();
        assert.equal(formatPublicKey(found.key.publicKey, comment), line);
        assert.equal(keygen(["-l", "-f", path]).split(" ")[1], fingerprint(found.key.publicKey));
      }
    }));

  test("reads a file with CRLF line ends", () => {
    const text = Buffer.from(GOOD).toString("latin1").replaceAll("\n", "\r\n");
    assert.deepEqual(readPrivateKey(Buffer.from(text, "latin1"), "key").key.publicKey.bytes, PUBLIC);
  });

  test("leaves the bytes that it was given to its caller", () => {
    const bytes = Uint8Array.from(GOOD);
    readPrivateKey(bytes, "key");
    assert.deepEqual(bytes, GOOD);
  });

  test("refuses an encrypted key and says how to make an unencrypted copy", async () => {
    const file = await made("-t", "ed25519", "-N", "secret", "-a", "1");
    const wanted = problem("malformed", /encrypted \(cipher 'aes256-ctr'\).*ssh-keygen -p -N '' -f COPY$/);
    assert.throws(() => readPrivateKey(file, "key"), wanted);
  });

  test("refuses keys of other types and names them", async () => {
    const rsa = await made("-t", "rsa", "-b", "2048", "-N", "");
    assert.throws(() => readPrivateKey(rsa, "key"), problem("malformed", /but this one is 'ssh-rsa'$/));
    const ecdsa = await made("-t", "ecdsa", "-N", "");
    const wanted = problem("malformed", /but this one is 'ecdsa-sha2-nistp256'$/);
    assert.throws(() => readPrivateKey(ecdsa, "key"), wanted);
    const pem = await made("-t", "rsa", "-b", "2048", "-N", "", "-m", "PEM");
    assert.throws(() => readPrivateKey(pem, "key"), problem("malformed", /BEGIN RSA PRIVATE KEY-----'$/));
  });

  test("says that a .pub file is the public key", () => {
    const line = Buffer.from(`${formatPublicKey(KEY.publicKey, "a comment")}\n`);
    assert.throws(
      () => readPrivateKey(line, "key.pub"),
      problem("malformed", /^key\.pub: this is a public key/),
    );
  });

  test("reads the fields that the layout draws", () => {
    const { key, comment } = readBody(build({}));
    assert.deepEqual(key.publicKey.bytes, PUBLIC);
    assert.equal(comment, "four");
  });

  const smallOrder = new Uint8Array(32);
  const cases: [string, Partial<Fields>, RegExp][] = [
    ["another magic word", { magic: "openssh-key-v2\0" }, /does not begin with 'openssh-key-v1'/],
    ["a cipher with control characters", { cipher: "\u001b[2J" }, /cipher '\\u\{1b\}\[2J'/],
    ["a kdf without a cipher", { kdf: "bcrypt" }, /the kdf 'bcrypt' does not go with/],
    ["options of no kdf", { kdfOptions: "x" }, /the kdf 'none' has options/],
    ["no key", { keys: 0 }, /holds 0$/],
    ["two keys", { keys: 2 }, /holds 2$/],
    [
      "a key with a security device",
      { type: "sk-ssh-ed25519@openssh.com" },
      /is 'sk-ssh-ed25519@openssh.com'/,
    ],
    ["a short public key", { outerPublic: PUBLIC.subarray(1) }, /a key has 32 bytes, not 31/],
    ["a public key of small order", { outerPublic: smallOrder }, /small order/],
    ["another public key outside", { outerPublic: OTHER.publicKey.bytes }, /differ from each other/],
    ["another public key inside", { innerPublic: OTHER.publicKey.bytes }, /differ from each other/],
    [
      "another public key behind the seed",
      { secret: joinBytes([SEED, OTHER.publicKey.bytes]) },
      /differ from each other/,
    ],
    [
      "the seed of another key",
      {
        outerPublic: OTHER.publicKey.bytes,
        innerPublic: OTHER.publicKey.bytes,
        secret: joinBytes([SEED, OTHER.publicKey.bytes]),
      },
      /does not belong to the secret one/,
    ],
    ["a secret that is too short", { secret: SEED, padding: [1] }, /the secret has 32 bytes/],
    ["check numbers that differ", { checks: [7, 8] }, /the two check numbers differ/],
    ["another type inside", { innerType: "ssh-ed25518" }, /of another type/],
    ["wrong padding", { padding: [2] }, /the padding is not/],
    ["no whole block", { padding: [1, 2] }, /not a multiple of 8/],
    ["bytes behind the end", { behind: "x" }, /1 bytes too many/],
  ];
  for (const [what, changed, message] of cases) {
    test(`refuses ${what}`, () => {
      assert.throws(() => readBody(build(changed)), problem("malformed", message));
    });
  }

  test("refuses every truncation", () => {
    const body = bodyOf(GOOD);
    for (let length = 0; length < body.length; length++) {
      assert.throws(
        () => readBody(body.subarray(0, length)),
        { name: "FileProblem", kind: "malformed" },
        `${length}`,
      );
    }
    for (let length = 0; length < GOOD.length - 1; length++) {
      assert.throws(
        () => readPrivateKey(GOOD.subarray(0, length), "key"),
        { name: "FileProblem" },
        `${length}`,
      );
    }
  });

  test("reads the same key or refuses, whichever bit of the file is wrong", () => {
    const body = bodyOf(GOOD);
    let taken = 0;
    for (let at = 0; at < body.length; at++) {
      for (const flip of [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff]) {
        const wrong = Uint8Array.from(body, (byte, i) => (i === at ? byte ^ flip : byte));
        if (givesTheKey(() => readBody(wrong))) taken++;
      }
    }
    // The nine characters of the comment may be others, and its length 13 in place of 9: then the four bytes
    // of padding belong to it. ssh-keygen cannot tell either.
    assert.equal(taken, 9 * "a comment".length + 1);
    for (let at = 0; at < GOOD.length; at++) {
      const wrong = Uint8Array.from(GOOD, (byte, i) => (i === at ? byte ^ 0x01 : byte));
      givesTheKey(() => readPrivateKey(wrong, "key"));
    }
  });
});

describe("formatPrivateKey", () => {
  test("writes the bytes that ssh-keygen writes, but for the random check number", () =>
    inFolder((folder) => {
      const path = join(folder, "key");
      writeFileSync(path, GOOD, { mode: 0o600 });
      // With the same passphrase as before, none, ssh-keygen writes the file anew.
      keygen(["-q", "-p", "-P", "", "-N", "", "-f", path]);
      const theirs = readFileSync(path);
      const ours = bodyOf(GOOD);
      const checks = bodyOf(theirs).subarray(98, 106);
      assert.deepEqual(checks.subarray(0, 4), checks.subarray(4));
      const same = Uint8Array.from(ours);
      same.set(checks, 98);
      assert.equal(Buffer.from(writeArmor(same)).toString(), theirs.toString());
    }));

  test("makes files that ssh-keygen reads, for each length of padding", () =>
    inFolder(async (folder) => {
      for (let length = 0; length < 9; length++) {
        const { seed, publicKey } = await makeKeyPair();
        const comment = "c".repeat(length);
        const path = join(folder, `key-${length}`);
        writeFileSync(path, formatPrivateKey(seed, publicKey, comment), { mode: 0o600 });
        assert.equal(keygen(["-y", "-f", path]).trim(), formatPublicKey(publicKey, comment));
        assert.equal(keygen(["-l", "-f", path]).split(" ")[1], fingerprint(publicKey));
      }
    }));

  test("uses a new check number each time", () => {
    assert.notDeepEqual(formatPrivateKey(SEED, KEY.publicKey, "a comment"), GOOD);
  });

  test("keeps the seed of its caller", () => {
    const seed = Uint8Array.from(SEED);
    formatPrivateKey(seed, KEY.publicKey, "");
    assert.deepEqual(seed, Uint8Array.from(SEED));
  });
});

describe("a key from a file", () => {
  test("signs what ssh-keygen -Y verify accepts", () =>
    inFolder((folder) => {
      const purpose = "login.v1@rpcd";
      const message = Buffer.from("a message");
      const signature = readPrivateKey(GOOD, "key").key.sign(signedBlock(purpose, message));
      // OpenSSH PROTOCOL.sshsig, "Blob format".
      const blob = joinBytes([
        Buffer.from("SSHSIG"),
        uint32Bytes(1),
        sshString(publicKeyBlob(KEY.publicKey)),
        sshString(purpose),
        sshString(""),
        sshString("sha512"),
        sshString(joinBytes([sshString(KEY_TYPE), sshString(signature)])),
      ]);
      const armored = `-----BEGIN SSH SIGNATURE-----\n${Buffer.from(blob).toString("base64")}\n-----END SSH SIGNATURE-----\n`;
      writeFileSync(join(folder, "signature"), armored);
      writeFileSync(join(folder, "signers"), `someone ${formatPublicKey(KEY.publicKey)}\n`);
      const args = ["-Y", "verify", "-I", "someone", "-n", purpose];
      args.push("-f", join(folder, "signers"), "-s", join(folder, "signature"));
      assert.match(keygen(args, message), /^Good "login.v1@rpcd" signature/);
      assert.throws(() => keygen(args, "another message"));
    }));
});
