import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Problem } from "../../yaml/problem.ts";
import type { GrantLimits } from "../base/limits.ts";
import { flatten } from "../decide/roles.ts";
import { Work } from "../patterns/work.ts";
import { type Pattern, RESERVED_PREFIX } from "../syntax/pattern.ts";
import type { GrantTree, PolicyTree, SubjectTree } from "../syntax/tree.ts";
import { argsInclude, patternIncludes } from "./include.ts";

/** What may be spent on all pairs of grants: a few seconds. */
const WORK = 100_000_000;

/**
 * What looking at one pair costs of that, however soon the two turn out to differ: n grants of one method make n² pairs, and
 * the comparisons alone would take minutes.
 */
const PAIR = 50;

/**
 * Reports grants that change nothing, since another allows all that they do: P502; P504 where they have a limit. What cannot
 * be shown is not reported: it is no more than untidy.
 */
export function checkCovered(policy: PolicyTree, catalogue: Catalogue | undefined): Problem[] {
  const grants = [...policy.grants.values()];
  const byPattern = new Map<string, GrantTree[]>();
  for (const grant of grants)
    for (const { text } of grant.call) {
      const known = byPattern.get(text);
      if (known === undefined) byPattern.set(text, [grant]);
      else known.push(grant);
    }
  const order = new Map(grants.map((grant, i) => [grant, i]));
  const where = { policy, catalogue, work: new Work(WORK) };
  return grants.flatMap((grant) => {
    const [first] = grant.call;
    if (first === undefined || where.work.exhausted) return [];
    const others = generalisations(first).flatMap((text) => byPattern.get(text) ?? []);
    for (const other of new Set(others)) {
      if (!where.work.spend(PAIR)) return [gaveUp(grant)];
      if (other === grant || !isCovered(grant, other, where)) continue;
      // Of two that are alike the later one is too many.
      const isTwin = isCovered(other, grant, where);
      if (isTwin && (order.get(grant) ?? 0) < (order.get(other) ?? 0)) continue;
      return [covered(grant, other)];
    }
    return [];
  });
}

/** Never silent: who reads no finding must know that nobody looked. */
function gaveUp({ at }: GrantTree): Problem {
  const text =
    "from here on grants were not compared with each other: there are too many for the same methods";
  return {
    code: "P510",
    severity: "warning",
    at,
    text,
    hint: "grants for the same people and methods can be one",
  };
}

function covered(grant: GrantTree, other: GrantTree): Problem {
  const related = [{ at: other.at, text: `'${other.id}' is` }];
  const { id, at, limits } = grant;
  if (isCounted(limits)) {
    const text = `the limits of '${id}' hold nobody back: '${other.id}' allows the same without them`;
    const hint = "narrow the other grant, or give it a limit too";
    return { code: "P504", severity: "warning", at, text, hint, related };
  }
  const text = `'${id}' changes nothing: '${other.id}' allows all of it`;
  return { code: "P502", severity: "warning", at, text, hint: "remove it, or narrow the other one", related };
}

function isCounted(limits: GrantLimits | undefined): boolean {
  return limits?.rate !== undefined || limits?.concurrent !== undefined;
}

/** All patterns that cover what this one does, or perhaps: `a.b` is in `a.b`, `a.*`, `a.**` and `**`. */
function generalisations({ segments, reach }: Pattern): string[] {
  const fixed = reach === "many" ? segments.slice(0, -1) : segments;
  let heads: string[][] = [[]];
  const all = new Set<string>(["**"]);
  fixed.forEach((segment, i) => {
    heads = heads.flatMap((head) =>
      i === 0 || segment === "*"
        ? [[...head, segment]]
        : [
            [...head, segment],
            [...head, "*"],
          ],
    );
    for (const head of heads) all.add([...head, "**"].join("."));
  });
  if (reach !== "many") for (const head of heads) all.add(head.join("."));
  return [...all];
}

interface CoveredPlace {
  readonly policy: PolicyTree;
  readonly catalogue: Catalogue | undefined;
  readonly work: Work;
}

function isCovered(a: GrantTree, b: GrantTree, { policy, catalogue, work }: CoveredPlace): boolean {
  return (
    !isCounted(b.limits) &&
    b.limits?.timeoutMs === a.limits?.timeoutMs &&
    (b.limits?.requestBytes ?? Number.POSITIVE_INFINITY) >=
      (a.limits?.requestBytes ?? Number.POSITIVE_INFINITY) &&
    a.to.every((subject) => isAmong(subject, b.to, policy)) &&
    a.call.every((one) =>
      b.call.some((other) => patternIncludes(other, one) && isReachable(one, other, catalogue)),
    ) &&
    // What the other one takes away this one may allow: nobody looks closer.
    b.except.every((taken) => a.except.some((own) => patternIncludes(own, taken))) &&
    (b.via === undefined || (a.via?.every((via) => b.via?.includes(via)) ?? false)) &&
    (b.from === undefined ||
      (a.from?.every((inner) =>
        b.from?.some(
          ({ isIPv4, first, last }) => isIPv4 === inner.isIPv4 && first <= inner.first && inner.last <= last,
        ),
      ) ??
        false)) &&
    b.valid.sinceMs <= a.valid.sinceMs &&
    a.valid.untilMs <= b.valid.untilMs &&
    a.returns.every(({ name }) => b.returns.some((other) => other.name === name)) &&
    argsInclude(b.args, a.args, work) === "yes"
  );
}

/** A wildcard does not reach a reserved method, which a grant that names it exactly does. */
function isReachable(inner: Pattern, outer: Pattern, catalogue: Catalogue | undefined): boolean {
  if (outer.reach === "exact" || inner.reach !== "exact") return true;
  const { text: name } = inner;
  return !name.startsWith(RESERVED_PREFIX) && catalogue?.get(name)?.reserved !== true;
}

function isAmong(
  subject: SubjectTree,
  all: readonly SubjectTree[],
  { roles, identities }: PolicyTree,
): boolean {
  return all.some(({ kind, name }) => {
    if (kind === "everyone") return true;
    if (kind !== "role") return kind === subject.kind && name === subject.name;
    if (subject.kind === "role") return flatten([subject.name], roles).has(name);
    const held = identities.get(subject.name)?.roles.map((role) => role.name) ?? [];
    return subject.kind === "identity" && flatten(held, roles).has(name);
  });
}
