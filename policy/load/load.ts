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
import type { RulePhase } from "../rules/rule.ts";
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
 *     bytes ─▶ read ─▶ parse ─▶ check ─▶ assertions ─▶ compile ─▶ tests ─▶ policy
 *               strict  a tree   names,    what must     once, for  the embedded ones
 *               YAML    with     risks,    never be      the tests
 *                       places   methods                 and for use
 *
 * An error in one step keeps the later ones from being tried: what they would say of a file that means nothing would mislead.
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
  const tested = examine(bytes, catalogue, nowMs);
  const { tree, ...checked } = weigh(tested, catalogue, nowMs, more);
  return { ...checked, policy: tree === undefined ? undefined : tested.policy };
}

/** As {@link loadPolicy}, with the tree in the place of the policy: a thread can hand it to another. */
export function checkPolicy(
  bytes: Uint8Array,
  catalogue: Catalogue | undefined,
  nowMs: number,
  more?: MoreChecks,
): CheckedPolicy {
  return weigh(examine(bytes, catalogue, nowMs), catalogue, nowMs, more);
}

export interface TestedPolicy extends Omit<CheckedPolicy, "suppressed"> {
  /** Of the embedded tests, in the order of the file; none where an error keeps them from being run. */
  readonly results: readonly TestResult[];
  readonly comments: readonly YamlComment[];
}

/** As {@link checkPolicy}, with what came of each embedded test, and no problem made of it; nothing is let be. */
export function testPolicy(bytes: Uint8Array, catalogue: Catalogue | undefined, nowMs: number): TestedPolicy {
  const { policy: _policy, tried: _tried, ...tested } = examine(bytes, catalogue, nowMs);
  return tested;
}

/** A file after all steps that its errors let be tried. */
interface ExaminedPolicy extends TestedPolicy {
  /** Missing exactly where the tree is. */
  readonly policy: Policy | undefined;
  /** The phases of the rules that were tried. */
  readonly tried: ReadonlySet<RulePhase>;
}

/** What is tried of a text that is no YAML that is taken; of a file with parts that have no form; of one without errors. */
const TRIED_OF_TEXT: readonly RulePhase[] = ["text", "comments"];
const TRIED_OF_BROKEN: readonly RulePhase[] = [...TRIED_OF_TEXT, "shape"];
const TRIED_OF_TREE: readonly RulePhase[] = [...TRIED_OF_BROKEN, "names", "risks"];
const TRIED_OF_WHOLE: readonly RulePhase[] = [...TRIED_OF_TREE, "assertions", "tests"];

/** All steps, one after the other, to the first that finds an error. */
function examine(bytes: Uint8Array, catalogue: Catalogue | undefined, nowMs: number): ExaminedPolicy {
  const text = read(bytes);
  const { source, hash, comments } = text;
  const stopped = (problems: readonly Problem[], tried: readonly RulePhase[]): ExaminedPolicy => ({
    source,
    hash,
    comments,
    problems: inOrder(problems),
    tree: undefined,
    policy: undefined,
    results: [],
    tried: new Set(tried),
  });
  // Where no tree was composed of a text, what is said of the missing tree would only mislead.
  if (text.root === undefined && text.isRefused) return stopped(text.problems, TRIED_OF_TEXT);
  const parsed = parsePolicy(text.root);
  const { tree } = parsed;
  const isBroken = hasErrors(parsed.problems);
  const found = [
    ...text.problems.filter((problem) => !isAboutTime(problem, parsed.times)),
    ...parsed.problems,
    ...checkTree(tree, isBroken, catalogue, nowMs),
  ];
  if (hasErrors(found)) return stopped(found, isBroken ? TRIED_OF_BROKEN : TRIED_OF_TREE);
  const problems = inOrder([...found, ...checkNever(tree, catalogue)]);
  const policy = compile(tree, hash);
  const results = runTests(policy, catalogue, nowMs);
  return { source, hash, comments, problems, tree, policy, results, tried: new Set(TRIED_OF_WHOLE) };
}

interface PolicyText extends ReturnType<typeof readYaml> {
  readonly hash: string;
  /** Whether the text is no YAML that is taken. */
  readonly isRefused: boolean;
}

function read(bytes: Uint8Array): PolicyText {
  const hash = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const yaml = readYaml(bytes);
  const problems = [...yaml.problems, ...checkSecrets(yaml.source)];
  return { ...yaml, problems, hash, isRefused: hasErrors(yaml.problems) };
}

/** @param isBroken - whether a part of the file is missing from the tree, since it could not be parsed */
function checkTree(
  tree: PolicyTree,
  isBroken: boolean,
  catalogue: Catalogue | undefined,
  nowMs: number,
): readonly Problem[] {
  return [
    ...check(tree, catalogue).filter(({ code }) => code !== "P304" || !isBroken),
    ...checkRisks(tree, catalogue),
    ...checkTexts(tree),
    ...checkAbsent(tree, catalogue),
    ...checkChannels(tree),
    ...checkVoid(tree),
    ...checkMeaning(tree, catalogue, nowMs),
  ];
}

/** Adds what came of the tests and of the linter's own checks, and takes out what comments let be. */
function weigh(
  { problems, results, tree, source, hash, comments, tried }: ExaminedPolicy,
  catalogue: Catalogue | undefined,
  nowMs: number,
  more: MoreChecks | undefined,
): CheckedPolicy {
  const all = [
    ...problems,
    ...testProblems(results, nowMs),
    ...(tree === undefined || more === undefined ? [] : more(tree, catalogue)),
  ];
  const checks = { phases: tried, knowsMethods: catalogue !== undefined, comparesGrants: more !== undefined };
  const weighed = suppress(all, comments, source, (code) => wasTried(code, checks));
  const left = inOrder(weighed.problems);
  const { suppressed } = weighed;
  return { source, hash, problems: left, suppressed, tree: hasErrors(left) ? undefined : tree };
}

/** What was tried. */
interface TriedChecks {
  readonly phases: ReadonlySet<RulePhase>;
  readonly knowsMethods: boolean;
  readonly comparesGrants: boolean;
}

function wasTried(code: string, { phases, knowsMethods, comparesGrants }: TriedChecks): boolean {
  const rule = RULES.get(code);
  // No error of the file keeps a comment about a rule that does not exist from being wrong.
  if (rule === undefined) return true;
  const { phase, needsMethods = false, needsComparison = false } = rule;
  // P510 is also said of grants that were too many to be compared.
  const isCompared = comparesGrants || !(needsComparison || code === "P510");
  if ((needsMethods && !knowsMethods) || !isCompared) return false;
  return phases.has(phase);
}

/** YAML 1.1 has times of its own; where the language reads one it says itself what it takes. */
function isAboutTime({ code, at }: Problem, times: readonly Place[]): boolean {
  return code === "P108" && times.some(({ line, column }) => line === at.line && column === at.column);
}
