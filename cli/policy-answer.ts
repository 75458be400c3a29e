import { escapeText } from "../base/escape.ts";
import { isPlainObject } from "../base/plain-object.ts";
import { withRpc } from "./connection.ts";
import type { Ending } from "./exit.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";
import { jsonText } from "./json.ts";
import type { SettingOptions } from "./settings.ts";

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
  return withRpc(options, io, async ({ rpc, settings }) => {
    const limits = { timeoutMs: settings.timeoutMs, signal: io.signal };
    const answer = await rpc.call(`rpcd.policy.${method}`, [], named, limits);
    if (!isPlainObject(answer)) throw new Failure("protocol", `rpcd.policy.${method}: a map was expected`);
    printAnswer(answer, options.json, io);
    return endingOf(answer);
  });
}

/** Lines for people; for machines all but those. */
export function printAnswer(answer: Answer, json: boolean, io: Io): void {
  const { lines, ...data } = answer;
  if (json) io.out(jsonText(data));
  // From a daemon they are a peer's: it should have escaped them, and perhaps it has not.
  else if (Array.isArray(lines)) for (const line of lines) io.out(escapeText(String(line)));
}
