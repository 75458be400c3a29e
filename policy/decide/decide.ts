import type { Place } from "../../yaml/problem.ts";
import { pathText } from "../base/value-path.ts";
import { argsMatch, type BoundArgs } from "./args.ts";
import type { Candidates } from "./candidates.ts";
import type { CompiledGrant, Decision } from "./compiled-grant.ts";
import { type ArgsFailure, failures } from "./failures.ts";

/** Keeps count of the calls of one principal. */
export interface Gauge {
  /** Takes a place under the meter of the grant. @returns 0, or in how many milliseconds there may be one */
  take(grant: CompiledGrant): number;
}

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

const DENIED: Decision = Object.freeze({ allowed: false, why: "args" });
const TOO_LARGE: Decision = Object.freeze({ allowed: false, why: "request_size" });

/** For whoever only asks: nothing is used up. */
const UNMETERED: Gauge = { take: () => 0 };

/**
 * May this call be made? Grants only add: the call is allowed if one of the candidates admits it and
 * denied otherwise. One whose limits are used up is passed over, and only if none is left the answer is that: so
 * adding a grant never takes anything away. An error while deciding is a denial, and no candidate is asked after it
 * (docs/policy.md, "Decision").
 *
 * @param candidates - what the principal's table has for the method; nothing there means denied
 * @param bytes - of the call's message
 */
export function decide(
  candidates: Candidates | undefined,
  args: BoundArgs,
  bytes = 0,
  gauge: Gauge = UNMETERED,
): Decision {
  if (candidates === undefined) return DENIED;
  let afterMs = Number.POSITIVE_INFINITY;
  let tooLarge = false;
  try {
    for (const candidate of candidates.for(args)) {
      if (!argsMatch(candidate.rule, args)) continue;
      if (bytes > candidate.requestBytes) {
        tooLarge = true;
        continue;
      }
      const waitMs = candidate.meter === undefined ? 0 : gauge.take(candidate);
      if (waitMs === 0) return candidate.allowed;
      afterMs = Math.min(afterMs, waitMs);
    }
  } catch (error) {
    return { allowed: false, why: "error", error };
  }
  if (Number.isFinite(afterMs)) return { allowed: false, why: "limit", afterMs };
  return tooLarge ? TOO_LARGE : DENIED;
}

/**
 * Why a call was denied: of the candidate with the fewest failing conditions, the first of them. Nothing
 * where there is no candidate or one admits the call. Worked out when somebody who may asks.
 */
export function nearestMiss({ all }: Candidates, args: BoundArgs): Miss | undefined {
  let nearest: readonly ArgsFailure[] | undefined;
  let grant = "";
  for (const { id, rule } of all) {
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
export function deniedPaths({ all }: Candidates, args: BoundArgs): string[] {
  const [first, ...rest] = all.map(
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
