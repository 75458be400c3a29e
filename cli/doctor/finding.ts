import { FileProblem } from "../../certs/file-problem.ts";
import { Failure } from "../failure.ts";

/** Something that is not as it should be. */
export interface Finding {
  /** `error`: it does not work, or is not safe. `warning`: it works, and somebody should look. */
  readonly severity: "error" | "warning";
  /** the file, unit or address that it is about */
  readonly where: string;
  readonly text: string;
  /** the command, or the step in words, that mends it */
  readonly mend: string | undefined;
}

export function error(where: string, text: string, mend?: string): Finding {
  return { severity: "error", where, text, mend };
}

export function warning(where: string, text: string, mend?: string): Finding {
  return { severity: "warning", where, text, mend };
}

/** Runs a check that may stumble over what it looks at: that is what was looked for. */
export async function stumbling<T>(
  where: string,
  work: () => T | Promise<T>,
): Promise<T | readonly Finding[]> {
  try {
    return await work();
  } catch (thrown) {
    return findingsOf(where, thrown);
  }
}

/** What was thrown over a file or a connection, as findings; anything else is thrown on. */
export function findingsOf(where: string, thrown: unknown): readonly Finding[] {
  if (thrown instanceof FileProblem) return [error(thrown.path, withoutPath(thrown), thrown.mend)];
  if (!(thrown instanceof Failure)) throw thrown;
  const detail = thrown.detail === "" ? "" : `\n${thrown.detail}`;
  return [error(where, thrown.message + detail, thrown.hints.join("; or ") || undefined)];
}

/** The message of a {@link FileProblem} begins with its path, which stands beside it here. */
function withoutPath({ message, path }: FileProblem): string {
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
}
