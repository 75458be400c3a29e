import type { Place, Problem } from "./problem.ts";
import { hiddenCharacter } from "./text-gate.ts";
import { short, type YamlScalar } from "./tree.ts";

/** A scalar as the YAML package resolved it. */
export interface RawScalar {
  readonly value: unknown;
  readonly source: string;
  readonly quoted: boolean;
  readonly at: Place;
}

/**
 * Makes a scalar of ours, and says what would be lost or hidden in it: numbers that are not what was
 * written (P109), characters that an escape smuggles in (P106).
 */
export function readScalar(raw: RawScalar, report: (problem: Problem) => void): YamlScalar {
  const { value, source, quoted, at } = raw;
  const scalar = (read: YamlScalar["value"]): YamlScalar => ({
    kind: "scalar",
    at,
    value: read,
    source,
    quoted,
  });
  if (typeof value === "bigint" || typeof value === "number") return scalar(readNumber(value, raw, report));
  if (typeof value === "string") checkText(value, raw, report);
  return scalar(typeof value === "string" || typeof value === "boolean" ? value : undefined);
}

function checkText(value: string, { source, at }: RawScalar, report: (problem: Problem) => void): void {
  const hidden = hiddenCharacter(value);
  // What stands in the source itself was reported there; the rest was written as an escape.
  if (hidden === undefined || hiddenCharacter(source) !== undefined) return;
  const text = `the text contains the character ${hidden}, which cannot be seen or is none`;
  report({ code: "P106", severity: "error", at, text, hint: "remove the escape" });
}

function readNumber(value: bigint | number, raw: RawScalar, report: (problem: Problem) => void): number {
  const { source, at } = raw;
  const read = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(read)) {
    const text = `the whole number ${short(source)} is beyond ±${Number.MAX_SAFE_INTEGER} and would be rounded`;
    report({
      code: "P109",
      severity: "error",
      at,
      text,
      hint: "write a smaller one, or quote it if it is a text",
    });
  } else if (!Number.isFinite(read)) {
    const text = `${short(source)} is no number that a call can carry`;
    report({
      code: "P109",
      severity: "error",
      at,
      text,
      hint: "write a finite number, or quote it if it is a text",
    });
  } else if (String(read) !== source) {
    const shown = Object.is(read, -0) ? "0" : String(read);
    const text = `${short(source)} is read as the number ${shown}`;
    report({
      code: "P109",
      severity: "warning",
      at,
      text,
      hint: `write ${shown}, or quote it if it is a text`,
    });
  }
  // −0 is 0: the policy compares by value, and nobody writes one to mean the other.
  return read === 0 ? 0 : read;
}
