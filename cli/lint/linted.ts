import type { Problem } from "../../policy/problem.ts";
import type { Suppressed } from "../../policy/suppressions.ts";

/** One file that was held against the rules. */
export interface Linted {
  /** As it was named. */
  readonly file: string;
  /** `sha256:…` of its bytes. */
  readonly hash: string;
  /** The text, for excerpts. */
  readonly source: string;
  /** With the severities that were asked for. */
  readonly problems: readonly Problem[];
  readonly suppressed: readonly Suppressed[];
  /** Whether nothing in it keeps the daemon from loading it. */
  readonly isLoadable: boolean;
}

/** What is known of the run beside the files. */
export interface LintRun {
  readonly files: readonly Linted[];
  /** Whether the daemon's methods were known: without them some rules are skipped. */
  readonly knowsMethods: boolean;
  /** What was asked for beside the severities of the rules. */
  readonly severities: ReadonlyMap<string, string>;
}
