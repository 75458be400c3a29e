import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { describe, test } from "node:test";
import { LOGIN_DATA } from "../../wire/limits.ts";
import { type LoginMessage, readLoginMessage } from "../../wire/login-message.ts";
import { bytesOf } from "../wire/cbor-samples.ts";
import { referenceDecode } from "../wire/reference-cbor.ts";
import { diagnostic } from "./diagnostic.ts";
import { readFrame } from "./read-frame.ts";
import { isGoodForSshKeygen } from "./ssh-keygen.ts";
import { type Key, type Signature, storedLogin } from "./stored-vectors.ts";

const LOGINS = ["login-unix.json", "login-tls.json", "login-tls-host-keys.json"];

/*
 * The definition of docs/protocol.md, section 4, once more and straight from there: nothing of session/ and no
 * encoder of wire/ has a part in it.
 */
const sha512 = (...parts: (string | Uint8Array)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha512")).digest();

const length = (bytes: Uint8Array): Buffer => {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(bytes.length);
  return four;
};

const added = (transcript: Buffer, hex: string): Buffer =>
  sha512(transcript, length(bytesOf(hex)), bytesOf(hex));

const string = (found: string | Uint8Array): Buffer =>
  Buffer.concat([length(Buffer.from(found)), Buffer.from(found)]);

const block = (namespace: string, transcript: Buffer): Buffer =>
  Buffer.concat([Buffer.from("SSHSIG"), ...[namespace, "", "sha512", sha512(transcript)].map(string)]);

const byteString = (hex: string): string => {
  const bytes = hex.length / 2;
  const head = bytes < 24 ? [0x40 + bytes] : bytes < 256 ? [0x58, bytes] : [0x59, bytes >> 8, bytes & 255];
  return Buffer.from(head).toString("hex") + hex;
};

const frameOf = (body: string): string => length(bytesOf(body)).toString("hex") + body;

/** RFC 8410. */
const privateKey = (seed: string): KeyObject =>
  createPrivateKey({
    key: Buffer.from(`302e020100300506032b657004220420${seed}`, "hex"),
    format: "der",
    type: "pkcs8",
  });

/** Holds a signature against the definition, against OpenSSL and against OpenSSH. */
async function checkSignature({ seed, key }: Key, found: Signature, transcript: Buffer): Promise<void> {
  const signed = block(found.namespace, transcript);
  assert.equal(found.block, signed.toString("hex"));
  const secret = privateKey(seed);
  const open = createPublicKey(secret);
  assert.equal(open.export({ format: "der", type: "spki" }).subarray(-32).toString("hex"), key);
  assert.equal(sign(null, signed, secret).toString("hex"), found.signature);
  assert.equal(verify(null, signed, open, bytesOf(found.signature)), true);
  const { namespace } = found;
  const signature = bytesOf(found.signature);
  const whole = { message: transcript, namespace, key: bytesOf(key), signature };
  assert.equal(await isGoodForSshKeygen(whole), true);
  assert.equal(await isGoodForSshKeygen({ ...whole, message: sha512(transcript) }), false);
}

describe("a login vector", () => {
  test("has the transcript, the blocks and the signatures that the page defines", async () => {
    for (const name of LOGINS) {
      const { word, binding, host, client, T0, steps, host_keys: hostKeyFingerprints } = storedLogin(name);
      let transcript = sha512("rpcd/1", word, bytesOf(binding));
      assert.equal(T0, transcript.toString("hex"));
      assert.deepEqual(
        steps.map(({ message, from }) => `${message} ${from}`),
        ["hello client", "host daemon", "login client"],
      );
      for (const step of steps) {
        transcript = added(transcript, step.body);
        assert.equal(step.T_body, transcript.toString("hex"));
        if (step.message === "hello") continue;
        const { namespace = "", block: signed = "", signature = "" } = step;
        assert.equal(namespace, step.message === "host" ? "host.v1@rpcd" : "login.v1@rpcd");
        const signer = step.message === "host" ? host : client;
        await checkSignature(signer, { namespace, block: signed, signature }, transcript);
        transcript = added(transcript, signature);
        assert.equal(step.T_signature, transcript.toString("hex"));
      }
      for (const one of hostKeyFingerprints) {
        assert.equal(one.namespace, "hostkey.v1@rpcd");
        await checkSignature(one, one, transcript);
      }
    }
  });

  test("binds a Unix socket by its device and its inode", () => {
    const { device = 0, inode = 0, binding, word } = storedLogin("login-unix.json");
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64BE(BigInt(device), 0);
    bytes.writeBigUInt64BE(BigInt(inode), 8);
    assert.deepEqual([word, binding], ["unix", bytes.toString("hex")]);
  });

  test("has frames that are the header, the kind, the body and the signature", () => {
    for (const name of LOGINS) {
      const { steps, welcome, refused } = storedLogin(name);
      const [hello, host, proof] = steps;
      for (const [kind, step] of [[1, hello] as const, [4, welcome] as const])
        assert.equal(step?.frame, frameOf(`820${kind}${byteString(step?.body ?? "")}`));
      for (const [kind, step] of [[2, host] as const, [3, proof] as const]) {
        const { body = "", signature = "" } = step ?? {};
        assert.equal(step?.frame, frameOf(`830${kind}${byteString(body)}${byteString(signature)}`));
      }
      assert.equal(refused.frame, "000000028105");
      const text = (word: string): string =>
        (0x60 + word.length).toString(16) + Buffer.from(word).toString("hex");
      assert.equal(refused.resource_exhausted, frameOf(`8205${text("resource_exhausted")}`));
      assert.equal(refused.unavailable, frameOf(`8205${text("unavailable")}`));
    }
  });

  test("has bodies that both decoders read, with the host keys that signed", () => {
    for (const name of LOGINS) {
      const { steps, welcome, refused, host, client, host_keys: hostKeyFingerprints } = storedLogin(name);
      for (const step of [...steps, welcome]) {
        const verdict = referenceDecode(bytesOf(step.body), LOGIN_DATA);
        assert.equal("value" in verdict && diagnostic(verdict.value), step.diagnostic);
        const read = readFrame({ when: "before", body: bytesOf(step.frame.slice(8)) });
        assert.ok(read.message !== undefined, read.refused);
      }
      const readRefusal = (frame: string): LoginMessage => readLoginMessage(bytesOf(frame.slice(8)));
      assert.deepEqual(readRefusal(refused.frame), { kind: "refused" });
      for (const why of ["resource_exhausted", "unavailable"] as const)
        assert.deepEqual(readRefusal(refused[why]), { kind: "refused", why });
      assert.ok(steps[1]?.diagnostic.includes(`"key": h'${host.key}'`));
      assert.equal(steps[2]?.diagnostic, `{"key": h'${client.key}'}`);
      for (const { key, signature } of hostKeyFingerprints)
        assert.ok(welcome.diagnostic.includes(`[h'${key}', h'${signature}']`));
      assert.equal(hostKeyFingerprints.length, name === "login-tls-host-keys.json" ? 2 : 0);
      assert.equal(welcome.diagnostic.includes("host_keys"), hostKeyFingerprints.length > 0);
    }
  });
});
