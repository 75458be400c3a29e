import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import { escapeText } from "../../base/escape.ts";
import { systemCode } from "../../files/file-problem.ts";
import { Failure } from "../io/failure.ts";
import type { Io } from "../io/io.ts";

/** Whether there is such a program, before the daemon is asked for anything that needs it. @throws Failure */
export async function checkProgram(program: string, where: string, env: Io["env"]): Promise<void> {
  if (program.includes("/")) {
    if (await isExecutable(program)) return;
  } else {
    for (const folder of (env["PATH"] ?? "/usr/bin:/bin").split(":"))
      if (await isExecutable(join(folder === "" ? "." : folder, program))) return;
  }
  throw new Failure("not_found", `${where}: there is no program '${escapeText(program)}'`, {
    hints: ["it is run as it stands there: no shell, its built-in commands, pipes or variables"],
  });
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
