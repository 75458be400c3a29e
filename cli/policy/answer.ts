import { escapeText } from "../../base/escape.ts";
import { isPlainObject } from "../../base/plain-object.ts";
import { RpcError } from "../../client/index.ts";
import { callLimits, withRpc } from "../connect/connection.ts";
import { deniedReserved } from "../connect/reserved-method.ts";
import type { Ending } from "../io/exit.ts";
import { Failure } from "../io/failure.ts";
import type { Io } from "../io/io.ts";
import { jsonText } from "../print/json.ts";
import type { SettingOptions } from "../settings/settings.ts";

/** What is told of a policy: data for machines, and lines for people. */
export type Answer = Readonly<Record<string, unknown>>;

/**
 * Asks the running daemon about its policy, prints what it says, and ends as that asks for.
 *
 * @throws Failure, FileProblem, RpcError
 */
export function askDaemon(
  options: SettingOptions & { readonly json: boolean },
  { method, named = {} }: { readonly method: string; readonly named?: Readonly<Record<string, unknown>> },
  io: Io,
  endingOf: (answer: Answer) => Ending = () => "ok",
): Promise<Ending> {
  return withRpc(options, io, async (session) => {
    const limits = callLimits(session, io);
    const name = `rpcd.policy.${method}`;
    const answer = await session.rpc.call(name, [], named, limits).catch((error: unknown) => {
      // As of a file: the policy has nobody of that name.
      if (error instanceof RpcError && error.code === "not_found")
        throw new Failure("not_found", error.message, { cause: error });
      throw deniedReserved(
        error,
        name,
        ON_FILES.has(name) ? "with --file FILE no daemon is asked" : undefined,
      );
    });
    if (!isPlainObject(answer)) throw new Failure("protocol", `${name}: a map was expected`);
    printAnswer(answer, options.json, io);
    return endingOf(answer);
  });
}

/** What can be asked of a file too. */
const ON_FILES: ReadonlySet<string> = new Set(["rpcd.policy.explain", "rpcd.policy.can", "rpcd.policy.show"]);

/** Lines for people; for machines all but those. */
export function printAnswer(answer: Answer, json: boolean, io: Io): void {
  const { lines, ...data } = answer;
  if (json) io.out(jsonText(data));
  else for (const line of linesOf(lines)) io.out(line);
}

/** Lines as they are printed. From a daemon they are a peer's: it should have escaped them, and perhaps it has not. */
export function linesOf(found: unknown): readonly string[] {
  const lines: readonly unknown[] = Array.isArray(found) ? found : [];
  return lines.map((line) => (typeof line === "string" ? escapeText(line) : jsonText(line)));
}
