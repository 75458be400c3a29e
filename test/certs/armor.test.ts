import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readArmor, writeArmor } from "../../certs/armor.ts";

const BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END = "-----END OPENSSH PRIVATE KEY-----";

const read = (text: string): string => {
  const body = readArmor(Buffer.from(text, "latin1"));
  return typeof body === "string" ? `refused: ${body}` : Buffer.from(body).toString("latin1");
};

const around = (base64: string): string => read(`${BEGIN}\n${base64}\n${END}\n`);

describe("armor", () => {
  test("writes the base64 that Node writes, in lines of 70, and reads it back, for every length", () => {
    for (let length = 1; length < 300; length++) {
      const body = Buffer.from(Array.from({ length }, (_, i) => (i * 151 + length) & 0xff));
      const text = Buffer.from(writeArmor(body)).toString("latin1");
      const lines = body.toString("base64").match(/.{1,70}/g) ?? [];
      assert.equal(text, [BEGIN, ...lines, END, ""].join("\n"));
      assert.equal(read(text), body.toString("latin1"));
    }
  });

  test("takes CRLF, blank lines around, lines of any length and a missing last line end", () => {
    assert.equal(read(`\r\n\n${BEGIN}\r\nYWJj\r\nZ\r\nA==\r\n${END}\r\n\r\n`), "abcd");
    assert.equal(read(`${BEGIN}\nYWJj\n${END}`), "abc");
  });

  test("refuses what is not base64 in its one right form", () => {
    for (const text of [
      "YW*j",
      "YWJj Zm9v",
      "YWJj\tZm9v",
      "YQ",
      "YQ=",
      "Y",
      "Y===",
      "YQ==YQ==",
      "YR==",
      "YWK=",
      "=",
      "YWJj====",
    ]) {
      assert.match(around(text), /^refused: .*is not base64$/, text);
    }
  });

  test("refuses what stands before, behind and on the lines of the armor", () => {
    assert.match(read(`x\n${BEGIN}\nYWJj\n${END}\n`), /^refused: a file that begins with/);
    assert.match(read(`${BEGIN} x\nYWJj\n${END}\n`), /^refused: the BEGIN line goes on/);
    assert.match(read(`${BEGIN}\nYWJj\n${END}\nx`), /^refused: something follows/);
    assert.match(read(`${BEGIN}\nYWJj${END}\n`), /^refused: the END line does not begin/);
    assert.match(read(`${BEGIN}\nYWJj\n`), /^refused: the line .* is missing/);
  });

  test("names what else a file is, and quotes nothing that may be a secret", () => {
    assert.match(
      read("-----BEGIN RSA PRIVATE KEY-----\nMII"),
      /begins with '-----BEGIN RSA PRIVATE KEY-----'$/,
    );
    assert.match(read("ssh-ed25519 AAAA comment\n"), /this is a public key; give the private one/);
    assert.match(read("ecdsa-sha2-nistp256 AAAA comment\n"), /this is a public key/);
    assert.doesNotMatch(read("c2VjcmV0\n"), /c2Vj/);
    assert.doesNotMatch(read("-----BEGIN c2VjcmV0-----\n"), /c2Vj/);
  });
});
