import { escapeShort } from "../../base/escape.ts";

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
/** How many characters of any other key are quoted: the peer made it up. */
const MAX_QUOTED = 40;

/** A path into the arguments as people write it: `unit`, `tags[3]`, `labels.team`, `labels["a b"]`. */
export function pathText(steps: readonly (string | number)[]): string {
  return steps.map((step, i) => (i === 0 ? String(step) : stepText(step))).join("");
}

function stepText(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return PLAIN_KEY.test(step) ? `.${step}` : `["${escapeShort(step, MAX_QUOTED).replaceAll('"', '\\"')}"]`;
}
