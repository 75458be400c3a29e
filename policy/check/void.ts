import type { Problem } from "../../yaml/problem.ts";
import { listWords } from "../../yaml/reader.ts";
import { short } from "../../yaml/tree.ts";
import { constraintWords } from "../decide/constraint-words.ts";
import { compileRegex, type PatternKind, parseTextPattern } from "../patterns/text-patterns.ts";
import { Work } from "../patterns/work.ts";
import { patternsMeet } from "../syntax/pattern.ts";
import type { Constraint, FieldTree, GrantTree, PolicyTree } from "../syntax/tree.ts";
import { includes } from "./include.ts";
import { allGrants, argumentsOf, constraintsIn } from "./walk-constraints.ts";

/** What may be spent on the alternatives of one argument: a millisecond or two. */
const WORK_EACH = 200_000;

/** In longer lists nobody takes "or" for "and", and each would be held against each. */
const ALTERNATIVES_MAX = 16;

/** Reports parts of grants that change nothing: P512, P513. */
export function checkVoid(policy: PolicyTree): Problem[] {
  return allGrants(policy).flatMap((grant) => [
    ...voidExcepts(grant),
    ...argumentsOf(grant).flatMap(voidAlternatives),
  ]);
}

function voidExcepts({ id, call, except }: GrantTree): Problem[] {
  if (call.length === 0) return [];
  return except
    .filter((taken) => !call.some((pattern) => patternsMeet(pattern, taken)))
    .map(({ text, at }) => ({
      code: "P512",
      severity: "warning",
      at,
      text: `'${text}' takes nothing away from '${id}', whose 'call' does not cover it`,
      hint: `is it misspelt? 'call' covers ${listWords(call.map((pattern) => pattern.text))}`,
    }));
}

/** Alternatives are "or". One that another one includes is mostly meant as "and". */
function voidAlternatives({ key, at, constraint }: FieldTree): Problem[] {
  const work = new Work(WORK_EACH);
  for (const one of constraintsIn(constraint)) {
    const alternatives = alternativesOf(one, work);
    if (alternatives.length < 2 || alternatives.length > ALTERNATIVES_MAX) continue;
    for (const [i, narrow] of alternatives.entries())
      for (const [j, wide] of alternatives.entries()) {
        if (i === j || includes(wide, narrow, work) !== "yes") continue;
        return [
          {
            code: "P513",
            severity: "warning",
            at,
            text: `of the alternatives of '${key}' one is enough, so '${short(constraintWords(narrow))}' adds nothing to '${short(constraintWords(wide))}'`,
            hint: "remove the one that is too wide, or the one that is in it",
          },
        ];
      }
  }
  return [];
}

/** The members of a list of constraints, or of a list of patterns. */
function alternativesOf(constraint: Constraint, work: Work): readonly Constraint[] {
  if (constraint.kind === "one_of") return constraint.alternatives;
  if (constraint.kind !== "re" && constraint.kind !== "glob" && constraint.kind !== "path") return [];
  const { kind, patterns } = constraint;
  if (patterns.length < 2 || patterns.length > ALTERNATIVES_MAX) return [];
  const heads = patterns.map((text) => headOf(kind, text));
  // To make an automaton takes longer than to see that two patterns begin with different words.
  const isAlone = (head: string, i: number): boolean =>
    heads.every((other, j) => i === j || !(other.startsWith(head) || head.startsWith(other)));
  return patterns.flatMap((text, i) => {
    if (isAlone(heads[i] ?? "", i)) return [];
    const dfa = compileRegex(parseTextPattern(kind, text), work);
    return dfa === undefined ? [] : [{ kind, patterns: [text], dfa }];
  });
}

/** What every text that a pattern matches begins with; perhaps less of it. */
function headOf(kind: PatternKind, text: string): string {
  if (kind !== "re") return /^[^*?]*/.exec(text)?.[0] ?? "";
  if (text.includes("|")) return "";
  // A character that is repeated may be missing.
  return /^[\w/-]*(?![\w/-]|[*?{])/.exec(text)?.[0] ?? "";
}
