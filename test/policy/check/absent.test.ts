import { describe, test } from "node:test";
import { assertFound, assertNotFound, granting } from "../found.ts";
import { catalogueOf, method, param } from "../support.ts";

const TEXT = { shape: { type: "string" } } as const;
const OPTIONAL = catalogueOf(method("git.push", [param("branch", { ...TEXT, optional: true })]));
const DEFAULTED = catalogueOf(
  method("git.push", [param("branch", { ...TEXT, optional: true, default: "agent/main" })]),
);
const REQUIRED = catalogueOf(method("git.push", [param("branch", TEXT)]));

const push = (branch: string, never = ""): string =>
  granting(
    `call: git.push, args: {${branch}}`,
    never === "" ? "" : `never:\n  n: {call: git.push, args: {${never}}}\n`,
  );

describe("P416: an argument that may be absent", () => {
  const says =
    /'branch' may be absent, and 'g' does not bound what git\.push takes in its place: require it: write 'branch' without/;
  for (const [what, branch] of [
    ["an expression", "branch?: {re: 'agent/[a-z]+'}"],
    ["a glob", "branch?: {glob: 'agent/*'}"],
    ["a path", "branch?: {path: /srv/agent/*}"],
  ] as const) {
    test(`is told of where ${what} confines it, and not where it is required`, () => {
      assertFound(push(branch), "P416", says);
      assertFound(push(branch), "P416", says, OPTIONAL);
      assertNotFound(push(branch.replace("?", "")), /^P416$/);
    });
  }

  test("is told of where the methods are known and it has no default, whatever else there is", () => {
    const several = granting("call: [git.push, git.fetch], args: {branch?: {glob: 'agent/*'}}");
    assertNotFound(several, /^P416$/);
    assertFound(several, "P416", says, OPTIONAL);
    assertNotFound(several, /^P416$/, REQUIRED);
    assertNotFound(push("branch?: {glob: 'agent/*'}"), /^P416$/, DEFAULTED);
    assertFound(push("branch?: {enum: [agent]}"), "P416", says, OPTIONAL);
  });

  for (const [what, branch] of [
    ["says how it looks", "branch?: {re: '[a-z]+'}"],
    ["is a number", "branch?: {int: 0..5}"],
    ["is one of some values", "branch?: {enum: [a, b]}"],
    ["may begin otherwise", "branch?: {re: 'agent/.*|main'}"],
    ["begins with what may be left out", "branch?: {re: 'aa?[a-z]+'}"],
  ] as const)
    test(`is not told of where its constraint ${what}`, () => assertNotFound(push(branch), /^P416$/));
});

describe("P514: an assertion about an argument that may be absent", () => {
  const says =
    /'n' does not see calls of git\.push without 'branch', which the grant 'g' allows: require the argument/;

  test("is told of where the grant lets it be absent", () => {
    assertFound(push("branch?: {enum: [agent]}", "branch: {enum: [main]}"), "P514", says);
    assertFound(push("branch?: {enum: [agent]}", "branch: {enum: [main]}"), "P514", says, OPTIONAL);
    assertFound(push("'*': {enum: [agent]}", "branch: {enum: [main]}"), "P514", says);
    assertFound(push("force: bool", "branch: {enum: [main]}"), "P514", says);
  });

  test("is not told of where it is required, in the grant or by the method, or has a default", () => {
    const required = push("branch: {enum: [agent]}", "branch: {enum: [main]}");
    for (const methods of [undefined, OPTIONAL, REQUIRED]) assertNotFound(required, /^P514$/, methods);
    const optional = push("branch?: {enum: [agent, agent/main]}", "branch: {enum: [main]}");
    for (const methods of [REQUIRED, DEFAULTED]) assertNotFound(optional, /^P514$/, methods);
  });

  test("breaks the assertion where that counts absent ones, or the default is what must never be", () => {
    assertFound(
      push("branch?: {enum: [agent]}", "branch?: {enum: [main]}"),
      "P602",
      /lets id:alice call git\.push/,
    );
    const text = push("branch?: {enum: [agent, agent/main]}", "branch: {enum: [agent/main]}");
    assertFound(text, "P602", /lets id:alice call git\.push/, DEFAULTED);
  });

  test("is not told of where a wildcard covers methods that may not have the argument", () => {
    const never = "never:\n  n: {call: '**', args: {path: {path: /etc/**}}}\n";
    assertNotFound(granting("call: add, args: {a: int}", never), /^P514$/);
    assertFound(
      granting("call: read, args: {path?: {path: /srv/**}}", never),
      "P514",
      /calls of read without 'path'/,
    );
  });
});
