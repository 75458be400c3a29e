import { Fault } from "../../base/fault.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { readCatalogueJson } from "../../catalogue/json.ts";
import { loadPolicy, type Policy } from "../../policy/engine.ts";
import type { Problem } from "../../yaml/problem.ts";
import { problemLine } from "../../yaml/render.ts";
import { MAX_FILE_BYTES } from "../../yaml/text-gate.ts";
import { Failure, usage } from "../io/failure.ts";
import type { Io } from "../io/io.ts";
import { durationOf, type SettingOptions } from "../settings/settings.ts";

/** Room for thousands of methods, in bytes. */
const CATALOGUE_MAX_BYTES = 32 * 1024 * 1024;

/**
 * The bytes of a policy: one more than is read of it, so that it is said of the file itself that it is too large.
 *
 * @param timeout - as `--timeout` has it: standard input may be open for ever
 * @throws Failure
 */
export async function readPolicyBytes(file: string, io: Io, timeout?: string): Promise<Uint8Array> {
  const maxBytes = 2 * MAX_FILE_BYTES;
  if (file !== "-" || timeout === undefined) return io.readBytes(file, maxBytes);
  // Loaded where it is asked for, with the client.
  const { TimeLimit } = await import("../settings/time-limit.ts");
  const limit = new TimeLimit(durationOf(timeout, "--timeout"), io.signal);
  return limit.during(() => io.readBytes(file, maxBytes, limit.signal));
}

/** What `rpcd --catalogue` printed, if it was named. @throws Failure */
export async function readCatalogueFile(file: string | undefined, io: Io): Promise<Catalogue | undefined> {
  if (file === undefined) return undefined;
  const bytes = await io.readBytes(file, CATALOGUE_MAX_BYTES);
  try {
    return readCatalogueJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof Fault || error instanceof TypeError)) throw error;
    const what = error instanceof Fault ? error.detail : "it is not UTF-8";
    throw new Failure("not_found", `${file}: no catalogue: ${what}`, {
      hints: ["rpcd --catalogue > FILE makes one"],
      cause: error,
    });
  }
}

/** The methods from a file, or from the running daemon; none where neither is asked for. @throws Failure, RpcError */
export async function catalogueOf(
  { file, live }: { readonly file: string | undefined; readonly live: boolean },
  options: SettingOptions,
  io: Io,
): Promise<Catalogue | undefined> {
  if (!live) return readCatalogueFile(file, io);
  if (file !== undefined) throw usage("--catalogue and --live do not go together");
  // Loaded where it is asked for: a file is looked at sooner without it.
  const { readLiveCatalogue } = await import("../connect/live-catalogue.ts");
  return readLiveCatalogue(options, io);
}

/** A policy that can be asked. @throws Failure `refused`, with every error, if the daemon would not load it */
export async function readPolicyFile(
  {
    file,
    nowMs,
    timeout,
  }: { readonly file: string; readonly nowMs: number; readonly timeout: string | undefined },
  catalogue: Catalogue | undefined,
  io: Io,
): Promise<Policy> {
  const { policy, problems } = loadPolicy(await readPolicyBytes(file, io, timeout), catalogue, nowMs);
  if (policy !== undefined) return policy;
  throw refusal(file, problems);
}

/** The daemon would not load the file: says every error of it. */
export function refusal(file: string, problems: readonly Problem[]): Failure {
  const errors = problems.filter(({ severity }) => severity === "error");
  return new Failure("refused", `${file}: the daemon would refuse this file`, {
    detail: errors.map((problem) => problemLine(problem, file)).join("\n"),
    hints: [`rpcctl policy lint ${file} shows each with its place`],
  });
}
