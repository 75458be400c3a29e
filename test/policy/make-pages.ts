import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { policySchema } from "../../policy/json-schema/schema.ts";
import { lintPage } from "../../policy/lint/page.ts";
import { PACKAGE } from "../support/daemon.ts";

// Writes what is made from tables of the code anew, after a change of them: node dist/test/policy/make-pages.js
writeFileSync(join(PACKAGE, "docs/lint.md"), lintPage());
writeFileSync(join(PACKAGE, "docs/policy.schema.json"), `${JSON.stringify(policySchema(), undefined, 2)}\n`);
