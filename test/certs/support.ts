import { execFileSync } from "node:child_process";
import type { FileProblem, FileProblemKind } from "../../files/file-problem.ts";

/** Runs the real ssh-keygen, and gives what it printed. */
export function keygen(args: readonly string[], input: string | Uint8Array = ""): string {
  return execFileSync("ssh-keygen", args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
}

/** What a refusal must look like, for assert.throws and assert.rejects. */
export function problem(kind: FileProblemKind, message: RegExp, mend?: string): Partial<FileProblem> {
  // assert compares the fields one by one, and a RegExp stands for what it matches.
  const wanted: object = { name: "FileProblem", kind, message, ...(mend === undefined ? {} : { mend }) };
  return wanted;
}

/** A reason to skip what only root can try: to make files that belong to another. */
export const NOT_ROOT: string | false = process.geteuid?.() === 0 ? false : "only root can give a file away";

/** The user id of nobody. */
export const NOBODY = 65_534;
