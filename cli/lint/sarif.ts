import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import { type Edit, RULES, type Suppressed } from "../../policy/linter.ts";
import { Positions } from "../../yaml/positions.ts";
import type { Place, Problem, Severity } from "../../yaml/problem.ts";
import { readYaml } from "../../yaml/read.ts";
import type { YamlEntry, YamlNode } from "../../yaml/tree.ts";
import { choicesFor, editFor, type Linted, type LintRun, placeOf } from "./linted.ts";

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
        results: files.flatMap((linted) => {
          const result = resultIn(linted);
          return [...linted.problems.map(result), ...linted.suppressed.map((one) => letBe(result, one))];
        }),
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

type Result = (problem: Problem) => object;

function resultIn(linted: Linted): Result {
  const { file, source } = linted;
  const [positions, fingerprint] = [new Positions(source), fingerprints(source)];
  return (problem) => {
    const { code, severity, at, text, hint, related } = problem;
    const edit = editFor(problem, linted);
    const fixes = [
      ...(edit === undefined ? [] : [fixOf(file, edit, "What rpcctl policy lint --fix does.", positions)]),
      ...choicesFor(problem, linted).map((choice) =>
        fixOf(file, choice.edit, `What to change if this is meant: ${choice.meant}.`, positions),
      ),
    ];
    return {
      ruleId: code,
      ruleIndex: CODES.indexOf(code),
      level: LEVELS[severity],
      message: { text: hint === undefined ? text : `${text}: ${hint}` },
      locations: [physical(file, at)],
      partialFingerprints: { "policyFinding/v1": fingerprint(problem) },
      ...(related === undefined || related.length === 0
        ? {}
        : {
            relatedLocations: related.map((other) => ({
              ...physical(file, other.at),
              message: { text: other.text },
            })),
          }),
      ...(fixes.length === 0 ? {} : { fixes }),
    };
  };
}

function letBe(result: Result, { problem, reason }: Suppressed): object {
  return { ...result(problem), suppressions: [{ kind: "inSource", justification: reason }] };
}

function fixOf(file: string, edit: Edit, what: string, positions: Positions): object {
  const deletedRegion = region(placeOf(edit, positions));
  const content = edit.text === "" ? {} : { insertedContent: { text: edit.text } };
  return {
    description: { text: what },
    artifactChanges: [{ artifactLocation: location(file), replacements: [{ deletedRegion, ...content }] }],
  };
}

function physical(file: string, at: Place): object {
  return { physicalLocation: { artifactLocation: location(file), region: region(at) } };
}

function region({ line, column, endLine, endColumn }: Place): object {
  return {
    startLine: line,
    startColumn: column,
    ...(endLine === undefined ? {} : { endLine }),
    ...(endColumn === undefined ? {} : { endColumn }),
  };
}

/** A relative path stays one: it is looked up from where the report is read. */
function location(file: string): { readonly uri: string } {
  if (file === "-") return { uri: "stdin" };
  return {
    uri: file.startsWith("/") ? pathToFileURL(file).href : file.split("/").map(encodeURIComponent).join("/"),
  };
}

/** The same for a finding that has only moved: by its rule, its grant and what it is about, not by its line. */
function fingerprints(source: string): (problem: Problem) => string {
  const lines = source.split("\n");
  const owners = ownersIn(readYaml(Buffer.from(source)).root);
  return ({ code, at, text }) => {
    // The last that begins at the place or before it: there are no others between.
    const owner = owners.findLast(
      ({ at: { line, column } }) => line < at.line || (line === at.line && column <= at.column),
    );
    const snippet = (lines[at.line - 1] ?? "").trim().replaceAll(/\s+/g, " ");
    const parts = [code, owner?.name ?? "", text, snippet];
    return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 32);
  };
}

interface RuleOwner {
  readonly at: Place;
  readonly name: string;
}

/** The sections, and the grants, assertions and whatever has a name in them: `grants/deploy`. In the order of the text. */
function ownersIn(root: YamlNode | undefined): readonly RuleOwner[] {
  return entriesOf(root).flatMap(({ key, keyAt, value }) => [
    { at: keyAt, name: key },
    ...entriesOf(value).map((own) => ({ at: own.keyAt, name: `${key}/${own.key}` })),
  ]);
}

function entriesOf(node: YamlNode | undefined): readonly YamlEntry[] {
  return node?.kind === "map" ? [...node.entries.values()] : [];
}
