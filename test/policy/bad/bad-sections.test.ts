import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errorsOf, refuses } from "../findings.ts";

describe("the version is refused for being", () => {
  const says = "version 1 of the policy language was expected, but";
  refuses([
    ["zero", "policy: ▸0\n", "P204", `${says} the number 0 … write 'policy: 1'`, "policy: 1\n"],
    ["negative", "policy: ▸-1\n", "P204", `${says} the number -1`, "policy: 1\n"],
    ["a fraction", "policy: ▸1.5\n", "P204", `${says} the number 1.5`, "policy: 1.0\n"],
    ["a word", "policy: ▸one\n", "P204", `${says} the text 'one'`],
    ["a boolean", "policy: ▸true\n", "P204", `${says} true`],
    ["null", "policy: ▸~\n", "P204", `${says} null`],
    ["a list", "policy: ▸[1]\n", "P204", `${says} a list`],
    ["a map", "policy: ▸{version: 1}\n", "P204", `${says} a map`],
    ["there twice", "policy: 1\n▸policy: 1\n", "P102", "'policy' stands here a second time … keep one"],
    ["in capitals", "▸▸Policy: 1\n", "P201 P202", "no field 'Policy' … did you mean 'policy'? … missing"],
  ]);
});

describe("a section is refused for", () => {
  const named = [
    ["roles", "a map of roles"],
    ["identities", "a map of identities"],
    ["authorities", "a map of authorities"],
    ["grants", "a map of grants"],
    ["shadow", "a map of grants"],
    ["never", "a map of assertions"],
  ] as const;
  for (const [section, expected] of named) {
    const says = `${expected} by their names was expected, but`;
    refuses(
      [
        [`being a list: ${section}`, `${section}: ▸[]`, "P203", `${says} a list`, `${section}: {}`],
        [`being a text: ${section}`, `${section}: ▸x`, "P203", `${says} the text 'x'`, `${section}:`],
        [`being a number: ${section}`, `${section}: ▸7`, "P203", `${says} the number 7`],
        [`being true: ${section}`, `${section}: ▸true`, "P203", `${says} true`],
        [`being null: ${section}`, `${section}: ▸~`, "P203", `${says} null`],
        [
          `standing there twice: ${section}`,
          `${section}: {}\n▸${section}: {}`,
          "P102",
          `the key '${section}' stands here a second time`,
        ],
      ],
      (part) => `policy: 1\n${part}\n`,
    );
  }

  refuses(
    [
      [
        "revocations that are a map",
        "revoked: ▸{}",
        "P203",
        "a list of keys or serials … a map",
        "revoked: []",
      ],
      [
        "a revocation outside a list",
        "revoked: ▸x",
        "P207",
        "an OpenSSH public key was expected … SHA256:…",
        "revoked:",
      ],
      [
        "revocations that are a number",
        "revoked: ▸7",
        "P203",
        "a key or serial was expected, but the number 7",
      ],
      ["revocations that are null", "revoked: ▸~", "P203", "a key or serial was expected, but null"],
      [
        "revocations in two places",
        "revoked: []\n▸revoked: []",
        "P102",
        "'revoked' stands here a second time",
      ],
      [
        "tests that are a text",
        "tests: ▸x",
        "P203",
        "a list of tests … the text 'x' … '- as: NAME'",
        "tests: []",
      ],
      ["tests that are null", "tests: ▸~", "P203", "a list of tests … null", "tests:"],
      ["tests in two places", "tests: []\n▸tests: []", "P102", "'tests' stands here a second time"],
    ],
    (part) => `policy: 1\n${part}\n`,
  );

  const meant = [
    ["role", "roles"],
    ["identites", "identities"],
    ["authoritys", "authorities"],
    ["revoke", "revoked"],
    ["shadows", "shadow"],
    ["Never", "never"],
    ["test", "tests"],
  ] as const;
  refuses(
    meant.map(([wrong, right]) => [
      `a slip in its name: ${wrong}`,
      `▸${wrong}: {}`,
      "P201",
      `a policy has no field '${wrong}' … did you mean '${right}'?`,
    ]),
    (part) => `policy: 1\n${part}\n`,
  );

  refuses(
    [
      [
        "a name that is near none",
        "▸accounts: {}",
        "P201",
        "no field 'accounts' … known here: policy, roles",
      ],
      ["a name of no characters", "▸'': {}", "P201", "no field ''"],
      ["a name of JavaScript's", "▸__proto__: {}", "P201", "no field '__proto__'"],
    ],
    (part) => `policy: 1\n${part}\n`,
  );

  test("nothing where it is empty, whatever stands beside it", () => {
    const all = ["roles", "identities", "authorities", "revoked", "grants", "shadow", "never", "tests"];
    const empty = all.map((section) => `${section}:\n`);
    assert.deepEqual(errorsOf(`policy: 1\n${empty.join("")}`), []);
    assert.deepEqual(errorsOf(`${empty.toReversed().join("")}policy: 1\n`), []);
  });
});
