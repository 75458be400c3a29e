import { type Loaded, loadPolicy } from "../../../policy/load.ts";
import { hasErrors, type Problem } from "../../../policy/problem.ts";
import { problemLine, renderProblem, renderSummary } from "../../../policy/render.ts";
import { defineCommand } from "../../command.ts";
import type { Ending } from "../../exit.ts";
import { usage } from "../../failure.ts";
import { jsonText } from "../../json.ts";
import { readCatalogueFile, readPolicyBytes } from "../../policy-file.ts";
import { CATALOGUE_FILE } from "../../policy-options.ts";

export default defineCommand({
  examples: [
    ["rpcctl policy lint policy.yaml", "every problem, with its place"],
    ["rpcctl policy lint --format short policy.yaml", "a line for each, as editors read them"],
    ["rpcctl policy lint --json - < policy.yaml", "of standard input, for machines"],
  ],
  options: {
    file: { kind: "word", describe: "the policy to read; - is standard input" },
    ...CATALOGUE_FILE,
    format: {
      kind: "text",
      value: "FORMAT",
      describe: "how to print; human where nothing is said",
      choices: ["human", "json", "short"],
    },
    json: { kind: "flag", describe: "short for --format json" },
  },
  notes: "Exit codes: 0 clean, 1 findings, 2 the daemon would refuse it, 3 wrong words, 4 cannot be read.",

  /** The same reading as the daemon's: an error is exactly what it refuses. */
  run: async ({ file, catalogue: methods, format: given, json }, io) => {
    const format = given ?? (json ? "json" : "human");
    if (json && format !== "json") throw usage(`--json and --format ${format} do not go together`);
    const catalogue = await readCatalogueFile(methods, io);
    const loaded = loadPolicy(await readPolicyBytes(file, io), catalogue);
    const { problems } = loaded;
    if (format === "json") io.out(jsonText(findings(file, loaded)));
    else if (format === "short") for (const problem of problems) io.out(problemLine(problem, file));
    else io.out(humanText(file, loaded, catalogue !== undefined));
    return endingOf(problems);
  },
});

export function endingOf(problems: readonly Problem[]): Ending {
  if (hasErrors(problems)) return "refused";
  return problems.some(({ severity }) => severity === "warning") ? "findings" : "ok";
}

function humanText(file: string, { problems, source }: Loaded, knowsMethods: boolean): string {
  const rendered = problems.map((problem) => `${renderProblem(problem, file, source)}\n`).join("");
  return `${rendered}${renderSummary(problems, file, knowsMethods)}`.trimEnd();
}

function findings(file: string, { problems, hash }: Loaded): object {
  return {
    tool: "rpcctl policy lint",
    file,
    hash,
    loadable: !hasErrors(problems),
    findings: problems.map(({ code, severity, at, text, hint, related }) => ({
      code,
      severity,
      ...at,
      text,
      hint,
      related: related?.map((other) => ({ ...other.at, text: other.text })),
    })),
  };
}
