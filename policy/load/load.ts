import { createHash } from "node:crypto";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { hasErrors, inOrder, type Place, type Problem } from "../../yaml/problem.ts";
import { readYaml } from "../../yaml/read.ts";
import type { YamlComment } from "../../yaml/tree.ts";
import { checkAbsent } from "../check/absent.ts";
import { checkChannels } from "../check/channels.ts";
import { check } from "../check/check.ts";
import { checkMeaning } from "../check/meaning.ts";
import { checkNever } from "../check/never.ts";
import { checkRisks } from "../check/risk.ts";
import { checkSecrets } from "../check/secrets.ts";
import { checkTexts } from "../check/texts.ts";
import { checkVoid } from "../check/void.ts";
import { compile, type Policy } from "../decide/compile.ts";
import { RULES } from "../rules/rules.ts";
import { parsePolicy } from "../syntax/parse.ts";
import type { PolicyTree } from "../syntax/tree.ts";
import { runTests, type TestResult, testProblems } from "./run-tests.ts";
import { type Suppressed, suppress } from "./suppressions.ts";

/** What became of a file, as data: a thread can hand it to another. */
export interface CheckedPolicy {
  /** In the order of the text. */
  readonly problems: readonly Problem[];
  /** Missing exactly where one of the problems is an error. */
  readonly tree: PolicyTree | undefined;
  /** What comments in the file let be, with their reasons. */
  readonly suppressed: readonly Suppressed[];
  /** The text, for excerpts. */
  readonly source: string;
  /** `sha256:` and the hash of the bytes in hex, of a refused file too. */
  readonly hash: string;
}

export interface Loaded extends Omit<CheckedPolicy, "tree"> {
  /** Missing exactly where one of the problems is an error. */
  readonly policy: Policy | undefined;
}

/**
 * What the linter asks besides: checks that whoever edits a policy waits for, and nobody else. They change nothing about
 * whether the daemon loads the file.
 */
export type MoreChecks = (tree: PolicyTree, catalogue: Catalogue | undefined) => readonly Problem[];

/**
 * The whole way from bytes to a policy, the same for the daemon and for whoever asks a file:
 *
 *     bytes → strict YAML → tree with places → names → assertions → embedded tests → compile
 *
 * @param catalogue - where it is known, methods and arguments are held against it too
 * @param nowMs - milliseconds since 1970, for the tests that name no moment
 */
export function loadPolicy(
  bytes: Uint8Array,
  catalogue?: Catalogue,
  nowMs: number = Date.now(),
  more?: MoreChecks,
): Loaded {
  const { tree, ...checked } = checkPolicy(bytes, catalogue, nowMs, more);
  return { ...checked, policy: tree === undefined ? undefined : compile(tree, checked.hash) };
}

/** As {@link loadPolicy}, without the last step. */
export function checkPolicy(
  bytes: Uint8Array,
  catalogue: Catalogue | undefined,
  nowMs: number,
  more?: MoreChecks,
): CheckedPolicy {
  const { problems, results, tree, comments, ...file } = testPolicy(bytes, catalogue, nowMs);
  const all = [
    ...problems,
    ...testProblems(results, nowMs),
    ...(tree === undefined || more === undefined ? [] : more(tree, catalogue)),
  ];
  const asked = {
    knowsMethods: catalogue !== undefined,
    isMeant: tree !== undefined,
    comparesGrants: more !== undefined,
  };
  const weighed = suppress(all, comments, file.source, (code) => wasLookedFor(code, asked));
  const left = inOrder(weighed.problems);
  return {
    ...file,
    problems: left,
    suppressed: weighed.suppressed,
    tree: hasErrors(left) ? undefined : tree,
  };
}

interface CheckOptions {
  readonly knowsMethods: boolean;
  readonly isMeant: boolean;
  readonly comparesGrants: boolean;
}

function wasLookedFor(code: string, { knowsMethods, isMeant, comparesGrants }: CheckOptions): boolean {
  const { needsMethods = false, needsComparison = false } = RULES.get(code) ?? {};
  // P510 is also said of grants that were too many to be compared.
  const isCompared = comparesGrants || !(needsComparison || code === "P510");
  if ((needsMethods && !knowsMethods) || !isCompared) return false;
  return isMeant || !/^P[56]/.test(code);
}

export interface TestedPolicy extends Omit<CheckedPolicy, "suppressed"> {
  /** Of the embedded tests, in the order of the file; none where an error keeps them from being run. */
  readonly results: readonly TestResult[];
  readonly comments: readonly YamlComment[];
}

/** As {@link checkPolicy}, with what came of each embedded test, and no problem made of it; nothing is let be. */
export function testPolicy(bytes: Uint8Array, catalogue: Catalogue | undefined, nowMs: number): TestedPolicy {
  const hash = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const { root, problems: gate, source, comments } = readYaml(bytes);
  const file = { source, hash, comments };
  const text = [...gate, ...checkSecrets(source)];
  // Where the gate made no tree of a text, what is said of the missing tree would only mislead.
  if (root === undefined && hasErrors(gate))
    return { ...file, problems: inOrder(text), tree: undefined, results: [] };
  const { tree, problems: parsed, times } = parsePolicy(root);
  const found = [
    ...text.filter((problem) => !isAboutTime(problem, times)),
    ...parsed,
    ...check(tree, catalogue).filter(({ code }) => code !== "P304" || !hasErrors(parsed)),
    ...checkRisks(tree, catalogue),
    ...checkTexts(tree),
    ...checkAbsent(tree, catalogue),
    ...checkChannels(tree),
    ...checkVoid(tree),
    ...checkMeaning(tree, catalogue, nowMs),
  ];
  // Assertions and tests are about what the file means, and with an error in it nobody knows.
  if (hasErrors(found)) return { ...file, problems: inOrder(found), tree: undefined, results: [] };
  const problems = inOrder([...found, ...checkNever(tree, catalogue)]);
  return { ...file, problems, tree, results: runTests(compile(tree, hash), catalogue, nowMs) };
}

/** YAML 1.1 has times of its own; where the language reads one it says itself what it takes. */
function isAboutTime({ code, at }: Problem, times: readonly Place[]): boolean {
  return code === "P108" && times.some(({ line, column }) => line === at.line && column === at.column);
}
