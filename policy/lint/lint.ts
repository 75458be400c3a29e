import type { Catalogue } from "../../catalogue/catalogue.ts";
import { checkCovered } from "../check/covered.ts";
import { type Loaded, loadPolicy } from "../load/load.ts";

/**
 * As {@link loadPolicy}, with what only whoever edits the file asks for: each grant is compared with the others. That takes
 * seconds for a thousand grants with patterns, so the daemon, and whoever asks a file about a call, do without.
 *
 * @param nowMs - milliseconds since 1970, for the tests that name no moment
 */
export function lintPolicy(bytes: Uint8Array, catalogue?: Catalogue, nowMs: number = Date.now()): Loaded {
  return loadPolicy(bytes, catalogue, nowMs, checkCovered);
}
