import type { Catalogue, Parameter } from "../base/catalogue.ts";
import { isPosition, parameterName } from "./args.ts";
import { Coverage } from "./coverage.ts";
import type { NameTree } from "./name-tree.ts";
import { admits, canBe, every, type Overlap, overlap, some, yesIf } from "./overlap.ts";
import { covers } from "./pattern.ts";
import type { Principal } from "./principals.ts";
import type { Problem } from "./problem.ts";
import { flatten } from "./roles.ts";
import { sampleMethod } from "./sample-method.ts";
import { isFor } from "./subject.ts";
import type {
  ArgsTree,
  Constraint,
  FieldTree,
  GrantTree,
  NeverTree,
  PolicyTree,
  SubjectTree,
} from "./tree.ts";
import { Work } from "./work.ts";

/** What may be spent on the assertions of one file: about a second. */
const WORK = 100_000_000;

/** A method, and its parameters where they are known. */
interface Method {
  readonly name: string;
  readonly params: readonly Parameter[] | undefined;
}

const ANY: Constraint = { kind: "any" };

/**
 * Holds every grant against every assertion. A grant that could allow what must never be is an error; so is one of which
 * that cannot be excluded. A violation is never missed.
 */
export function checkNever(policy: PolicyTree, catalogue?: Catalogue): Problem[] {
  if (policy.never.size === 0) return [];
  const work = new Work(WORK);
  const coverage = catalogue === undefined ? undefined : new Coverage(catalogue);
  return [...policy.never.values()].flatMap((never) =>
    [...policy.grants.values()].flatMap((grant) => violation(policy, never, grant, coverage, work)),
  );
}

function violation(
  policy: PolicyTree,
  never: NeverTree,
  grant: GrantTree,
  coverage: Coverage | undefined,
  work: Work,
): Problem[] {
  const methods = sharedMethods(never, grant, coverage);
  if (methods.length === 0) return [];
  const who = somebody(policy, grant, never.unless);
  if (who === undefined) return [];
  let doubt: Method | undefined;
  for (const method of methods) {
    const found = argsOverlap(grant.args, never.args, method.params, work);
    if (found === "yes") return [violated(never, grant, who, method.name)];
    if (found === "unknown") doubt ??= method;
  }
  if (doubt === undefined) return [];
  const listed = listedIn(grant.args);
  const otherForm =
    doubt.params === undefined && (never.args ?? []).some((field) => isInOtherForm(field, listed));
  return [undecided(never, grant, doubt.name, otherForm)];
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

function undecided({ id, at }: NeverTree, grant: GrantTree, method: string, otherForm: boolean): Problem {
  const why = otherForm
    ? "one names arguments where the other counts positions, and the methods are not known"
    : "the patterns are too complex to be held against each other";
  return {
    code: "P510",
    severity: "error",
    at,
    text: `it cannot be excluded that the grant '${grant.id}' allows a call of ${method} that '${id}' says must never be: ${why}`,
    hint: otherForm
      ? "name the arguments in both, or check with the catalogue of the daemon"
      : "write simpler patterns",
    related: [{ at: grant.at, text: `the grant '${grant.id}' is` }],
  };
}

/** Methods that both are about: without a catalogue one that there may be. */
function sharedMethods(
  { call }: NeverTree,
  grant: GrantTree,
  coverage: Coverage | undefined,
): readonly Method[] {
  if (coverage === undefined) {
    const name = sampleMethod(grant, call);
    return name === undefined ? [] : [{ name, params: undefined }];
  }
  return [...coverage.of(grant).values()]
    .filter(({ method }) => call.some((pattern) => covers(pattern, method.name)))
    .map(({ method: { name, params } }) => ({ name, params }));
}

/** Somebody whom the grant is for and whom the assertion does not leave out, in words. */
function somebody(policy: PolicyTree, { to }: GrantTree, unless: readonly SubjectTree[]): string | undefined {
  const isMeant = (principal: Pick<Principal, "name" | "roles">): boolean =>
    to.some((subject) => isFor(subject, principal)) && !unless.some((subject) => isFor(subject, principal));
  const allOf = (roles: readonly NameTree[]): readonly string[] => [
    ...flatten(
      roles.map(({ name }) => name),
      policy.roles,
    ),
  ];
  for (const { name, roles } of policy.identities.values())
    if (isMeant({ name: `id:${name}`, roles: allOf(roles) })) return `id:${name}`;
  const certificates = to.filter(({ kind }) => kind === "certificate").map(({ name }) => name);
  for (const { name: authority, roles } of policy.authorities.values()) {
    // One that is named nowhere, and those that the grant names.
    const names = ["", ...certificates.filter((name) => name.startsWith(`${authority}/`))];
    // A certificate with one role: with more of them it would only be left out more easily. Or with none.
    for (const asserted of [[], ...roles.map((role) => [role])]) {
      const held = allOf(asserted);
      const found = names.find((name) => isMeant({ name: `id:${name}`, roles: held }));
      if (found === undefined) continue;
      const words = asserted.map((role) => ` with the role '${role.name}'`).join("");
      return found === "" ? `certificates of '${authority}'${words}` : `id:${found}`;
    }
  }
  return undefined;
}

/** Whether some arguments are both what the grant admits and what the assertion is about. */
function argsOverlap(
  args: ArgsTree | undefined,
  fields: readonly FieldTree[] | undefined,
  params: readonly Parameter[] | undefined,
  work: Work,
): Overlap {
  // It could not be read: another error says so.
  if (args === undefined || (params !== undefined && !canBeCalled(args, params))) return "no";
  const listed = listedIn(args);
  const named = fields ?? [];
  const keyOf = ({ key }: FieldTree): string => (params === undefined ? key : parameterName(key, params));
  const apart = listed.filter(
    (field) => !field.optional && !named.some((one) => keyOf(one) === keyOf(field)),
  );
  return every<FieldTree>([...named, ...apart], (field) =>
    named.includes(field) ? fieldOverlap(args, field, params, work) : canBe(field.constraint, work),
  );
}

/** The same for one argument that the assertion names: it may be there, or be absent and stand for its default. */
function fieldOverlap(
  args: ArgsTree,
  field: FieldTree,
  params: readonly Parameter[] | undefined,
  work: Work,
): Overlap {
  const key = params === undefined ? field.key : parameterName(field.key, params);
  const param = params?.find(({ name }) => name === key);
  const listed = listedIn(args);
  const own = listed.find((one) => (params === undefined ? one.key : parameterName(one.key, params)) === key);
  if (params === undefined && isInOtherForm(field, listed)) return "unknown";
  const others = args.kind === "record" ? args.others?.constraint : args.kind === "any" ? ANY : undefined;
  const admitted = own?.constraint ?? others;
  const hasNone = params !== undefined && param === undefined;
  const present = admitted === undefined || hasNone ? "no" : overlap(admitted, field.constraint, work);
  if (present === "yes" || !mayBeAbsent(own, param)) return present;
  const absent =
    param !== undefined && Object.hasOwn(param, "default")
      ? yesIf(admits(field.constraint, param.default))
      : yesIf(field.optional);
  return some([present, absent], (one) => one);
}

function listedIn(args: ArgsTree | undefined): readonly FieldTree[] {
  return args?.kind === "record" ? args.fields : [];
}

/** Whether the method can be called with what the grant admits: all that it needs, and nothing that it has not. */
function canBeCalled(args: ArgsTree, params: readonly Parameter[]): boolean {
  if (args.kind === "any") return true;
  const listed = new Map(listedIn(args).map((field) => [parameterName(field.key, params), field]));
  const admitsOthers = args.kind === "record" && args.others !== undefined;
  return (
    params.every(({ name, optional }) => optional || admitsOthers || listed.has(name)) &&
    [...listed].every(([name, { optional }]) => optional || params.some((param) => param.name === name))
  );
}

/** Whether the grant has a position where the field has a name, or a name for its position: which, nobody knows. */
function isInOtherForm({ key }: FieldTree, listed: readonly FieldTree[]): boolean {
  return (
    !listed.some((one) => one.key === key) && listed.some((one) => isPosition(one.key) !== isPosition(key))
  );
}

function mayBeAbsent(own: FieldTree | undefined, param: Parameter | undefined): boolean {
  return (own?.optional ?? true) && (param?.optional ?? true);
}
