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
  readonly call: TestCall;
  readonly expected: "allow" | "deny";
  readonly passed: boolean;
  /** Why it is not as expected. */
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
      const why = verdict(policy, test, call, { catalogue, methods }, nowMs);
      const passed = (why === undefined) === (expected === "allow");
      return { call, expected, passed, why: passed ? undefined : (why ?? "a grant admits it") };
    };
    return [...test.allow.map((call) => run(call, "allow")), ...test.deny.map((call) => run(call, "deny"))];
  });
}

/** What is wrong, as the linter says it. */
export function testProblems(results: readonly TestResult[]): Problem[] {
  return results
    .filter(({ passed }) => !passed)
    .map(({ call, expected, why }) => ({
      code: "P601",
      severity: "error",
      at: call.at,
      text:
        expected === "allow"
          ? `the test wants this call allowed, and it is denied: ${why}`
          : `the test wants this call denied, and it is allowed`,
      hint: "mend the grant, or the test",
    }));
}

/** @returns why the call is denied, or nothing where it is allowed */
function verdict(
  policy: Policy,
  { as, via, from, atMs = Number.NaN }: TestTree,
  { call }: TestCall,
  { catalogue, methods }: { readonly catalogue: Catalogue | undefined; readonly methods: Catalogue },
  checkedAtMs: number,
): string | undefined {
  const nowMs = Number.isNaN(atMs) ? checkedAtMs : atMs;
  const principal = principalOf(policy, as, nowMs);
  if (typeof principal === "string") return principal;
  const peer = { via, address: from };
  const args = bindLiteral(call, catalogue?.get(call.method));
  if (args instanceof Fault) return args.detail;
  const row = policy.table(principal, peer, methods, nowMs).rows.get(call.method);
  if (decide(row, args).allowed) return undefined;
  return reasonWords(explain(policy, call, { principal, peer, nowMs, bytes: 0 }, catalogue));
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
