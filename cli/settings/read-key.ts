import { loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import type { PublicKeyLine } from "../../certs/public-key.ts";
import { loadPublicKeyFile } from "../../certs/public-key-file.ts";
import { FileProblem } from "../../files/file-problem.ts";

/**
 * The public half of a key, out of its private file or its public one.
 *
 * @throws FileProblem
 */
export function readPublicHalf(path: string): PublicKeyLine {
  if (path.endsWith(".pub")) return loadPublicKeyFile(path);
  try {
    const { key, comment } = loadPrivateKeyFile(path);
    return { key: key.publicKey, comment };
  } catch (error) {
    // A public key under another name has a mode that no private one may have, and another content.
    if (!(error instanceof FileProblem) || (error.kind !== "unsafe" && error.kind !== "malformed"))
      throw error;
    return publicOr(path, error);
  }
}

function publicOr(path: string, problem: FileProblem): PublicKeyLine {
  try {
    return loadPublicKeyFile(path);
  } catch (error) {
    if (error instanceof FileProblem) throw problem;
    throw error;
  }
}
