import { type Catalogue, isLive, type MethodEntry, type Parameter } from "../../catalogue/catalogue.ts";
import type { Problem } from "../../yaml/problem.ts";
import { parameterName } from "../decide/args.ts";
import { Coverage } from "../decide/coverage.ts";
import type { Constraint, FieldTree, GrantTree, PolicyTree } from "../syntax/tree.ts";
import { allGrants } from "./walk-constraints.ts";

/**
 * Reports arguments that a grant confines and lets be absent: where nobody sends one, the method takes what it likes (P416).
 * Where the methods are known it is told only of parameters without a default; a default outside the constraint is P315.
 */
export function checkAbsent(policy: PolicyTree, catalogue: Catalogue | undefined): Problem[] {
  const coverage = catalogue === undefined ? undefined : new Coverage(catalogue);
  return allGrants(policy).flatMap((grant) => {
    if (grant.args?.kind !== "record") return [];
    const methods =
      coverage === undefined ? undefined : [...coverage.of(grant).values()].map(({ method }) => method);
    return grant.args.fields
      .filter(({ optional }) => optional)
      .flatMap((field) => {
        const method = methods === undefined ? guessed(grant, field) : known(methods, field);
        return method === undefined ? [] : [escaping(grant, field, method)];
      });
  });
}

function escaping({ id }: GrantTree, { key, at }: FieldTree, method: string): Problem {
  return {
    code: "P416",
    severity: "warning",
    at,
    text: `'${key}' may be absent, and '${id}' does not bound what ${method} takes in its place`,
    hint: `require it: write '${key}' without '?'`,
  };
}

/**
 * The method, where it is plain that the argument is its own: a record for several methods has to let arguments be absent that
 * only some of them have.
 */
function guessed({ call }: GrantTree, { constraint }: FieldTree): string | undefined {
  const [only, ...others] = call;
  if (only?.reach !== "exact" || others.length > 0) return undefined;
  return isNameSpace(constraint) ? only.text : undefined;
}

function known(methods: readonly MethodEntry[], { key, constraint }: FieldTree): string | undefined {
  const isEscape = ({ shape, optional, ...rest }: Parameter): boolean =>
    optional &&
    !Object.hasOwn(rest, "default") &&
    !isLive(shape) &&
    (isNameSpace(constraint) || (constraint.kind === "enum" && shape.type === "string"));
  return methods.find(({ params }) =>
    params.some((param) => param.name === parameterName(key, params) && isEscape(param)),
  )?.name;
}

/** Whether all texts begin with what the patterns write out: `agent/.*` says where, `[a-z]+` says how a text looks. */
function isNameSpace(constraint: Constraint): boolean {
  if (constraint.kind === "path") return true;
  if (constraint.kind !== "re" && constraint.kind !== "glob") return false;
  const head = constraint.kind === "glob" ? GLOB_HEAD : RE_HEAD;
  return constraint.patterns.every((text) => head.test(text));
}

/** Two characters that stand for themselves. */
const GLOB_HEAD = /^[^*?]{2}/;
const RE_HEAD = /^(?:[^\\()[\].*+?{}|]|\\[^\w]){2}(?![*?{])[^|]*$/;
