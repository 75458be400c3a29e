import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Place, Problem } from "../../yaml/problem.ts";
import { compileConstraint } from "../decide/constraint.ts";
import { Coverage } from "../decide/coverage.ts";
import type {
  AuthorityTree,
  Constraint,
  FieldTree,
  GrantTree,
  PolicyTree,
  ReferenceConstraint,
} from "../syntax/tree.ts";
import { checkBounds } from "./bounds.ts";

/** A wildcard that covers more methods than that covers some that nobody thought of. */
const WIDE_METHODS = 20;

/** What decides, and what proves who decides: whoever reaches them needs no grant any more. */
const DECIDING_FILES = ["/etc/rpcd/policy.yaml", "/etc/rpcd/rpcd.yaml", "/etc/rpcd/host_key"];

/** Reports what loads, and gives more than most mean to give (docs/lint.md). */
export function checkRisks(policy: PolicyTree, catalogue: Catalogue | undefined): Problem[] {
  const coverage = catalogue === undefined ? undefined : new Coverage(catalogue);
  return [
    ...[...policy.grants.values(), ...policy.shadow.values()].flatMap((grant) => [
      ...catchAll(grant),
      ...(coverage === undefined ? [] : dangerous(grant, coverage)),
      ...fieldsOf(grant).flatMap(unbounded),
      ...escalation(grant),
    ]),
    ...(catalogue === undefined ? [] : checkBounds(policy, catalogue)),
    ...[...policy.authorities.values()].flatMap(wideAuthority),
  ];
}

function warning(code: string, at: Place, text: string, hint: string): Problem {
  return { code, severity: "warning", at, text, hint };
}

function catchAll({ id, call }: GrantTree): Problem[] {
  return call
    .filter(({ text }) => text === "**")
    .map(({ at }) =>
      warning(
        "P401",
        at,
        `'${id}' grants every method, and every one that is to come`,
        "name a service: math.**",
      ),
    );
}

function dangerous(grant: GrantTree, coverage: Coverage): Problem[] {
  const { id, args } = grant;
  const problems: Problem[] = [];
  for (const pattern of grant.call) {
    if (pattern.reach === "exact" || pattern.text === "**") continue;
    const covered = [...coverage.of({ ...grant, call: [pattern] }).values()].map(({ method }) => method);
    const worst = covered.find(({ effect }) => effect === "dangerous");
    if (covered.length <= WIDE_METHODS && worst === undefined) continue;
    const what =
      worst === undefined
        ? `${covered.length} methods`
        : `${worst.name}, which is dangerous, among ${covered.length} methods`;
    problems.push(
      warning(
        "P402",
        pattern.at,
        `'${pattern.text}' covers ${what}, and whatever comes later`,
        "name the methods that are meant",
      ),
    );
  }
  if (args?.kind !== "any") return problems;
  const worst = [...coverage.of(grant).values()].find(({ method }) => method.effect === "dangerous")?.method;
  if (worst === undefined) return problems;
  const text = `'${id}' allows any arguments for ${worst.name}, which is dangerous`;
  return [...problems, warning("P403", args.at, text, "say which arguments may be there")];
}

function fieldsOf({ args }: GrantTree): readonly FieldTree[] {
  if (args?.kind !== "record") return [];
  return args.others === undefined ? args.fields : [...args.fields, args.others];
}

function unbounded({ key, at, constraint }: FieldTree): Problem[] {
  const open = alternativesOf(constraint).filter(isReferenceWithout);
  return open.map(({ kind }) =>
    warning(
      "P406",
      at,
      `the ${kind} '${key}' may be used without end while the call runs`,
      HOW_TO_BOUND[kind],
    ),
  );
}

const HOW_TO_BOUND: Readonly<Record<ReferenceConstraint["kind"], string>> = {
  callback: "bound it: {callback: {calls: 100, for: 10m}}",
  stream: "bound it: {stream: {bytes: 64MiB, for: 10m}}",
  object: "bound it: calls: 100, for: 10m",
};

function alternativesOf(constraint: Constraint): readonly Constraint[] {
  return constraint.kind === "one_of" ? constraint.alternatives : [constraint];
}

function isReferenceWithout(constraint: Constraint): constraint is ReferenceConstraint {
  if (constraint.kind === "callback" || constraint.kind === "object")
    return !Number.isFinite(constraint.calls) || !Number.isFinite(constraint.forMs);
  return (
    constraint.kind === "stream" &&
    (!Number.isFinite(constraint.maxBytes) || !Number.isFinite(constraint.forMs))
  );
}

function escalation(grant: GrantTree): Problem[] {
  const problems: Problem[] = [];
  const asked = grant.call.find(({ text }) => keeperOf(text) !== undefined);
  if (asked !== undefined && grant.to.some(({ kind }) => kind === "everyone")) {
    const text = `'${grant.id}' lets everyone who can log in call ${asked.text}`;
    problems.push(warning("P409", asked.at, text, `grant it to those who ${keeperOf(asked.text)}`));
  }
  for (const { key, at, constraint } of fieldsOf(grant)) {
    const file = alternativesOf(constraint)
      .filter(({ kind }) => kind === "path" || kind === "glob" || kind === "re")
      .flatMap((one) => DECIDING_FILES.filter(compileConstraint(one)))[0];
    if (file === undefined) continue;
    const text = `'${key}' of '${grant.id}' may be ${file}: who reaches it needs no grants`;
    problems.push(warning("P409", at, text, "leave out /etc/rpcd"));
  }
  return problems;
}

/** For whom those of the daemon's own methods are that tell of others, or end their sessions. */
function keeperOf(method: string): string | undefined {
  if (method.startsWith("rpcd.policy.")) return "keep the policy";
  return method === "rpcd.stats" || method.startsWith("rpcd.sessions.") ? "operate the daemon" : undefined;
}

function wideAuthority({ name, names, roles }: AuthorityTree): Problem[] {
  const anything = names.find(({ text }) => /^\*+$/.test(text));
  const administrator = roles.find((role) =>
    /^(?:admin|administrator|root|owner|superuser)s?$/i.test(role.name),
  );
  return [
    ...(anything === undefined
      ? []
      : [
          warning(
            "P410",
            anything.at,
            `'${name}' may give any name`,
            "say which names are its own: web-*.fleet.example",
          ),
        ]),
    ...(administrator === undefined
      ? []
      : [
          warning(
            "P410",
            administrator.at,
            `'${name}' may give the role '${administrator.name}'`,
            "pin the keys of administrators as identities",
          ),
        ]),
  ];
}
