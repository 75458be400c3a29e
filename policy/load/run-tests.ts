import { Fault } from "../../base/fault.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Problem } from "../../yaml/problem.ts";
import type { Policy } from "../decide/compile.ts";
import { decide } from "../decide/decide.ts";
import type { PrincipalOr } from "../decide/principals.ts";
import { excessWords } from "../decide/who.ts";
import { bindLiteral, catalogueOfNames } from "../explain/bind-literal.ts";
import { type Condition, type DecisionRecord, explain, isOwn } from "../explain/explain.ts";
import { reasonWords } from "../explain/words.ts";
import { covers } from "../syntax/pattern.ts";
import type { TestCall, TestPrincipal, TestTree } from "../syntax/test-tree.ts";
import { ALWAYS, holdsAt, windowWords } from "../syntax/window.ts";

/** What came of one call of an embedded test. */
export interface TestResult {
  readonly test: TestTree;
  readonly call: TestCall;
  readonly expected: "allow" | "deny";
  /** `undecided`: without the method's parameters nobody can say, and with them the daemon will. */
  readonly outcome: "passed" | "failed" | "undecided";
  /** Why it did not pass. */
  readonly why: string | undefined;
  /** Why it passes, or would, for another reason than its author thinks: a misspelt method, a principal that cannot be. */
  readonly vacuous?: Vacuous | undefined;
  /** Whether it will come to something else one day. */
  readonly isTimed: boolean;
}

/** Why a deny test says nothing about the arguments that it names, and what to do. */
interface Vacuous {
  readonly why: string;
  readonly hint: string;
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
      const { why, isDecided, vacuous } = verdict(policy, test, call, { catalogue, methods }, nowMs);
      const asked = {
        test,
        call,
        expected,
        vacuous,
        isTimed: test.atMs === undefined && isTimed(policy, test, call),
      };
      if (!isDecided) return { ...asked, outcome: "undecided", why };
      return (why === undefined) === (expected === "allow")
        ? { ...asked, outcome: "passed", why: undefined }
        : { ...asked, outcome: "failed", why: why ?? "a grant admits it" };
    };
    return [...test.allow.map((call) => run(call, "allow")), ...test.deny.map((call) => run(call, "deny"))];
  });
}

/** What is wrong, as the linter says it. @param nowMs - milliseconds since 1970, the moment that they were run for */
export function testProblems(results: readonly TestResult[], nowMs: number): Problem[] {
  const timed = new Set(results.filter(({ isTimed: is }) => is).map(({ test }) => test));
  return [...results.flatMap(resultProblem), ...[...timed].map((test) => timeProblem(test, nowMs))];
}

function resultProblem({ call: { at }, expected, outcome, why, vacuous }: TestResult): Problem[] {
  if (outcome === "undecided") {
    const hint = "--catalogue FILE names the methods, as rpcd --catalogue prints them";
    return [{ code: "P510", severity: "warning", at, text: `the test was not run: ${why}`, hint }];
  }
  if (outcome === "failed") {
    const text =
      expected === "allow"
        ? `the test wants this call allowed, and it is denied: ${why}`
        : "the test wants this call denied, and it is allowed";
    return [{ code: "P601", severity: "error", at, text, hint: "mend the grant, or the test" }];
  }
  if (expected === "allow" || vacuous === undefined) return [];
  const text = `the call is denied whatever its arguments are: ${vacuous.why}`;
  return [{ code: "P605", severity: "warning", at, text, hint: vacuous.hint }];
}

function timeProblem({ at }: TestTree, nowMs: number): Problem {
  const text = "the test depends on a window of time and names no moment: one day it will fail";
  const fix = { kind: "put_first", entry: `at: ${new Date(nowMs).toISOString()}` } as const;
  return { code: "P603", severity: "warning", at, text, hint: "name one: at: 2026-06-01T12:00:00Z", fix };
}

/** Whether what decides the call has a window of time. */
function isTimed({ tree }: Policy, { as }: TestTree, { call }: TestCall): boolean {
  const windows = [
    ...(as.kind === "identity" ? [tree.identities.get(as.identity.name)?.valid] : []),
    ...[...tree.grants.values()]
      .filter((grant) => grant.call.some((pattern) => covers(pattern, call.method)))
      .map(({ valid }) => valid),
  ];
  return windows.some((window) => window !== undefined && windowWords(window) !== undefined);
}

interface TestVerdict {
  /** why the call is denied; nothing where it is allowed */
  readonly why: string | undefined;
  readonly isDecided: boolean;
  readonly vacuous?: Vacuous | undefined;
}

function verdict(
  policy: Policy,
  { as, via, isViaGiven, from, atMs }: TestTree,
  { call }: TestCall,
  { catalogue, methods }: { readonly catalogue: Catalogue | undefined; readonly methods: Catalogue },
  checkedAtMs: number,
): TestVerdict {
  const nowMs = atMs ?? checkedAtMs;
  const found = principalOf(policy, as, nowMs);
  if (!found.ok)
    return {
      why: found.reason,
      isDecided: true,
      vacuous: as.kind === "certificate" ? withAnyPolicy(found.reason) : undefined,
    };
  const { principal } = found;
  const peer = { via, address: from?.address, text: from?.text };
  const args = bindLiteral(call, catalogue?.get(call.method));
  if (args instanceof Fault)
    return { why: args.detail, isDecided: true, vacuous: withAnyPolicy(args.detail) };
  const row = policy.table(principal, peer, methods, nowMs).rows.get(call.method);
  if (decide(row, args).allowed) return { why: undefined, isDecided: true };
  const record = explain(policy, call, { principal, peer, nowMs, bytes: 0 }, catalogue);
  const isUnknown = catalogue !== undefined && !catalogue.has(call.method);
  return {
    why: reasonWords(record),
    isDecided: record.decision !== "undecided",
    vacuous: isUnknown
      ? withAnyPolicy(`the daemon has no method '${call.method}'`)
      : byPeer(record, { via, isViaGiven, from }),
  };
}

function withAnyPolicy(why: string): Vacuous {
  return { why, hint: "change the test: it would pass with any policy" };
}

/** Where each grant that is for the principal asks for another peer than the test's, and the test does not say that it means that. */
function byPeer(
  { candidates }: DecisionRecord,
  { via, isViaGiven, from }: Pick<TestTree, "via" | "isViaGiven" | "from">,
): Vacuous | undefined {
  const own = candidates.filter(isOwn);
  const isMeant = isViaGiven && (via === "unix" || from !== undefined);
  const excludes = ({ on, holds }: Condition): boolean =>
    !holds && (on === "from" || (on === "via" && !isViaGiven));
  if (isMeant || own.length === 0 || !own.every(({ conditions }) => conditions.some(excludes)))
    return undefined;
  return isViaGiven
    ? {
        why: "each grant for it asks for an address, and the test names none",
        hint: "name one: from: 10.20.3.4",
      }
    : {
        why: "no grant for it holds over a Unix socket, and the test names no channel",
        hint: "name the peer that is meant: via: tls, from: 10.20.3.4; or via: unix, if that is what is tested",
      };
}

/** Who a test is about, or why nobody can be. */
function principalOf(policy: Policy, as: TestPrincipal, nowMs: number): PrincipalOr<string> {
  if (as.kind === "certificate") {
    const { authority, name, roles } = as;
    const found = policy.principalOfCertificate(
      authority.name,
      name.name,
      roles.map((role) => role.name),
      ALWAYS,
    );
    return found.ok ? found : { ok: false, reason: excessWords(found.reason) };
  }
  const { name } = as.identity;
  const principal = policy.identity(name);
  if (principal === undefined) return { ok: false, reason: `there is no identity '${name}'` };
  if (policy.isRevoked(name)) return { ok: false, reason: `every key of '${name}' is revoked` };
  return holdsAt(principal.valid, nowMs)
    ? { ok: true, principal }
    : { ok: false, reason: `'${name}' is not valid at ${new Date(nowMs).toISOString()}` };
}
