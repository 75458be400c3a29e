import { execFile } from "node:child_process";

/** What came of a program. */
export interface Ran {
  /** nothing where it could not be started or did not end */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

export interface ToolOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 30_000;
const OUTPUT_MAX_BYTES = 1024 * 1024;

/** Runs a program by its path, without a shell and with a clean environment. */
export function runTool(
  program: string,
  args: readonly string[],
  { uid, gid, env = {} }: ToolOptions = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const options = {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", ...env },
      timeout: TIMEOUT_MS,
      maxBuffer: OUTPUT_MAX_BYTES,
      cwd: "/",
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    };
    execFile(program, [...args], options, (failed, out, err) => {
      const code = failed === null ? 0 : typeof failed.code === "number" ? failed.code : undefined;
      resolve({ code, out, err });
    });
  });
}
