import { type ArgsRule, argsMatch, type BoundArgs } from "./args.ts";
import { type Failure, failures } from "./failures.ts";
import type { Reach } from "./pattern.ts";
import type { Place } from "./problem.ts";
import { pathText } from "./value-path.ts";

/** A grant, made ready for one method. */
export interface CompiledGrant {
  readonly id: string;
  /** Where the grant is in the file. */
  readonly at: Place;
  /** How the grant names the method. */
  readonly reach: Reach;
  readonly rule: ArgsRule;
  /** The decision if this grant admits the call: made once, so that allowing makes no object. */
  readonly allowed: Decision;
}

export type Decision =
  | { readonly allowed: true /** the id of the grant */; readonly by: string }
  | {
      readonly allowed: false /** what was thrown while deciding: raise an alarm */;
      readonly error?: unknown;
    };

/** The candidate that came nearest to allowing a call, and the first thing that kept it from it. */
export interface Miss {
  readonly grant: string;
  readonly at: Place;
  /** The argument, or the part of it: `unit`, `tags[3]`, `labels.team`. */
  readonly path: string;
  readonly want: string;
  /** What came, in a few escaped words. */
  readonly got: string;
}

const DENIED: Decision = Object.freeze({ allowed: false });

/**
 * May this call be made? Grants only add: the call is allowed if one of the candidates admits it and
 * denied otherwise. An error while deciding is a denial, and no candidate is asked after it (docs/policy.md,
 * "Decision").
 *
 * @param candidates - what the principal's table has for the method; nothing there means denied
 */
export function decide(candidates: readonly CompiledGrant[] | undefined, args: BoundArgs): Decision {
  if (candidates === undefined) return DENIED;
  try {
    for (const candidate of candidates) {
      if (argsMatch(candidate.rule, args)) return candidate.allowed;
    }
  } catch (error) {
    return { allowed: false, error };
  }
  return DENIED;
}

/**
 * Why a call was denied: of the candidate with the fewest failing conditions, the first of them. Nothing
 * where there is no candidate or one admits the call. Worked out when somebody who may asks.
 */
export function nearestMiss(candidates: readonly CompiledGrant[], args: BoundArgs): Miss | undefined {
  let nearest: readonly Failure[] | undefined;
  let grant = "";
  for (const { id, rule } of candidates) {
    const failed = failures(rule, args);
    if (nearest !== undefined && failed.length >= nearest.length) continue;
    nearest = failed;
    grant = id;
  }
  const [first] = nearest ?? [];
  if (first === undefined) return undefined;
  const { at, path, want, got } = first;
  return { grant, at, path, want, got };
}

/**
 * The arguments that no candidate accepts, for whoever may know that much: those that came, in their
 * order, then the missing ones that every candidate asks for. Often none: each may be fine for another grant.
 * Where all candidates stumble over the same part of an argument, the path leads to that part.
 */
export function deniedPaths(candidates: readonly CompiledGrant[], args: BoundArgs): string[] {
  const [first, ...rest] = candidates.map(
    ({ rule }) => new Map(failures(rule, args).map((failure) => [failure.name, failure.callerPath])),
  );
  if (first === undefined) return [];
  const denied = [...first.keys()].filter((name) => rest.every((failed) => failed.has(name)));
  const came = Object.keys(args).filter((name) => denied.includes(name));
  return [...came, ...denied.filter((name) => !came.includes(name))].map((name) => {
    const path = first.get(name);
    return path !== undefined && rest.every((failed) => failed.get(name) === path) ? path : pathText([name]);
  });
}
