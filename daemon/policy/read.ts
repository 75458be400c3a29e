import type { Catalogue } from "../../catalogue/catalogue.ts";
import { readTrustedFile } from "../../files/secure-file.ts";
import { type CheckedPolicy, checkPolicy } from "../../policy/engine.ts";

/** Room for ten thousand grants, in bytes; the gate has the same bound. */
const POLICY_MAX_BYTES = 8 * 1024 * 1024;

/**
 * Reads a policy file and says all that is wrong with it: the same at boot and, on another thread, at a reload.
 *
 * @param catalogue - nothing where the services could not be loaded
 * @throws FileProblem if the file cannot be read, or not trusted
 */
export function readPolicy(path: string, catalogue: Catalogue | undefined, nowMs: number): CheckedPolicy {
  const bytes = readTrustedFile(path, {
    what: "a policy",
    missing: "put it there, or name another as 'policy' in the configuration",
    maxBytes: POLICY_MAX_BYTES,
    secret: false,
    mayBeLink: true,
  });
  return checkPolicy(bytes, catalogue, nowMs);
}
