import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { groupTests } from "./groups.ts";

/*
 * Writes `dist/groups/`, files that import test files: `node --test` starts a process for each file.
 *
 *     node dist/test/write-groups.js [FILE…]     all test files where none is given
 */

const TESTS = dirname(fileURLToPath(import.meta.url));
const GROUPS = join(TESTS, "..", "groups");

/** They measure the memory of their process, or count what it has open. */
const MEASURING = /^memory\/|^hostile\/leaks\.|^hostile\/mutations\.|^link\/deadlines\.|^client\/client\./;

/** A hook outside of a suite is one of the whole process. */
const HOOK = /^(?:before|after|beforeEach|afterEach)\(/m;

function isAlone(file: string): boolean {
  return MEASURING.test(file) || HOOK.test(readFileSync(join(TESTS, file), "utf8"));
}

const given = process.argv.slice(2).map((path) => relative(TESTS, path));
const files = given.length > 0 ? given : readdirSync(TESTS, { recursive: true, encoding: "utf8" });
const groups = groupTests(
  files.filter((file) => file.endsWith(".test.js")),
  isAlone,
);
rmSync(GROUPS, { recursive: true, force: true });
mkdirSync(GROUPS);
groups.forEach((group, i) => {
  const folder = group.folder === "." ? "all" : group.folder;
  const imports = group.files.map((file) => `import "../test/${file}";\n`).join("");
  // In this order they are run.
  writeFileSync(join(GROUPS, `${String(i).padStart(3, "0")}-${folder}.test.js`), imports);
});
