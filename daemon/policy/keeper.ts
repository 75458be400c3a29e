import { randomBytes } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { compile, type Policy } from "../../policy/engine.ts";
import { hasErrors, type Problem, withoutNotes } from "../../yaml/problem.ts";
import { problemLine } from "../../yaml/render.ts";
import type { AuditWriter } from "../audit/writer.ts";
import { isPackageReplaced } from "../base/loaded-package.ts";
import type { Log } from "../log/log.ts";
import { type CheckLimits, checkOnThread } from "./check.ts";

/** So many problems of a refused file are kept, and told to whoever asks: the linter says all. */
const PROBLEMS_KEPT = 20;

/** A file that was refused is spoken of again after so long, in milliseconds, until a good one is there. */
const REMINDER_MS = 300_000;

/** A reload that came to nothing; the policy before it stays in force. */
export interface RefusedPolicy {
  /** milliseconds since 1970 */
  readonly atMs: number;
  /** of the file, where it could be read */
  readonly hash: string | undefined;
  /** a line each, the first ones */
  readonly problems: readonly string[];
}

/** What else a reload reads: all of it is put in force with the policy, or nothing of either. */
export type Reread =
  | {
      /** what is wrong, a line each */
      readonly refused: readonly string[];
    }
  | { apply(): void };

/** What is in force, and whether what should be is. */
export interface PolicyStatus {
  readonly hash: string;
  /** 1 for the policy that the daemon began with, one more for each that took its place */
  readonly generation: number;
  readonly loadedAtMs: number;
  readonly warnings: number;
  readonly refused: RefusedPolicy | undefined;
  /** reloads that have begun */
  readonly reloadsBegun: number;
  /** reloads that have come to an end, good or bad */
  readonly reloads: number;
}

/** What a reload has read, and can be put in force. */
interface CheckedFile {
  readonly policy: Policy;
  readonly warnings: number;
  /** a line each, the first ones */
  readonly remarks: readonly string[];
  readonly reread: Extract<Reread, { apply(): void }>;
}

/** Why it cannot. */
interface Unfit {
  readonly hash: string | undefined;
  readonly refused: readonly string[];
}

const NOTHING_ELSE: CheckedFile["reread"] = { apply: () => undefined };

interface KeeperTools {
  readonly path: string;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: AuditWriter;
  /** Calls that each shadow grant would have allowed, since the daemon began. */
  readonly shadowCounts: ReadonlyMap<string, number>;
  /** What the check of a file may take; where nothing is said, what the largest file takes and more. */
  readonly checkLimits?: CheckLimits;
  /** Reads what else there is to be read. */
  reread?(): Reread;
  /** A reload begins: nothing was read for it yet. */
  reloading?(): void;
  /** A reload has come to an end. */
  reloaded?(): void;
  /** Puts everything that is open under the policy: at once, before anything else is decided. */
  swapped(policy: Policy): void;
}

/**
 * Keeps the policy that is in force, and puts another in its place when it is asked to:
 *
 *     configuration ─▶ policy: thread: read, check ─▶ compile ─▶ one assignment ─▶ sessions and calls are looked at again
 *             └─────────────────────────┴─(any error)─▶ nothing changes, and that is said until it is good again
 */
export class PolicyKeeper {
  readonly #tools: KeeperTools;
  #policy: Policy;
  #generation = 1;
  #loadedAtMs: number;
  #warnings: number;
  #refused: RefusedPolicy | undefined;
  #reloadsBegun = 0;
  #reloads = 0;
  #running: Promise<RefusedPolicy | undefined> | undefined;
  #next: Promise<RefusedPolicy | undefined> | undefined;
  #reminder: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param warnings - how many the file of the first policy has */
  constructor(policy: Policy, warnings: number, tools: KeeperTools) {
    this.#policy = policy;
    this.#tools = tools;
    this.#warnings = warnings;
    this.#loadedAtMs = tools.clock.wallMs();
  }

  get policy(): Policy {
    return this.#policy;
  }

  get status(): PolicyStatus {
    return {
      hash: this.#policy.hash,
      generation: this.#generation,
      loadedAtMs: this.#loadedAtMs,
      warnings: this.#warnings,
      refused: this.#refused,
      reloadsBegun: this.#reloadsBegun,
      reloads: this.#reloads,
    };
  }

  /** Calls that each shadow grant would have allowed, since the daemon began. */
  get shadowCounts(): ReadonlyMap<string, number> {
    return this.#tools.shadowCounts;
  }

  /**
   * Reads the file again, once what is being read is done: whoever asks gets what the file said after it asked.
   *
   * @returns why nothing changed, or nothing where the file is in force now
   */
  reload(): Promise<RefusedPolicy | undefined> {
    if (this.#isClosed) return Promise.resolve(this.#late());
    if (this.#running === undefined) {
      this.#reloadsBegun++;
      this.#tools.reloading?.();
      this.#running = this.#reload().finally(() => {
        this.#running = undefined;
        this.#reloads++;
        if (!this.#isClosed) this.#tools.reloaded?.();
      });
      return this.#running;
    }
    // All who ask while one is under way share the one after it.
    const again = (): Promise<RefusedPolicy | undefined> => {
      this.#next = undefined;
      return this.reload();
    };
    this.#next ??= this.#running.then(again, again);
    return this.#next;
  }

  /** Nothing changes any more: a reload that is under way comes to nothing. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#reminder);
  }

  async #reload(): Promise<RefusedPolicy | undefined> {
    let found: CheckedFile | Unfit;
    try {
      found = await this.#read();
    } catch (error) {
      this.#tools.log.error("a policy could not be checked", { path: this.#tools.path, error });
      found = { hash: undefined, refused: ["the file could not be checked; the log says why"] };
    }
    if (this.#isClosed) return this.#late();
    if ("refused" in found) return this.#refuse(found.hash, found.refused);
    found.reread.apply();
    return this.#replace(found.policy, found.warnings, found.remarks);
  }

  /** Of a daemon that has stopped: there is no log of decisions any more in which it could stand. */
  #late(): RefusedPolicy {
    return { atMs: this.#tools.clock.wallMs(), hash: undefined, problems: ["the daemon stops"] };
  }

  /** Nothing has changed when it returns. */
  async #read(): Promise<CheckedFile | Unfit> {
    const { path, catalogue, clock, checkLimits } = this.#tools;
    const reread = this.#tools.reread?.() ?? NOTHING_ELSE;
    if ("refused" in reread) return { hash: undefined, refused: firstOf(reread.refused) };
    if (isPackageReplaced())
      this.#tools.log.warn(
        "the files of rpcd were replaced since it started, and it goes on as it was: restart it",
      );
    const answer = await checkOnThread({ path, catalogue, nowMs: clock.wallMs() }, checkLimits);
    if ("unreadable" in answer) return { hash: undefined, refused: answer.unreadable };
    const { tree, hash } = answer.checked;
    const problems = withoutNotes(answer.checked.problems);
    // What keeps the file from being taken comes first: warnings may be many.
    const errorsFirst = problems.toSorted((one, other) => Number(isWarning(one)) - Number(isWarning(other)));
    const lines = firstOf(errorsFirst.map((problem) => problemLine(problem, path)));
    if (tree === undefined) {
      if (!hasErrors(problems)) throw new Error("a policy without an error was not read");
      return { hash, refused: lines };
    }
    return { policy: compile(tree, hash), warnings: problems.length, remarks: lines, reread };
  }

  #replace(policy: Policy, warnings: number, remarks: readonly string[]): undefined {
    const { log, audit, clock, path } = this.#tools;
    const from = this.#policy.hash;
    this.#policy = policy;
    this.#generation++;
    this.#loadedAtMs = clock.wallMs();
    this.#warnings = warnings;
    this.#refused = undefined;
    clearInterval(this.#reminder);
    this.#tools.swapped(policy);
    audit.write([
      [
        this.#stamp(),
        { kind: "reload", result: "ok", policy: policy.hash, from, generation: this.#generation },
      ],
    ]);
    log.info("the policy was reloaded", {
      path,
      policy: policy.hash,
      generation: this.#generation,
      warnings,
    });
    for (const remark of remarks) log.warn(remark);
    return undefined;
  }

  #refuse(hash: string | undefined, problems: readonly string[]): RefusedPolicy {
    const { clock, audit } = this.#tools;
    const refused = { atMs: clock.wallMs(), hash, problems };
    this.#refused = refused;
    audit.write([
      [
        this.#stamp(),
        {
          kind: "reload",
          result: "refused",
          policy: hash ?? "unread",
          from: this.#policy.hash,
          generation: this.#generation,
        },
      ],
    ]);
    this.#remind();
    clearInterval(this.#reminder);
    this.#reminder = setInterval(() => this.#remind(), REMINDER_MS).unref();
    return refused;
  }

  #remind(): void {
    if (this.#refused === undefined) return;
    const { hash, problems } = this.#refused;
    this.#tools.log.error("a reload is refused; the policy before it stays in force", {
      refused: hash ?? "unread",
      in_force: this.#policy.hash,
    });
    for (const problem of problems) this.#tools.log.error(problem);
  }

  #stamp(): { readonly atMs: number; readonly id: string } {
    return { atMs: this.#tools.clock.wallMs(), id: randomBytes(8).toString("hex") };
  }
}

function firstOf(lines: readonly string[]): readonly string[] {
  if (lines.length <= PROBLEMS_KEPT) return lines;
  return [...lines.slice(0, PROBLEMS_KEPT), `… and ${lines.length - PROBLEMS_KEPT} more`];
}

function isWarning({ severity }: Problem): boolean {
  return severity !== "error";
}
