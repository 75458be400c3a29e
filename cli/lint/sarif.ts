import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import type { Place, Problem, Severity } from "../../policy/problem.ts";
import { RULES } from "../../policy/rules.ts";
import type { Suppressed } from "../../policy/suppressions.ts";
import type { Linted, LintRun } from "./linted.ts";

const LEVELS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", note: "note" };
const CODES = [...RULES.keys()];

/** The run as SARIF 2.1.0 (OASIS). @param version - of rpcctl @param unread - files that could not be read, and why */
export function sarif(
  { files, severities }: LintRun,
  version: string,
  unread: readonly { readonly file: string; readonly why: string }[] = [],
): unknown {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "rpcctl policy lint", version, rules: CODES.map(descriptor) } },
        columnKind: "unicodeCodePoints",
        artifacts: files.map(({ file, hash }) => ({
          location: location(file),
          hashes: { "sha-256": hash.replace(/^sha256:/, "") },
        })),
        invocations: [
          {
            executionSuccessful: unread.length === 0,
            ...(severities.size === 0 ? {} : { ruleConfigurationOverrides: [...severities].map(override) }),
            ...(unread.length === 0
              ? {}
              : {
                  toolExecutionNotifications: unread.map(({ file, why }) => ({
                    level: "error",
                    message: { text: `${file}: ${why}` },
                  })),
                }),
          },
        ],
        results: files.flatMap((linted) => [
          ...linted.problems.map((problem) => result(problem, linted)),
          ...linted.suppressed.map((one) => suppressedResult(one, linted)),
        ]),
      },
    ],
  };
}

function descriptor(code: string): object {
  const rule = RULES.get(code);
  if (rule === undefined) throw new Error(`there is no rule ${code}`);
  const sentence = `${rule.what.charAt(0).toUpperCase()}${rule.what.slice(1)}.`;
  return {
    id: code,
    name: rule.name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: sentence },
    fullDescription: { text: `${sentence} ${rule.why}` },
    help: { text: `${rule.why} rpcctl policy lint --explain ${code} shows an example.` },
    defaultConfiguration: { level: LEVELS[rule.severity] },
  };
}

function override([code, severity]: readonly [string, string]): object {
  return {
    descriptor: { id: code, index: CODES.indexOf(code) },
    configuration: severity === "off" ? { enabled: false } : { level: severity },
  };
}

function result(problem: Problem, linted: Linted): object {
  const { code, severity, at, text, hint, related } = problem;
  return {
    ruleId: code,
    ruleIndex: CODES.indexOf(code),
    level: LEVELS[severity],
    message: { text: hint === undefined ? text : `${text}: ${hint}` },
    locations: [physical(linted.file, at)],
    partialFingerprints: { "policyFinding/v1": fingerprint(problem, linted) },
    ...(related === undefined || related.length === 0
      ? {}
      : {
          relatedLocations: related.map((other) => ({
            ...physical(linted.file, other.at),
            message: { text: other.text },
          })),
        }),
  };
}

function suppressedResult({ problem, reason }: Suppressed, linted: Linted): object {
  return { ...result(problem, linted), suppressions: [{ kind: "inSource", justification: reason }] };
}

function physical(file: string, { line, column, endLine, endColumn }: Place): object {
  const region = {
    startLine: line,
    startColumn: column,
    ...(endLine === undefined ? {} : { endLine }),
    ...(endColumn === undefined ? {} : { endColumn }),
  };
  return { physicalLocation: { artifactLocation: location(file), region } };
}

/** A relative path stays one: it is looked up from where the report is read. */
function location(file: string): { readonly uri: string } {
  if (file === "-") return { uri: "stdin" };
  return {
    uri: file.startsWith("/") ? pathToFileURL(file).href : file.split("/").map(encodeURIComponent).join("/"),
  };
}

/** The same for a finding that has only moved: by its rule and what it is about, not by its line. */
function fingerprint({ code, at, text }: Problem, { source }: Linted): string {
  const line = (source.split("\n")[at.line - 1] ?? "").trim().replaceAll(/\s+/g, " ");
  return createHash("sha256").update(`${code}\0${text}\0${line}`).digest("hex").slice(0, 32);
}
