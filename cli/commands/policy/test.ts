import { escapeText } from "../../../base/escape.ts";
import { type TestResult, testPolicy, testWords } from "../../../policy/engine.ts";
import { hasErrors } from "../../../yaml/problem.ts";
import { catalogueOf, readPolicyBytes, refusal } from "../../policy/file.ts";
import { CATALOGUE_FILE, readMoment } from "../../policy/options.ts";
import { jsonText } from "../../print/json.ts";
import { CONNECTION } from "../../settings/options.ts";
import { defineCommand } from "../../words/command.ts";

export default defineCommand({
  examples: [
    ["rpcctl policy test policy.yaml", "run the tests that stand in the file"],
    ["rpcctl policy test --catalogue methods.json policy.yaml", "with the daemon's methods, as it runs them"],
  ],
  options: {
    file: { kind: "word", describe: "the policy to read; - is standard input" },
    ...CATALOGUE_FILE,
    live: { kind: "flag", describe: "ask the running daemon for its methods instead" },
    at: {
      kind: "text",
      value: "TIME",
      describe: "the moment for tests that name none; now where nothing is said",
    },
    ...CONNECTION,
  },
  notes:
    "It ends with 0 if all pass, 1 if there are none or some were not run, 5 if one fails or the daemon would refuse the file (rpcctl help exit-codes).",

  run: async ({ file, catalogue: methods, live, at, json, ...options }, io) => {
    const nowMs = readMoment(at);
    const catalogue = await catalogueOf({ file: methods, live }, options, io);
    const { results, problems } = testPolicy(
      await readPolicyBytes(file, io, options.timeout),
      catalogue,
      nowMs,
    );
    if (hasErrors(problems)) throw refusal(file, problems);
    const counts = countsOf(results);
    if (json) io.out(jsonText({ tests: results.length, ...counts, results: results.map(resultData) }));
    else for (const line of lines(file, results)) io.out(escapeText(line));
    if (counts.failed > 0) return "refused";
    return counts.undecided > 0 || results.length === 0 ? "findings" : "ok";
  },
});

function countsOf(results: readonly TestResult[]): Readonly<Record<TestResult["outcome"], number>> {
  const counts = { passed: 0, failed: 0, undecided: 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

const MARKS: Readonly<Record<TestResult["outcome"], string>> = { passed: "✓", failed: "✗", undecided: "?" };

function lines(file: string, results: readonly TestResult[]): string[] {
  if (results.length === 0) return [`there are no tests in ${file}`];
  const { passed, failed, undecided } = countsOf(results);
  const counts = [
    `${passed} as expected`,
    ...(failed === 0 ? [] : [`${failed} not`]),
    ...(undecided === 0 ? [] : [`${undecided} not run for want of --catalogue FILE`]),
  ];
  return [
    ...results.flatMap((result, i) => [
      ...(result.test === results[i - 1]?.test ? [] : [testWords(result.test)]),
      resultLine(file, result),
    ]),
    `${results.length} calls tested: ${counts.join(", ")}`,
  ];
}

function resultLine(file: string, { call, expected, outcome, why }: TestResult): string {
  const place = why === undefined ? "" : `  (${file}:${call.at.line}:${call.at.column}: ${why})`;
  return `  ${MARKS[outcome]} ${expected.padEnd(5)} ${call.text}${place}`;
}

function resultData({ test, call, expected, outcome, why }: TestResult): object {
  return { as: testWords(test), call: call.text, expected, outcome, why: why ?? null, ...call.at };
}
