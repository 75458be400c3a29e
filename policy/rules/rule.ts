import type { Severity } from "../../yaml/problem.ts";

/**
 * What a rule is about, in the order in which a policy is loaded (`load.ts`). An error ends the loading: the rules of a later phase
 * count as not tried then, also those that were, so that no comment about them is called useless.
 */
export type RulePhase = "text" | "shape" | "names" | "risks" | "assertions" | "tests" | "comments";

/** A rule of the linter, for its pages, for SARIF and for the tests: all of them are made from these. */
export interface Rule {
  /** `P301`: never renamed, and never given to anything else. */
  readonly code: string;
  /** `undeclared-name` */
  readonly name: string;
  /** The gravest that it reports. */
  readonly severity: Severity;
  readonly phase: RulePhase;
  /** What is reported, in a few words. */
  readonly what: string;
  /** Why it matters, in a sentence or two. */
  readonly why: string;
  /** A whole policy in which it is reported, */
  readonly bad: string;
  /** and its nearest twin in which it is not. */
  readonly good: string;
  /** When a finding may be let be; never for an error. */
  readonly suppress?: string;
  /** Whether the daemon's methods have to be known for it. */
  readonly needsMethods?: boolean;
  /** Whether grants have to be compared with each other for it: only the linter does (`lint/lint.ts`). */
  readonly needsComparison?: boolean;
}

/** Rules of one phase. */
export function inPhase(phase: RulePhase, rules: readonly Omit<Rule, "phase">[]): readonly Rule[] {
  return rules.map((rule) => ({ ...rule, phase }));
}

/** Keys for the examples: nobody has their private halves. */
export const ALICE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4Uexdh9LkSfjC3ryOs48hHAvXTRA2+yO9tXmIRrPl5";
export const CA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
