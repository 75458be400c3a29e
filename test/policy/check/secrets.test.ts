import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkSecrets } from "../../../policy/check/secrets.ts";

describe("checkSecrets", () => {
  for (const [what, secret] of [
    ["a private key of OpenSSH", "-----BEGIN OPENSSH PRIVATE KEY-----"],
    ["a private key of PKCS #8", "-----BEGIN PRIVATE KEY-----"],
    ["a private key of PKCS #8 with a passphrase", "-----BEGIN ENCRYPTED PRIVATE KEY-----"],
    ["a token of GitHub", `ghp_${"a".repeat(36)}`],
    ["a token of GitLab", `glpat-${"a".repeat(20)}`],
    ["a token of Slack", "xoxb-1234567890"],
    ["a signed token", `eyJ${"a".repeat(10)}.eyJ${"b".repeat(10)}.${"c".repeat(10)}`],
    ["a private key of age", `AGE-SECRET-KEY-1${"A".repeat(58)}`],
  ] as const)
    test(`finds ${what}, wherever it stands, and does not say it again`, () => {
      const [problem, ...more] = checkSecrets(`policy: 1\n# x ${secret}\n`);
      assert.equal(more.length, 0);
      assert.deepEqual([problem?.code, problem?.at.line, problem?.at.column], ["P414", 2, 5]);
      assert.equal(JSON.stringify(problem).includes(secret.slice(4)), false);
    });

  test("finds nothing in words about keys, in public keys and in fingerprints", () => {
    for (const text of [
      "-----BEGIN PUBLIC KEY-----",
      "the PRIVATE KEY is elsewhere",
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4Uexdh9LkSfjC3ryOs48hHAvXTRA2+yO9tXmIRrPl5",
      "SHA256:3tfiegtS+UOkqCFaETc/XNJswxwSwJJvHPGqBYseJ1M",
      "ghp_short",
    ])
      assert.deepEqual(checkSecrets(text), [], text);
  });

  test("is through with a large file of beginnings, and says the first of many", () => {
    for (const text of [
      "eyJ-",
      "glpat-",
      "xoxb-",
      "-----BEGIN ",
      "AGE-SECRET-KEY-1",
      "ghp_",
      "eyJaaaaaaaaaa.",
    ])
      assert.ok(checkSecrets(text.repeat(Math.floor((8 * 1024 * 1024) / text.length))).length <= 20, text);
    for (const text of ["glpat-", "xoxb-", "ghp_", "eyJ"])
      checkSecrets(`${text}${"a".repeat(8 * 1024 * 1024)}`);
  });
});
