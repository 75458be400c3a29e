import assert from "node:assert/strict";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { lintPolicy } from "../../policy/lint/lint.ts";
import type { Problem } from "../../yaml/problem.ts";
import { bytes, keyLine, NOW_MS } from "./support.ts";

/** What the linter finds, of these codes or of all. */
export function found(text: string, codes: RegExp = /./, catalogue?: Catalogue): readonly Problem[] {
  return lintPolicy(bytes(text), catalogue, NOW_MS).problems.filter(({ code }) => codes.test(code));
}

/** The codes, in the order of the text. */
export function codesIn(text: string, codes: RegExp = /./, catalogue?: Catalogue): readonly string[] {
  return found(text, codes, catalogue).map(({ code }) => code);
}

/** Whether exactly one is found, and says this. */
export function assertFound(text: string, code: string, says: RegExp, catalogue?: Catalogue): Problem {
  const all = found(text, new RegExp(`^${code}$`), catalogue);
  assert.equal(all.length, 1, `${code} in:\n${text}\n${all.map((one) => one.text).join("\n")}`);
  const [one = assert.fail()] = all;
  assert.match(`${one.text}: ${one.hint ?? ""}`, says, text);
  return one;
}

export function assertNotFound(text: string, codes: RegExp, catalogue?: Catalogue): void {
  assert.deepEqual(
    found(text, codes, catalogue).map((one) => `${one.code} ${one.text}`),
    [],
    text,
  );
}

/** alice has the role user; what the grant `g` says of the call and its arguments. */
export const granting = (fields: string, more = ""): string => `policy: 1
roles: {user: , admin: }
identities:
  alice: {keys: [${keyLine(1)}], roles: [user]}
  root: {keys: [${keyLine(2)}], roles: [admin]}
grants:
  g: {to: user, ${fields}}
${more}`;
