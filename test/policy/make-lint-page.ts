import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lintPage } from "../../policy/lint-page.ts";
import { PACKAGE } from "../support/daemon.ts";

// Writes the page of the rules anew, after a change of the table: node dist/test/policy/make-lint-page.js
writeFileSync(join(PACKAGE, "docs/lint.md"), lintPage());
