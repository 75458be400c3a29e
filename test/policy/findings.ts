import assert from "node:assert/strict";
import { test } from "node:test";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { loadPolicy } from "../../policy/load/load.ts";
import type { Problem } from "../../yaml/problem.ts";
import { bytes, keyLine, NOW_MS } from "./support.ts";

/**
 * A mistake and what is said of it. In the text ▸ stands in front of each place that an error points at, and the codes
 * are theirs, in that order. Every part of `says` between the dots is in the message and its hint, one behind the other.
 * The text that is good, where there is one, differs in the mistake only.
 */
export type Mistake = readonly [what: string, bad: string, codes: string, says: string, good?: string];

/** A test for each mistake. @param whole - makes a file of the part that the texts are about */
export function refuses(
  mistakes: readonly Mistake[],
  whole: (part: string) => string = (part) => part,
  catalogue?: Catalogue,
): void {
  for (const [what, bad, codes, says, good] of mistakes) {
    test(what, () => {
      assertRefused(whole(bad), codes, says, catalogue);
      if (good !== undefined) assertTaken(whole(good), catalogue);
    });
  }
}

/** Whether the text has exactly the errors that it is marked with. */
export function assertRefused(marked: string, codes: string, says: string, catalogue?: Catalogue): void {
  const { text, places } = unmarked(marked);
  const errors = errorsOf(text, catalogue);
  const expected = codes.split(" ").map((code, i) => `${code} ${places[i]}`);
  assert.deepEqual(
    errors.map(({ code, at }) => `${code} ${at.line}:${at.column}`),
    expected,
    errors.map(lineOf).join("\n"),
  );
  assertSays(errors.map(messageOf).join("\n"), says);
}

/** Whether the text has no error, marked or not. */
export function assertTaken(marked: string, catalogue?: Catalogue): void {
  assert.deepEqual(errorsOf(unmarked(marked).text, catalogue).map(lineOf), []);
}

/** Whether the message has all the parts, in their order. */
export function assertSays(message: string, says: string): void {
  let from = 0;
  for (const part of says.split(" … ")) {
    const at = message.indexOf(part, from);
    assert.ok(at !== -1, `'${part}' is not where it should be in: ${message}`);
    from = at + part.length;
  }
}

export function errorsOf(text: string, catalogue?: Catalogue): Problem[] {
  const { problems, policy } = loadPolicy(bytes(text), catalogue, NOW_MS);
  const errors = problems.filter(({ severity }) => severity === "error");
  assert.equal(policy === undefined, errors.length > 0);
  return errors;
}

const messageOf = ({ text, hint = "" }: Problem): string => `${text}: ${hint}`;

/** A problem in one line, for whoever has to find out why a test fails. */
const lineOf = (problem: Problem): string =>
  `${problem.code} ${problem.at.line}:${problem.at.column} ${messageOf(problem)}`;

function unmarked(marked: string): { readonly text: string; readonly places: readonly string[] } {
  const places: string[] = [];
  const lines = marked.split("\n").map((line, i) => {
    const [first = "", ...rest] = line.split("▸");
    let text = first;
    for (const part of rest) {
      places.push(`${i + 1}:${Array.from(text).length + 1}`);
      text += part;
    }
    return text;
  });
  return { text: lines.join("\n"), places };
}

/** A file with a role, user; an identity, alice, who has it; an authority, ca, that may give it; and some more lines. */
export const withPeople = (more: string): string => `policy: 1
roles: {user: }
identities: {alice: {keys: [${keyLine(1)}], roles: [user]}}
authorities: {ca: {keys: [${keyLine(2)}], names: [web-*], roles: [user]}}
${more}`;
