import { readFileSync, realpathSync, statSync } from "node:fs";
import { FileProblem, systemCode } from "../../files/file-problem.ts";
import { writeFileAtomically } from "../../files/write-file.ts";
import { Failure } from "./failure.ts";

/**
 * Puts another text in the place of a file, whole or not at all: with the mode that it had, where its link leads.
 *
 * @param before - what was read of it
 * @throws FileProblem; Failure if somebody has changed it since
 */
export function replaceFile(file: string, before: Uint8Array, text: string): void {
  let path: string;
  let mode: number;
  try {
    path = realpathSync(file);
    mode = statSync(path).mode & 0o777;
    // Whoever changed it in this moment would lose what they wrote.
    if (!readFileSync(path).equals(before))
      throw new Failure("failed", `${file} was changed meanwhile; nothing was written`);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new FileProblem("unwritable", file, `cannot be written (${code})`, { cause: error });
  }
  writeFileAtomically(path, Buffer.from(text), mode, { replace: true });
}
