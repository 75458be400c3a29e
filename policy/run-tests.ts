import type { Catalogue } from "../base/catalogue.ts";
import { Fault } from "../base/fault.ts";
import { bindLiteral, catalogueOfNames } from "./bind-literal.ts";
import type { Policy } from "./compile.ts";
import { decide } from "./decide.ts";
import { explain, reasonWords } from "./explain.ts";
import type { Principal } from "./principals.ts";
import type { Problem } from "./problem.ts";
import type { TestCall, TestPrincipal, TestTree } from "./test-tree.ts";
import { excessWords } from "./who.ts";
import { ALWAYS, holdsAt } from "./window.ts";

/** What came of one call of an embedded test. */
export interface TestResult {
  readonly test: TestTree;
  readonly call: TestCall;
  readonly expected: "allow" | "deny";
  /** `undecided`: without the method's parameters nobody can say, and with them the daemon will. */
  readonly outcome: "passed" | "failed" | "undecided";
  /** Why it did not pass. */
  readonly why: string | undefined;
}

/**
 * Runs the embedded tests with the engine that decides calls. They are closed: nothing outside the file matters to
 * them, but the catalogue and, for a test without `at`, the moment.
 */
export function runTests(policy: Policy, catalogue: Catalogue | undefined, nowMs: number): TestResult[] {
  const names = policy.tree.tests.flatMap(({ allow, deny }) =>
    [...allow, ...deny].map(({ call }) => call.method),
  );
  const methods = catalogue ?? catalogueOfNames(new Set(names));
  return policy.tree.tests.flatMap((test) => {
    const run = (call: TestCall, expected: TestResult["expected"]): TestResult => {
      const { why, isDecided } = verdict(policy, test, call, { catalogue, methods }, nowMs);
      if (!isDecided) return { test, call, expected, outcome: "undecided", why };
      return (why === undefined) === (expected === "allow")
        ? { test, call, expected, outcome: "passed", why: undefined }
        : { test, call, expected, outcome: "failed", why: why ?? "a grant admits it" };
    };
    return [...test.allow.map((call) => run(call, "allow")), ...test.deny.map((call) => run(call, "deny"))];
  });
}

/** What is wrong, as the linter says it. */
export function testProblems(results: readonly TestResult[]): Problem[] {
  return results.flatMap(({ call: { at }, expected, outcome, why }): Problem[] => {
    if (outcome === "passed") return [];
    if (outcome === "undecided") {
      const hint = "--catalogue FILE names the methods, as rpcd --catalogue prints them";
      return [{ code: "P510", severity: "warning", at, text: `the test was not run: ${why}`, hint }];
    }
    const text =
      expected === "allow"
        ? `the test wants this call allowed, and it is denied: ${why}`
        : "the test wants this call denied, and it is allowed";
    return [{ code: "P601", severity: "error", at, text, hint: "mend the grant, or the test" }];
  });
}

interface Verdict {
  /** why the call is denied; nothing where it is allowed */
  readonly why: string | undefined;
  readonly isDecided: boolean;
}

function verdict(
  policy: Policy,
  { as, via, from, atMs }: TestTree,
  { call }: TestCall,
  { catalogue, methods }: { readonly catalogue: Catalogue | undefined; readonly methods: Catalogue },
  checkedAtMs: number,
): Verdict {
  const nowMs = atMs ?? checkedAtMs;
  const principal = principalOf(policy, as, nowMs);
  if (typeof principal === "string") return { why: principal, isDecided: true };
  const peer = { via, address: from?.address, text: from?.text };
  const args = bindLiteral(call, catalogue?.get(call.method));
  if (args instanceof Fault) return { why: args.detail, isDecided: true };
  const row = policy.table(principal, peer, methods, nowMs).rows.get(call.method);
  if (decide(row, args).allowed) return { why: undefined, isDecided: true };
  const record = explain(policy, call, { principal, peer, nowMs, bytes: 0 }, catalogue);
  return { why: reasonWords(record), isDecided: record.unmatched.length === 0 };
}

/** Who a test is about, or why nobody can be. */
function principalOf(policy: Policy, as: TestPrincipal, nowMs: number): Principal | string {
  if (as.kind === "certificate") {
    const { authority, name, roles } = as;
    const found = policy.certified(
      authority.name,
      name.name,
      roles.map((role) => role.name),
      ALWAYS,
    );
    return typeof found === "string" ? excessWords(found) : found;
  }
  const { name } = as.identity;
  const principal = policy.identity(name);
  if (principal === undefined) return `there is no identity '${name}'`;
  if (policy.isRevoked(name)) return `every key of '${name}' is revoked`;
  return holdsAt(principal.valid, nowMs)
    ? principal
    : `'${name}' is not valid at ${new Date(nowMs).toISOString()}`;
}
