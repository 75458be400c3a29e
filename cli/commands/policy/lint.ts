import { assertNever } from "../../../base/assert-never.ts";
import { escapeText } from "../../../base/escape.ts";
import type { Catalogue } from "../../../catalogue/catalogue.ts";
import {
  type Fixed,
  fixesOf,
  fixPolicy,
  lintPolicy,
  RULES,
  ruleLine,
  ruleText,
} from "../../../policy/linter.ts";
import { hasErrors, type Severity } from "../../../yaml/problem.ts";
import type { Ending } from "../../io/exit.ts";
import { Failure, usage } from "../../io/failure.ts";
import type { Io } from "../../io/io.ts";
import { jsonLines, jsonReport } from "../../lint/json-formats.ts";
import type { Linted, LintRun } from "../../lint/linted.ts";
import { sarif } from "../../lint/sarif.ts";
import { readSeverities, severityLines, withSeverities } from "../../lint/severities.ts";
import { githubLines, humanLines, isAtLeast, shortLines } from "../../lint/text-formats.ts";
import { catalogueOf, readPolicyBytes } from "../../policy/file.ts";
import { CATALOGUE_FILE } from "../../policy/options.ts";
import { jsonText } from "../../print/json.ts";
import { CONNECTION } from "../../settings/options.ts";
import { packageVersion } from "../../settings/package-version.ts";
import { defineCommand } from "../../words/command.ts";

const FORMATS = ["human", "json", "jsonl", "sarif", "github", "short"] as const;
type Format = (typeof FORMATS)[number];
const LEAST: readonly Severity[] = ["error", "warning", "note"];

/** A file of severities, in bytes. */
const SEVERITIES_MAX_BYTES = 64 * 1024;

export default defineCommand({
  examples: [
    ["rpcctl policy lint policy.yaml", "every problem, with its place"],
    ["rpcctl policy lint --catalogue methods.json policy.yaml", "held against the daemon's methods too"],
    ["rpcctl policy lint --live policy.yaml", "the same, as the running daemon says them"],
    ["rpcctl policy lint --format sarif policies/*.yaml > lint.sarif", "of several files, for code scanning"],
    ["rpcctl policy lint --json - < policy.yaml", "of standard input, for machines"],
    ["rpcctl policy lint --fix --diff policy.yaml", "what it would mend by itself; without --diff it does"],
    ["rpcctl policy lint --explain P301", "what a rule is about, with an example; without a code, all rules"],
  ],
  options: {
    files: { kind: "words", describe: "the policies to read; - is standard input" },
    ...CATALOGUE_FILE,
    live: { kind: "flag", describe: "ask the running daemon for its methods instead" },
    format: {
      kind: "text",
      value: "FORMAT",
      describe: "how to print; human where nothing is said",
      choices: FORMATS,
    },
    severity: {
      kind: "texts",
      value: "CODE=SEVERITY",
      describe: "another severity for a rule: error, warning, note or off; may stand several times",
    },
    "severity-file": { kind: "text", value: "FILE", describe: "the same, a line each" },
    "fail-on": {
      kind: "text",
      value: "SEVERITY",
      describe: "the least that ends with 1; warning where nothing is said",
      choices: LEAST,
    },
    "max-warnings": { kind: "text", value: "COUNT", describe: "so many warnings end with 0 all the same" },
    fix: { kind: "flag", describe: "mend what can be mended safely, and say what is left" },
    diff: { kind: "flag", describe: "with --fix: show the changes, and write nothing" },
    explain: { kind: "flag", describe: "explain the rule that is named in place of a file, or list all" },
    ...CONNECTION,
    json: { kind: "flag", describe: "short for --format json" },
  },
  notes:
    "It ends with 0 if there is nothing to report, 1 if there are findings, 5 if the daemon would refuse a file (rpcctl help exit-codes).",

  /** The same reading as the daemon's: an error is exactly what it refuses. */
  run: async ({ files, catalogue: methods, live, format: given, json, explain, fix, diff, ...asked }, io) => {
    if (explain) return explainRules(files, io);
    if (diff && !fix) throw usage("--diff belongs to --fix");
    const format = formatOf(given, json);
    if (files.length === 0) throw usage("FILE was expected: a policy, or - for standard input");
    const most = readCount(asked["max-warnings"]);
    const fromFile = asked["severity-file"] === undefined ? [] : await readLines(asked["severity-file"], io);
    const severities = readSeverities([...fromFile, ...asked.severity]);
    const catalogue = await catalogueOf({ file: methods, live }, asked, io);
    if (diff) return showFixes(files, catalogue, io, asked.timeout);
    const all: Linted[] = [];
    const unread: { readonly file: string; readonly why: string }[] = [];
    for (const file of files) {
      try {
        const bytes = await readPolicyBytes(file, io, asked.timeout);
        const linted = lint(fix ? await fixedBytes(file, bytes, catalogue, io) : bytes, catalogue);
        all.push({ ...linted, file, problems: withSeverities(linted.problems, severities) });
      } catch (error) {
        // A report for programs is whole, also where a file could not be read; it says so itself.
        if (!(error instanceof Failure) || format !== "sarif") throw error;
        unread.push({ file, why: error.message });
      }
    }
    print({ files: all, knowsMethods: catalogue !== undefined, severities }, format, unread, io);
    if (unread.length > 0) return "not_found";
    return endingOf(all, LEAST.find((one) => one === asked["fail-on"]) ?? "warning", most);
  },
});

function lint(bytes: Uint8Array, catalogue: Catalogue | undefined): Omit<Linted, "file"> {
  const nowMs = Date.now();
  const { policy, ...loaded } = lintPolicy(bytes, catalogue, nowMs);
  const isText = Buffer.from(loaded.source).equals(bytes);
  const edits = isText ? fixesOf({ ...loaded, policy }, catalogue, nowMs) : new Map();
  return { ...loaded, edits, isText, isLoadable: policy !== undefined };
}

/** Writes the mended file, and gives it. Standard input has no file: it cannot be mended. */
async function fixedBytes(
  file: string,
  bytes: Uint8Array,
  catalogue: Catalogue | undefined,
  io: Io,
): Promise<Uint8Array> {
  if (file === "-")
    throw usage("--fix writes the file, and standard input is none; --fix --diff shows the changes");
  const { text, codes } = mended(bytes, catalogue);
  if (codes.length === 0) return bytes;
  const { replaceFile } = await import("../../io/replace-file.ts");
  replaceFile(file, bytes, text);
  io.err(escapeText(`${file}: mended ${codes.join(", ")}`));
  return Buffer.from(text);
}

/** What is no text has nothing to mend: as a text it would have lost what it had. */
function mended(bytes: Uint8Array, catalogue: Catalogue | undefined): Fixed {
  const text = textOf(bytes);
  return Buffer.from(text).equals(bytes) ? fixPolicy(text, catalogue, Date.now()) : { text, codes: [] };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

async function showFixes(
  files: readonly string[],
  catalogue: Catalogue | undefined,
  io: Io,
  timeout: string | undefined,
): Promise<Ending> {
  const { createTwoFilesPatch } = await import("diff");
  let isAny = false;
  for (const file of files) {
    const bytes = await readPolicyBytes(file, io, timeout);
    const { text, codes } = mended(bytes, catalogue);
    if (codes.length === 0) continue;
    isAny = true;
    const patch = createTwoFilesPatch(file, file, textOf(bytes), text, undefined, undefined, { context: 2 });
    for (const line of patch.trimEnd().split("\n")) io.out(escapeText(line));
  }
  return isAny ? "findings" : "ok";
}

function formatOf(given: string | undefined, json: boolean): Format {
  const format = FORMATS.find((one) => one === given) ?? (json ? "json" : "human");
  if (json && format !== "json") throw usage(`--json and --format ${format} do not go together`);
  return format;
}

function print(run: LintRun, format: Format, unread: Parameters<typeof sarif>[2], io: Io): void {
  switch (format) {
    case "human":
      for (const line of humanLines(run, io.isColoured)) io.out(line);
      return;
    case "json":
      io.out(jsonText(jsonReport(run)));
      return;
    case "jsonl":
      for (const one of jsonLines(run)) io.out(jsonText(one));
      return;
    case "sarif":
      io.out(jsonText(sarif(run, packageVersion(), unread)));
      return;
    case "github":
      for (const line of githubLines(run)) io.out(line);
      return;
    case "short":
      for (const line of shortLines(run)) io.out(line);
      return;
    default:
      assertNever(format, "a format");
  }
}

function endingOf(files: readonly Linted[], least: Severity, most: number | undefined): Ending {
  if (files.some(({ isLoadable }) => !isLoadable)) return "refused";
  const problems = files.flatMap((one) => one.problems);
  // A severity that was raised to an error is one for this run.
  if (hasErrors(problems)) return "findings";
  const warnings = problems.filter((problem) => isAtLeast(problem, "warning")).length;
  if (most !== undefined) return warnings > most ? "findings" : "ok";
  return problems.some((problem) => isAtLeast(problem, least)) ? "findings" : "ok";
}

function explainRules(words: readonly string[], io: Io): Ending {
  if (words.length === 0) for (const rule of RULES.values()) io.out(ruleLine(rule));
  for (const word of words) {
    const rule = RULES.get(word.toUpperCase()) ?? [...RULES.values()].find(({ name }) => name === word);
    if (rule === undefined)
      throw usage(`there is no rule '${word}'`, "rpcctl policy lint --explain lists them all");
    io.out(ruleText(rule));
  }
  return "ok";
}

async function readLines(file: string, io: Io): Promise<readonly string[]> {
  const bytes = await io.readBytes(file, SEVERITIES_MAX_BYTES);
  return severityLines(new TextDecoder().decode(bytes));
}

function readCount(text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw usage(`--max-warnings: a whole number from 0 was expected, not '${text}'`);
}
