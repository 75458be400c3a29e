import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Policy } from "../../policy/decide/compile.ts";
import { decide } from "../../policy/decide/decide.ts";
import { fixPolicy } from "../../policy/lint/fixes.ts";
import { changesFindings, formatYaml } from "../../policy/lint/format.ts";
import { lintPolicy } from "../../policy/lint/lint.ts";
import { meaning } from "../../policy/lint/meaning.ts";
import { RULES } from "../../policy/rules/rules.ts";
import { ALWAYS } from "../../policy/syntax/window.ts";
import { hasErrors } from "../../yaml/problem.ts";
import { PACKAGE } from "../support/daemon.ts";
import { bound, EXAMPLE_METHODS, method, NOW_MS, PEER, param } from "./support.ts";

const FOLDER = join(PACKAGE, "test/policy-bad");
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));

interface Expected {
  /** Whether the methods of the rules' examples are known. */
  readonly methods?: boolean;
  /** Each looked at by a person: the place is where one looks, the hint says what to do. */
  readonly findings: readonly object[];
}
const EXPECTED: Readonly<Record<string, Expected>> = JSON.parse(
  readFileSync(join(FOLDER, "expected.json"), "utf8"),
);

const load = (bytes: Uint8Array, { methods }: Pick<Expected, "methods">): ReturnType<typeof lintPolicy> =>
  lintPolicy(bytes, methods === true ? EXAMPLE_METHODS : undefined, NOW_MS);

/** One value for all arguments at a time; the words are those that readers of YAML differ about. */
const VALUES = [
  0,
  1,
  12,
  "x",
  "no",
  "on",
  "yes",
  "off",
  "~",
  "012",
  "12:30",
  true,
  false,
  null,
  "/a",
  new Uint8Array(1),
];

/** Whether each of many calls is allowed: of everybody that the file knew, by each method that it named. */
function decisionsOf(policy: Policy, { tree }: Policy): readonly boolean[] {
  const grants = [...tree.grants.values()];
  const names = grants.flatMap(({ call }) =>
    call.map(({ text }) => text.replaceAll("**", "x.y").replaceAll("*", "x")),
  );
  const keys = grants.flatMap(({ args }) =>
    args?.kind === "record" ? args.fields.map(({ key }) => key) : [],
  );
  const methods = new Map(
    ["other", ...names].map((name) => [
      name,
      method(
        name,
        keys.map((key) => param(key, { optional: true })),
      ),
    ]),
  );
  const certificate = { name: "id:ca/web-1", roles: [...tree.roles.keys()], valid: ALWAYS };
  const callers = [...[...tree.identities.keys()].map((name) => policy.identity(name)), certificate];
  return callers.flatMap((caller) =>
    [...methods.keys()].flatMap((name) =>
      [undefined, ...VALUES].map((value) => {
        const args = bound(value === undefined ? {} : Object.fromEntries(keys.map((key) => [key, value])));
        const row = caller && policy.table(caller, PEER, methods, NOW_MS).rows.get(name);
        return row !== undefined && decide(row, args).allowed;
      }),
    ),
  );
}

describe("bad policies", () => {
  test("are more than 150, each with what is expected of it, and show every rule", () => {
    assert.ok(FILES.length >= 150, String(FILES.length));
    assert.deepEqual(Object.keys(EXPECTED).toSorted(), FILES.toSorted());
    const shown = new Set(
      Object.values(EXPECTED).flatMap(({ findings }) =>
        findings.map((one) => (one as { code: string }).code),
      ),
    );
    assert.deepEqual([...shown].toSorted(), [...RULES.keys()]);
  });

  for (const file of FILES)
    test(`${file}: what is found, where, and what to do, and the daemon refuses it exactly if one is an error`, () => {
      const expected = EXPECTED[file] ?? assert.fail("nothing is expected of it");
      const bytes = readFileSync(join(FOLDER, file));
      const { problems, policy } = load(bytes, expected);
      assert.deepEqual(
        problems.map(({ code, severity, at, hint = null }) => ({
          code,
          severity,
          line: at.line,
          column: at.column,
          hint,
        })),
        expected.findings,
      );
      assert.notEqual(problems.length, 0);
      assert.equal(policy === undefined, hasErrors(problems));
    });

  test("mended: none gets worse, and what loads allows no more than before: no call that was denied", () => {
    let mended = 0;
    const calls = { denied: 0, allowed: 0 };
    for (const file of FILES) {
      const bytes = readFileSync(join(FOLDER, file));
      if (!Buffer.from(bytes.toString()).equals(bytes)) continue;
      const before = load(bytes, {});
      const { text, codes } = fixPolicy(bytes.toString(), undefined, NOW_MS);
      const after = load(Buffer.from(text), {});
      if (codes.length > 0) mended++;
      assert.ok(after.problems.length <= before.problems.length, file);
      if (before.policy === undefined) continue;
      assert.ok(after.policy !== undefined, file);
      const grants = (one: Policy): ReadonlyMap<string, string> =>
        new Map([...one.tree.grants].map(([id, grant]) => [id, meaning(grant)]));
      const then = grants(before.policy);
      for (const [id, grant] of grants(after.policy)) assert.equal(grant, then.get(id), `${file}: ${id}`);
      if (codes.length === 0) continue;
      const [was, is] = [decisionsOf(before.policy, before.policy), decisionsOf(after.policy, before.policy)];
      was.forEach((allowed, i) => {
        calls[allowed ? "allowed" : "denied"]++;
        if (!allowed) assert.equal(is[i], false, file);
      });
    }
    assert.ok(mended >= 20, `${mended} files were mended`);
    assert.ok(calls.denied > 100 && calls.allowed > 30, JSON.stringify(calls));
  });

  test("formatted: those that are YAML say the same, and the others say why not", () => {
    const left: string[] = [];
    for (const file of FILES) {
      const bytes = readFileSync(join(FOLDER, file));
      const found = formatYaml(bytes);
      if ("problems" in found) {
        assert.ok(hasErrors(found.problems), file);
        continue;
      }
      if (changesFindings(bytes, found.text)) {
        left.push(file);
        continue;
      }
      const after = load(Buffer.from(found.text), {});
      assert.equal(after.policy === undefined, load(bytes, {}).policy === undefined, file);
    }
    assert.deepEqual(left, ["P203-multiline-name.yaml"]);
  });
});
