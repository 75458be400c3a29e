import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lintPolicy } from "../../policy/lint/lint.ts";
import { RULES } from "../../policy/rules/rules.ts";
import { PACKAGE } from "../support/daemon.ts";
import { EXAMPLE_METHODS, NOW_MS } from "./support.ts";

/*
 * Writes anew what is expected of each file of the corpus: node dist/test/policy/make-expected.js. Then look at every line
 * of the difference: is the place where one looks, and does the hint say what to do?
 */
const folder = join(PACKAGE, "test/policy-bad");
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
const expected = files.toSorted().map((file) => {
  const methods = file.includes("-of-the-rule") && RULES.get(file.slice(0, 4))?.needsMethods === true;
  const { problems } = lintPolicy(
    readFileSync(join(folder, file)),
    methods ? EXAMPLE_METHODS : undefined,
    NOW_MS,
  );
  const findings = problems.map(({ code, severity, at, hint }) => ({
    code,
    severity,
    line: at.line,
    column: at.column,
    hint: hint ?? null,
  }));
  return [file, methods ? { methods, findings } : { findings }];
});
writeFileSync(
  join(folder, "expected.json"),
  `${JSON.stringify(Object.fromEntries(expected), undefined, 2)}\n`,
);
