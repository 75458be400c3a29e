import type { Catalogue, Parameter } from "../../catalogue/catalogue.ts";
import type { Problem } from "../../yaml/problem.ts";
import { Coverage } from "../decide/coverage.ts";
import { Work } from "../patterns/work.ts";
import { covers } from "../syntax/pattern.ts";
import type { FieldTree, GrantTree, NeverTree, PolicyTree } from "../syntax/tree.ts";
import { fieldWithDetours } from "./detours.ts";
import { argsOverlap, type Comparison, isInOtherForm, listedIn } from "./never-overlap.ts";
import { couldBeMeant, somebody } from "./never-who.ts";
import type { Overlap } from "./overlap.ts";
import { sampleMethod } from "./sample-method.ts";

/** What may be spent on the assertions of one file: about a second. */
const WORK = 100_000_000;

/** A method, and its parameters where they are known. */
interface NeverMethod {
  readonly name: string;
  readonly params: readonly Parameter[] | undefined;
}

/**
 * Holds every grant against every assertion. A grant that could allow what must never be is an error; so is one of which
 * that cannot be excluded. A violation is never missed.
 */
export function checkNever(policy: PolicyTree, catalogue?: Catalogue): Problem[] {
  if (policy.never.size === 0) return [];
  const work = new Work(WORK);
  const coverage = catalogue === undefined ? undefined : new Coverage(catalogue);
  return [...policy.never.values()].flatMap((never) =>
    [...policy.grants.values()].flatMap((grant) => {
      const methods = sharedMethods(never, grant, coverage);
      if (methods.length === 0) return [];
      const pair = { never, grant, methods, work };
      const who = somebody(policy, grant, never.unless);
      return who === undefined ? latent(policy, pair) : violation(pair, who);
    }),
  );
}

/** A grant and an assertion that are about the same methods. */
interface Pair {
  readonly never: NeverTree;
  readonly grant: GrantTree;
  readonly methods: readonly NeverMethod[];
  readonly work: Work;
}

/** A method for which both hold, and whether that is certain. */
interface Met {
  readonly method: NeverMethod;
  readonly overlap: Exclude<Overlap, "no">;
}

function met(
  { grant, methods, work }: Pair,
  fields: readonly FieldTree[] | undefined,
  absent: Comparison["absent"] = "none",
): Met | undefined {
  let doubt: Met | undefined;
  for (const method of methods) {
    const overlap = argsOverlap(grant.args, fields, { params: method.params, work, absent });
    if (overlap === "yes") return { method, overlap };
    if (overlap === "unknown") doubt ??= { method, overlap };
  }
  return doubt;
}

function violation(pair: Pair, who: string): Problem[] {
  const { never, grant } = pair;
  const { args = [], call } = never;
  const found = met(pair, never.args);
  if (found?.overlap === "yes") return [violated(never, grant, who, found.method.name)];
  if (found !== undefined)
    return [undecided(pair, found.method, isDoubtOfForm(pair, found.method) ? FORM : COMPLEXITY)];
  const led = args.some(isAboutPaths) ? met(pair, args.map(fieldWithDetours)) : undefined;
  if (led !== undefined) return [undecided(pair, led.method, DETOUR)];
  // Of a method that is named, the author of the assertion knows that it has the argument.
  const isNamed = call.every(({ reach }) => reach === "exact");
  const absent = met(pair, args, isNamed ? "all" : "optional");
  return absent === undefined ? [] : [unseen(pair, absent.method)];
}

function isAboutPaths(field: FieldTree): boolean {
  return fieldWithDetours(field).constraint !== field.constraint;
}

function violated({ id, at }: NeverTree, grant: GrantTree, who: string, method: string): Problem {
  return {
    code: "P602",
    severity: "error",
    at,
    text: `the grant '${grant.id}' lets ${who} call ${method} as '${id}' says must never be`,
    hint: "narrow the grant, or name who may under 'unless'",
    related: [{ at: grant.at, text: `the grant '${grant.id}' is` }],
  };
}

/** Why nobody can say, and what to do. */
interface Doubt {
  readonly why: string;
  readonly hint: string;
}

const FORM: Doubt = {
  why: "one names arguments where the other counts positions, and the methods are not known",
  hint: "name the arguments in both, or check with the catalogue of the daemon",
};
const COMPLEXITY: Doubt = {
  why: "the patterns are too complex to be held against each other",
  hint: "write simpler patterns",
};
const DETOUR: Doubt = {
  why: "the grant admits texts with a segment '..', which lead elsewhere",
  hint: "let the grant admit no '..': {path: /var/log/**}, whose stars never make one",
};

function undecided({ never: { id, at }, grant }: Pair, method: NeverMethod, { why, hint }: Doubt): Problem {
  return {
    code: "P510",
    severity: "error",
    at,
    text: `it cannot be excluded that the grant '${grant.id}' allows a call of ${method.name} that '${id}' says must never be: ${why}`,
    hint,
    related: [{ at: grant.at, text: `the grant '${grant.id}' is` }],
  };
}

function isDoubtOfForm({ never, grant }: Pair, { params }: NeverMethod): boolean {
  const listed = listedIn(grant.args);
  return params === undefined && (never.args ?? []).some((field) => isInOtherForm(field, listed));
}

/** The assertion holds for calls that bring the argument. What the method takes in its place where it is absent, nobody knows. */
function unseen({ never: { id, at, args = [] }, grant }: Pair, method: NeverMethod): Problem {
  const keys = args.filter(({ optional }) => !optional).map(({ key }) => `'${key}'`);
  return {
    code: "P514",
    severity: "warning",
    at,
    text: `'${id}' does not see calls of ${method.name} without ${keys.join(" or ")}, which the grant '${grant.id}' allows`,
    hint: "require the argument in the grant; or write it with '?' in the assertion, which then counts absent ones too",
    related: [{ at: grant.at, text: `the grant '${grant.id}' is` }],
  };
}

/** Nobody can break the assertion by the grant today. The first holder of one of its roles could. */
function latent(policy: PolicyTree, pair: Pair): Problem[] {
  const { never, grant } = pair;
  const first = grant.to.find((subject) => couldBeMeant(policy, subject, never.unless));
  const found = first === undefined ? undefined : met(pair, never.args);
  if (first === undefined || found === undefined) return [];
  const [nobody, whoever] =
    first.kind === "role"
      ? [`nobody holds the role '${first.name}' yet`, "its first holder"]
      : ["nobody can log in yet", "the first identity"];
  return [
    {
      code: "P515",
      severity: "warning",
      at: first.at,
      text: `${nobody}; ${whoever} breaks '${never.id}', since '${grant.id}' lets them call ${found.method.name}`,
      hint: "narrow the grant now: the daemon rejects the file as soon as somebody is added",
      related: [{ at: never.at, text: `'${never.id}' is` }],
    },
  ];
}

/** Methods that both are about: without a catalogue one that there may be. */
function sharedMethods(
  { call }: NeverTree,
  grant: GrantTree,
  coverage: Coverage | undefined,
): readonly NeverMethod[] {
  if (coverage === undefined) {
    const name = sampleMethod(grant, call);
    return name === undefined ? [] : [{ name, params: undefined }];
  }
  return [...coverage.of(grant).values()]
    .filter(({ method }) => call.some((pattern) => covers(pattern, method.name)))
    .map(({ method: { name, params } }) => ({ name, params }));
}
