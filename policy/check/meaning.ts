import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Problem } from "../../yaml/problem.ts";
import { Work } from "../patterns/work.ts";
import { covers } from "../syntax/pattern.ts";
import type { FieldTree, GrantTree, NeverTree, PolicyTree } from "../syntax/tree.ts";
import { type Window, windowWords } from "../syntax/window.ts";
import { patternIncludes } from "./include.ts";
import { canBe } from "./overlap.ts";

/** What may be spent on one grant, and on one assertion: a millisecond or two. */
const WORK_EACH = 200_000;

/** Reports what allows nothing, is over, or can never trigger: P501, P505, P507. */
export function checkMeaning(policy: PolicyTree, catalogue: Catalogue | undefined, nowMs: number): Problem[] {
  const grants = [...policy.grants.values(), ...policy.shadow.values()];
  return [
    ...grants.flatMap(unsatisfiable),
    ...[...policy.identities.values(), ...grants].flatMap((one) =>
      expired("id" in one ? one.id : one.name, one, nowMs),
    ),
    ...[...policy.never.values()].flatMap((never) => vacuous(never, catalogue)),
  ];
}

function unsatisfiable({ id, at, call, except, args }: GrantTree): Problem[] {
  const [first] = except;
  if (
    first !== undefined &&
    call.length > 0 &&
    call.every((one) => except.some((taken) => patternIncludes(taken, one)))
  )
    return error(
      first.at,
      `'${id}' allows nothing: 'except' takes away all that 'call' covers`,
      "narrow 'except'",
    );
  if (args?.kind !== "record") return [];
  const empty = args.fields.find((field) => !field.optional && isEmpty(field));
  return empty === undefined
    ? []
    : error(empty.at, `'${id}' allows nothing: no value fits '${empty.key}'`, "mend the constraint", [
        { at, text: `the grant '${id}' is` },
      ]);
}

function error(
  at: GrantTree["at"],
  text: string,
  hint: string,
  related?: NonNullable<Problem["related"]>,
): Problem[] {
  const others = related === undefined ? {} : { related };
  return [{ code: "P501", severity: "error", at, text, hint, ...others }];
}

function isEmpty({ constraint }: FieldTree): boolean {
  return canBe(constraint, new Work(WORK_EACH)) === "no";
}

function expired(
  name: string,
  { at, valid }: { readonly at: GrantTree["at"]; readonly valid: Window },
  nowMs: number,
): Problem[] {
  if (valid.untilMs > nowMs) return [];
  const text = `'${name}' is over: it was valid ${windowWords(valid) ?? ""}`;
  const hint = "remove it, or give it more time";
  const choices = [{ meant: "that it is over for good", fix: { kind: "remove_entry" } }] as const;
  return [{ code: "P505", severity: "warning", at, text, hint, choices }];
}

function vacuous({ id, at, call, args = [] }: NeverTree, catalogue: Catalogue | undefined): Problem[] {
  const warning = (place: NeverTree["at"], text: string, hint: string): Problem[] => [
    { code: "P507", severity: "warning", at: place, text: `'${id}' can never trigger: ${text}`, hint },
  ];
  const empty = args.find(isEmpty);
  if (empty !== undefined) return warning(empty.at, `no value fits '${empty.key}'`, "mend the constraint");
  // What is named exactly and is not there is told by P307.
  if (catalogue === undefined || call.some(({ reach }) => reach === "exact")) return [];
  return [...catalogue.keys()].some((name) => call.some((pattern) => covers(pattern, name)))
    ? []
    : warning(at, "it covers no method of the daemon", "is one of its names misspelt?");
}
