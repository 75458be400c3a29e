import { escapeText } from "../../base/escape.ts";
import type { PolicyAnswer } from "../../policy/engine.ts";
import type { PolicyKeeper } from "./keeper.ts";

/** Which policy is in force, and whether the file's is: as data for programs, and as lines for people. */
export function statusAnswer({ status, shadowCounts }: PolicyKeeper): PolicyAnswer {
  const { hash, generation, loadedAtMs, warnings, refused } = status;
  const since = new Date(loadedAtMs);
  const lines = [
    `${hash} is in force since ${since.toISOString()} (generation ${generation}; ${counted(warnings, "warning")})`,
    ...(refused === undefined
      ? []
      : [
          `refused at ${new Date(refused.atMs).toISOString()}: ${refused.hash ?? "a file that could not be read"}`,
          ...refused.problems.map((problem) => `  ${problem}`),
        ]),
    ...[...shadowCounts].map(
      ([grant, count]) => `shadow grant '${grant}' would have allowed ${counted(count, "call")}`,
    ),
  ];
  return {
    policy: hash,
    generation,
    loaded_at: since,
    warnings,
    refused:
      refused === undefined
        ? null
        : { at: new Date(refused.atMs), policy: refused.hash ?? null, problems: refused.problems },
    shadow: Object.fromEntries(shadowCounts),
    lines: lines.map(escapeText),
  };
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
