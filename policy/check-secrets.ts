import { Positions } from "./positions.ts";
import type { Problem } from "./problem.ts";

/** What private keys and tokens begin with; the shortest text that is one, and not a word about one. */
const SECRETS: readonly (readonly [what: string, form: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/g],
  ["an access key of AWS", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ["a token of GitHub", /\bgh[opsur]_[A-Za-z0-9]{36,}\b/g],
  ["a token of GitLab", /\bglpat-[A-Za-z0-9_-]{20,}\b/g],
  ["a token of Slack", /\bxox[abprs]-[A-Za-z0-9-]{10,}\b/g],
  ["a signed token", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g],
  ["a private key of age", /\bAGE-SECRET-KEY-1[0-9A-Z]{50,}\b/g],
];

/** A file has one secret too many, or many: so many are told. */
const MOST = 20;

/** P414. Comments are looked at too: that is where people paste. */
export function checkSecrets(source: string): Problem[] {
  const found = SECRETS.flatMap(([what, form]) =>
    [...source.matchAll(form)].slice(0, MOST).map(({ 0: text, index }) => ({ what, text, index })),
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
