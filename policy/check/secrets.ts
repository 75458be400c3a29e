import { Positions } from "../../yaml/positions.ts";
import type { Problem } from "../../yaml/problem.ts";

/** What private keys and tokens begin with; the shortest text that is one, and not a word about one. */
const SECRETS: readonly (readonly [what: string, form: RegExp])[] = [
  // Every run is bounded: a file full of beginnings must not be walked to its end from each of them.
  ["a private key", /-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY-----/g],
  ["an access key of AWS", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ["a token of GitHub", /\bgh[opsur]_[A-Za-z0-9]{36,255}/g],
  ["a token of GitLab", /\bglpat-[A-Za-z0-9_-]{20,255}/g],
  ["a token of Slack", /\bxox[abprs]-[A-Za-z0-9-]{10,255}/g],
  ["a signed token", /\beyJ[A-Za-z0-9_-]{10,255}\.eyJ[A-Za-z0-9_-]{10,255}/g],
  ["a private key of age", /\bAGE-SECRET-KEY-1[0-9A-Z]{50,64}/g],
];

/** A file has one secret too many, or many: so many are told. */
const MOST = 20;

/** P414. Comments are looked at too: that is where people paste. */
export function checkSecrets(source: string): Problem[] {
  const found = SECRETS.flatMap(([what, form]) =>
    firstOf(source, form).map(({ 0: text, index }) => ({ what, text, index })),
  );
  if (found.length === 0) return [];
  const positions = new Positions(source);
  return found.map(({ what, text, index }) => ({
    code: "P414",
    severity: "error",
    at: positions.place(index, index + text.length),
    // The secret itself is not said again.
    text: `${what} stands here, and a policy is read by many`,
    hint: "remove it, and have it changed: it is no secret any more",
  }));
}

function firstOf(source: string, form: RegExp): readonly RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (const match of source.matchAll(form)) {
    if (found.push(match) === MOST) break;
  }
  return found;
}
