import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertFound, assertNotFound, codesIn } from "../found.ts";
import { keyLine } from "../support.ts";

/** root is an admin; nobody is an intern, a lead (who is an intern too) or a guest, unless the lines say so. */
const file = (to: string, { never = "unless: admin", people = "", args = "any" } = {}): string => `policy: 1
roles: {admin: , intern: , lead: {includes: [intern]}, guest: }
identities:
  root: {keys: [${keyLine(1)}], roles: [admin]}
${people}grants:
  g: {to: ${to}, call: disk.wipe, args: ${args}}
never:
  n: {call: disk.wipe, ${never}}
`;

describe("P515: a grant that will break an assertion", () => {
  const says =
    /nobody holds the role 'intern' yet; its first holder breaks 'n', since 'g' lets them call disk\.wipe/;

  test("is told of where it is written, while nobody has its role", () => {
    const { at, severity } = assertFound(file("intern"), "P515", says);
    assert.deepEqual([at.line, at.column, severity], [6, 11, "warning"]);
    assertFound(file("[admin, intern]"), "P515", says);
    assertFound(file("lead"), "P515", /the role 'lead'/);
  });

  test("is an error as soon as somebody has it, and nothing where the assertion leaves them out", () => {
    const people = `  eve: {keys: [${keyLine(2)}], roles: [intern]}\n`;
    assert.deepEqual(codesIn(file("intern", { people }), /^P(?:515|602)$/), ["P602"]);
    const held = `  eve: {keys: [${keyLine(2)}], roles: [lead]}\n`;
    assert.deepEqual(codesIn(file("intern", { people: held }), /^P(?:515|602)$/), ["P602"]);
    assertNotFound(file("intern", { never: "unless: [admin, intern]" }), /^P515$/);
    assertNotFound(file("lead", { never: "unless: intern" }), /^P515$/);
    assertNotFound(file("admin"), /^P515$/);
  });

  test("is told of where an authority may give the role: then somebody may come with it at any time", () => {
    const authorities = `authorities:\n  ca: {keys: [${keyLine(3)}], names: [web-*], roles: [intern]}\ngrants:`;
    assert.deepEqual(codesIn(file("intern").replace("grants:", authorities), /^P(?:515|602)$/), ["P602"]);
  });

  test("is told of where nobody can log in at all, and everybody could call it", () => {
    const alone = "policy: 1\ngrants: {g: {to: everyone, call: m, args: any}}\nnever: {n: {call: m}}\n";
    assertFound(alone, "P515", /nobody can log in yet; the first identity breaks 'n'/);
  });

  test("is not told of where the arguments do not meet", () => {
    const never = "args: {disk: {enum: [root]}}";
    assertFound(file("intern", { never, args: "{disk: string}" }), "P515", says);
    assertNotFound(file("intern", { never, args: "{disk: {enum: [scratch]}}" }), /^P515$/);
  });
});

describe("P316: a grant for a role that nobody holds", () => {
  test("is told of, each role at its place, also in shadow grants", () => {
    assertFound(
      file("intern"),
      "P316",
      /nobody holds the role 'intern', so 'g' allows nobody anything by it/,
    );
    assert.equal(codesIn(file("[intern, guest]"), /^P316$/).length, 2);
    assertFound(file("intern").replace("grants:", "shadow:"), "P316", /'intern'/);
  });

  test("is not told of in a file for people who are still to come", () => {
    assertNotFound("policy: 1\nroles: {caller: }\ngrants:\n  g: {to: caller, call: a, args: any}\n", /./);
  });

  test("is not told of where the role is held, through another role or by certificates", () => {
    assertNotFound(file("admin"), /^P316$/);
    assertNotFound(file("everyone"), /^P316$/);
    const people = `  eve: {keys: [${keyLine(2)}], roles: [lead]}\n`;
    assertNotFound(file("[lead, intern]", { people }), /^P316$/);
    const authorities = `authorities:\n  ca: {keys: [${keyLine(3)}], names: [web-*], roles: [guest]}\ngrants:`;
    assertNotFound(file("guest").replace("grants:", authorities), /^P316$/);
  });
});
