import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fingerprint, formatPublicKey, isFingerprint, parsePublicKeyLine } from "../../certs/public-key.ts";

describe("OpenSSH public keys", () => {
  let folder = "";
  const keygen = (...args: string[]): string =>
    execFileSync("ssh-keygen", args, { encoding: "utf8", cwd: folder });

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "rpcd-keys-"));
    keygen("-q", "-t", "ed25519", "-N", "", "-C", "a comment with spaces", "-f", "key");
    keygen("-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", "rsa");
  });
  after(() => rmSync(folder, { recursive: true }));

  test("a line of ssh-keygen is read, and written again as it was", () => {
    const line = readFileSync(join(folder, "key.pub"), "utf8").trim();
    const read = parsePublicKeyLine(line);
    assert.ok(typeof read === "object");
    assert.equal(read.comment, "a comment with spaces");
    assert.equal(formatPublicKey(read.key, read.comment), line);
  });

  test("the fingerprint is the one that ssh-keygen -l prints", () => {
    const read = parsePublicKeyLine(readFileSync(join(folder, "key.pub"), "utf8"));
    assert.ok(typeof read === "object");
    const [, printed] = keygen("-l", "-f", "key.pub").split(" ");
    assert.equal(fingerprint(read.key), printed);
    assert.equal(isFingerprint(printed ?? ""), true);
  });

  test("a key of another type, a private key and a text that is none are each named", () => {
    const refusal = (line: string): string => {
      const read = parsePublicKeyLine(line);
      assert.ok(typeof read === "string", line);
      return read;
    };
    assert.match(refusal(readFileSync(join(folder, "rsa.pub"), "utf8")), /begins with 'ssh-rsa'/);
    assert.match(refusal(readFileSync(join(folder, "key"), "utf8")), /this is a private key/);
    assert.match(refusal("ssh-ed25519 AAAA*"), /not base64/);
    assert.match(refusal("ssh-ed25519 AAAA"), /the base64 is no key/);
    assert.match(refusal(""), /begins with ''/);
    const rsaInside = readFileSync(join(folder, "rsa.pub"), "utf8").replace("ssh-rsa", "ssh-ed25519");
    assert.match(refusal(rsaInside), /a key of another type/);
  });

  test("a second key on the line is no comment", () => {
    const [line, rsa] = ["key.pub", "rsa.pub"].map((name) => readFileSync(join(folder, name), "utf8").trim());
    const [type, blob] = line?.split(" ") ?? [];
    for (const text of [
      `${line} ${line}`,
      `${type} ${blob} ${line}`,
      `${type} ${blob} ${blob}`,
      `${line} ${rsa}`,
      `${line}\n${line}`,
      `${line} ssh-ed25519 AAAAC3`,
      `${line} sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t`,
    ]) {
      const read = parsePublicKeyLine(text);
      assert.ok(typeof read === "string", text);
      assert.match(read, /^one key was expected on a line, and another one follows/, text);
    }
    for (const comment of [
      "ssh-laptop",
      "my ssh-ed25519 key",
      "AAAA",
      "AAAA batteries",
      "alice@host",
      "ssh-rsa was here",
    ])
      assert.ok(typeof parsePublicKeyLine(`${type} ${blob} ${comment}`) === "object", comment);
  });

  test("a key of small order is refused where it enters", () => {
    const blob = Buffer.concat([
      Buffer.from([0, 0, 0, 11]),
      Buffer.from("ssh-ed25519"),
      Buffer.from([0, 0, 0, 32]),
      Buffer.from([1]),
      Buffer.alloc(31),
    ]);
    assert.equal(
      parsePublicKeyLine(`ssh-ed25519 ${blob.toString("base64")}`),
      "the key is a point of small order",
    );
  });

  test("every truncation of a blob is refused in words", () => {
    const line = readFileSync(join(folder, "key.pub"), "utf8");
    const blob = Buffer.from(line.split(" ")[1] ?? "", "base64");
    for (let end = 0; end < blob.length; end++) {
      const read = parsePublicKeyLine(`ssh-ed25519 ${blob.subarray(0, end).toString("base64")}`);
      assert.equal(typeof read, "string", `${end} bytes`);
    }
  });

  test("a text that only looks like a fingerprint is none", () => {
    for (const text of [
      "SHA256:",
      "SHA256:short",
      `MD5:${"a".repeat(43)}`,
      `SHA256:${"a".repeat(44)}`,
      `SHA256:${"=".repeat(43)}`,
    ]) {
      assert.equal(isFingerprint(text), false, text);
    }
  });
});
