import type { Rule } from "../rules/rule.ts";
import { RULES } from "../rules/rules.ts";

/** What `rpcctl policy lint --explain CODE` prints. */
export function ruleText(rule: Rule): string {
  const { code, name, severity, what, why, bad, good } = rule;
  const parts = [
    `${code} ${name} (${severity}${rule.needsMethods === true ? ", with --catalogue" : ""}${rule.needsComparison === true ? ", by the linter only" : ""})`,
    what,
    "",
    why,
    "",
    "Found in:",
    "",
    indented(bad),
    "Not found in:",
    "",
    indented(good),
    suppressWords(rule),
  ];
  return parts.join("\n");
}

/** One line a rule, for the list. */
export function ruleLine({ code, name, severity, what }: Rule): string {
  return `${code}  ${severity.padEnd(7)}  ${name.padEnd(28)}  ${what}`;
}

/** docs/lint.md, which a test holds to this. */
export function lintPage(): string {
  const rules = [...RULES.values()];
  const rows = rules.map(
    (rule) =>
      `| [${rule.code}](#${rule.code.toLowerCase()}-${rule.name})${rule.needsMethods === true ? " †" : ""}${rule.needsComparison === true ? " ‡" : ""} | ${rule.severity} | ${rule.name} | ${rule.what} |`,
  );
  const sections = rules.map(
    (rule) =>
      `## ${rule.code} ${rule.name}\n\n${sentence(rule.what)} ${rule.why}\n\n\`\`\`text\n${shown(rule.bad)}\`\`\`\n\nNot so in:\n\n\`\`\`text\n${shown(rule.good)}\`\`\`\n\n${suppressWords(rule)}\n`,
  );
  return `${HEAD}\n${rows.join("\n")}\n\n${sections.join("\n")}`;
}

const HEAD = `# The rules of the linter

\`rpcctl policy lint FILE\` holds a policy file against these rules. An error is exactly what the daemon refuses; a warning is what
it loads and most people do not mean. A code never changes its meaning. \`rpcctl policy lint --explain P301\` prints a section of
this page, which is made from the same table as the linter's own words (\`policy/rules/rules.ts\`). The rules marked † need the daemon's
methods: \`rpcd --catalogue > METHODS\`, then \`--catalogue METHODS\`; without them they are skipped, and that is said. The rules
marked ‡ compare all grants with each other. Only the linter takes the time for that, neither the daemon nor the commands that
ask a file about a call.

A comment lets a finding be, with a reason; an error cannot be let be:

\`\`\`yaml
policy: 1
grants:
  # lint: allow P401 this is my own machine
  owner: {to: everyone, call: "**", args: any}
\`\`\`

On a line of its own it is about the next line and all that is indented below it, else about its own line.

| code | | name | what |
| --- | --- | --- | --- |`;

function sentence(what: string): string {
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;
}

function suppressWords({ suppress, severity }: Rule): string {
  if (suppress !== undefined) return `Let it be: ${suppress.charAt(0).toLowerCase()}${suppress.slice(1)}`;
  return severity === "error"
    ? "It cannot be let be: the daemon refuses the file."
    : "There is nothing to let be: mend it.";
}

function indented(text: string): string {
  return shown(text)
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}\n`)
    .join("");
}

/** What cannot be seen is written as it would be between double quotes; long lines of keys are cut. */
function shown(text: string): string {
  return text.replaceAll("\t", "\\t").replaceAll("\u200b", "\\u200b");
}
