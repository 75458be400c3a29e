import type { Place } from "../../yaml/problem.ts";
import { describeValue } from "../base/describe.ts";
import { pathText } from "../base/value-path.ts";
import type { ArgsRule, BoundArgs, Condition } from "./args.ts";
import { constraintWords } from "./constraint-words.ts";
import { type Misfit, misfitOf } from "./misfit.ts";

/** A condition of a rule that does not hold. */
export interface ArgsFailure {
  readonly at: Place;
  /** The argument. */
  readonly name: string;
  /** The argument, or the part of it that is wrong. */
  readonly path: string;
  /** The same for the caller: it leads no further than the names that the caller wrote or that the method has. */
  readonly callerPath: string;
  readonly want: string;
  /** What came, in a few escaped words. */
  readonly got: string;
}

/** Every condition of the rule that does not hold. */
export function failures({ at: rule, listed, names, others }: ArgsRule, args: BoundArgs): ArgsFailure[] {
  const failed: ArgsFailure[] = [];
  for (const { name, optional, ...condition } of listed) {
    if (Object.hasOwn(args, name)) {
      if (!condition.test(args[name])) failed.push(failureOf(name, args[name], condition));
    } else if (!optional) {
      const want = constraintWords(condition.constraint);
      failed.push(failure(name, condition.at, { steps: [], missing: false, want, got: "nothing" }));
    }
  }
  for (const name of Object.keys(args)) {
    if (names.has(name) || (others?.test(args[name]) ?? false)) continue;
    const got = describeValue(args[name]);
    failed.push(
      others === undefined
        ? failure(name, rule, { steps: [], missing: false, want: "no such argument", got })
        : failureOf(name, args[name], others),
    );
  }
  return failed;
}

function failureOf(name: string, value: unknown, { at, constraint }: Condition): ArgsFailure {
  return failure(name, at, misfitOf(constraint, value));
}

function failure(name: string, at: Place, { steps, missing, want, got }: Misfit): ArgsFailure {
  const path = pathText([name, ...steps]);
  // A key that is missing inside is the policy's word: the caller reads where, and not which.
  const callerPath = missing ? pathText([name, ...steps.slice(0, -1)]) : path;
  return { at, name, path, callerPath, want, got };
}
