import { escapeText } from "../../base/escape.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { limitsWords } from "../base/limits.ts";
import type { Policy } from "../decide/compile.ts";
import { constraintWords } from "../decide/constraint-words.ts";
import { flatten } from "../decide/roles.ts";
import { isFor, subjectText } from "../decide/subject.ts";
import type { ArgsTree, FieldTree, GrantTree, NeverTree } from "../syntax/tree.ts";
import { holdsAt, windowWords } from "../syntax/window.ts";
import type { Circumstances, Condition, DecisionRecord } from "./explain.ts";
import { reasonWords } from "./words.ts";

/*
 * What is told of a policy to whoever may ask, by the daemon and by rpcctl on a file alike: as data for programs, and
 * as lines for people. The lines are escaped: what a policy quotes may be an attacker's.
 */

export interface PolicyAnswer {
  readonly lines: readonly string[];
  readonly [field: string]: unknown;
}

/**
 *     deny: service.deploy(unit="db") by id:ci-runner
 *       grant 'deploy' wants unit to be enum "web", "api", and "db" came
 *       deploy (53:3)
 *         ✓ to     deployer            id:ci-runner with deployer
 *         ✗ args   unit: enum …        "db"
 */
export function explainAnswer(record: DecisionRecord): PolicyAnswer {
  const { decision, reason, policy, principal, call, grant, nearest, candidates, shadow, isMethodKnown } =
    record;
  const why = decision === "allow" ? `grant '${grant}' admits it` : reasonWords(record);
  const lines = [
    `${decision}: ${call} by ${principal}`,
    `  ${why}`,
    ...(decision === "allow" && !isMethodKnown ? [UNKNOWN_METHOD] : []),
    ...(decision === "undecided" ? [UNDECIDED] : []),
    ...candidates.flatMap(({ grant: id, at, conditions }) => [
      `  ${id} (${at.line}:${at.column})`,
      ...conditions.map(conditionLine),
    ]),
    ...shadow.map((id) => `  shadow grant '${id}' would admit it`),
  ];
  return {
    decision,
    reason,
    policy,
    principal,
    call,
    grant: grant ?? null,
    why,
    nearest:
      nearest === undefined
        ? null
        : { ...conditionData(nearest), grant: nearest.grant, ...placeData(nearest.at) },
    candidates: candidates.map((one) => ({
      grant: one.grant,
      ...placeData(one.at),
      conditions: one.conditions.map(conditionData),
    })),
    shadow,
    lines: lines.map(escapeText),
  };
}

/** The daemon knows, and may deny what a file alone allows. */
const UNKNOWN_METHOD =
  "  the method is not known here: with --catalogue FILE its defaults, and what it returns by reference, are checked too";

const UNDECIDED = "  --catalogue FILE names the methods: rpcd --catalogue > FILE makes one";

function conditionLine({ on, path, holds, want, got }: Condition): string {
  const what = path === undefined ? want : `${path}: ${want}`;
  const miss = on === "returns" ? `the grant names ${got}` : `${got} came`;
  return `    ${holds ? "✓" : "✗"} ${on.padEnd(7)} ${what}${holds ? "" : `; ${miss}`}`;
}

function conditionData({ on, path, holds, want, got }: Condition): Readonly<Record<string, unknown>> {
  return { on, path: path ?? null, holds, want, got };
}

function placeData({ line, column }: GrantTree["at"]): Readonly<Record<string, unknown>> {
  return { line, column };
}

/** What a principal may call, from where it is, at the moment: without a catalogue by patterns, with one by methods. */
export function canAnswer(
  policy: Policy,
  { principal, peer, nowMs }: Omit<Circumstances, "bytes">,
  catalogue: Catalogue | undefined,
): PolicyAnswer {
  const rows =
    catalogue === undefined
      ? patternRows(policy, principal)
      : [...policy.table(principal, peer, catalogue, nowMs).rows].flatMap(([method, { all }]) =>
          all.map(({ id }) => ({ method, grant: policy.tree.grants.get(id) })),
        );
  const shown = rows
    .flatMap(({ method, grant }) => (grant === undefined ? [] : [{ method, grant }]))
    .filter(({ grant }) => holdsAt(grant.valid, nowMs))
    .toSorted((a, b) => (a.method < b.method ? -1 : a.method > b.method ? 1 : 0));
  const roles = principal.roles.length === 0 ? "no roles" : principal.roles.join(", ");
  const lines = [
    `${principal.name} with ${roles}${shown.length === 0 ? " may call nothing" : ""}`,
    ...shown.map(
      ({ method, grant }) =>
        `  ${method}  ${argsText(grant.args)}  (${[grant.id, ...boundsText(grant)].join("; ")})`,
    ),
  ];
  return {
    principal: principal.name,
    roles: principal.roles,
    methods: shown.map(({ method, grant }) => ({ method, ...grantData(grant) })),
    lines: lines.map(escapeText),
  };
}

function patternRows(
  { tree }: Policy,
  principal: Circumstances["principal"],
): readonly { readonly method: string; readonly grant: GrantTree }[] {
  return [...tree.grants.values()]
    .filter(({ to }) => to.some((subject) => isFor(subject, principal)))
    .flatMap((grant) => grant.call.map(({ text }) => ({ method: exceptText(text, grant), grant })));
}

/** The policy as it is in force: roles with all that they include, who has which, each grant on a line. */
export function showAnswer(policy: Policy): PolicyAnswer {
  const { tree, hash } = policy;
  const roles = [...tree.roles.keys()].map((name) => ({
    name,
    includes: [...flatten([name], tree.roles)].toSorted(),
  }));
  const identities = [...tree.identities.values()].map(({ name, keys, valid }) => ({
    name,
    roles: policy.identity(name)?.roles ?? [],
    keys: keys.map(({ fingerprint }) => fingerprint),
    valid: windowWords(valid) ?? null,
    revoked: policy.isRevoked(name),
  }));
  const authorities = [...tree.authorities.values()].map((one) => ({
    name: one.name,
    names: one.names.map(({ text }) => text),
    roles: one.roles.map(({ name }) => name),
    keys: one.keys.map(({ fingerprint }) => fingerprint),
  }));
  const [grants, shadow] = [tree.grants, tree.shadow].map((section) => [...section.values()]);
  const lines = [
    `policy ${hash}`,
    ...roles.map(
      ({ name, includes }) => `role ${name}${includes.length < 2 ? "" : `: ${includes.join(", ")}`}`,
    ),
    ...identities.map(
      (one) =>
        `identity ${one.name}: ${one.roles.length === 0 ? "no roles" : one.roles.join(", ")}; ${one.keys.join(" ")}${one.valid === null ? "" : `; ${one.valid}`}${one.revoked ? "; revoked" : ""}`,
    ),
    ...authorities.map(
      (one) =>
        `authority ${one.name}: names ${one.names.join(", ")}; at most ${one.roles.join(", ")}; ${one.keys.join(" ")}`,
    ),
    ...(grants ?? []).map((grant) => `grant ${grantLine(grant)}`),
    ...(shadow ?? []).map((grant) => `shadow ${grantLine(grant)}`),
    ...[...tree.never.values()].map((one) => `never ${neverLine(one)}`),
  ];
  return {
    policy: hash,
    roles,
    identities,
    authorities,
    grants: (grants ?? []).map(grantData),
    shadow: (shadow ?? []).map(grantData),
    never: [...tree.never.values()].map(({ id, at, call, args, unless }) => ({
      id,
      ...placeData(at),
      call: call.map(({ text }) => text),
      args: args === undefined ? "any" : `{${args.map(fieldText).join(", ")}}`,
      unless: unless.map(subjectText),
    })),
    lines: lines.map(escapeText),
  };
}

function grantLine(grant: GrantTree): string {
  const to = grant.to.map(subjectText).join(", ");
  const call = exceptText(grant.call.map(({ text }) => text).join(", "), grant);
  return [`${grant.id}: ${to} may call ${call} with ${argsText(grant.args)}`, ...boundsText(grant)].join(
    "; ",
  );
}

function neverLine({ id, call, args, unless }: NeverTree): string {
  const words = args === undefined ? "any arguments" : `{${args.map(fieldText).join(", ")}}`;
  const but = unless.length === 0 ? "" : ` unless ${unless.map(subjectText).join(", ")}`;
  return `${id}: ${call.map(({ text }) => text).join(", ")} with ${words}${but}`;
}

function exceptText(pattern: string, { except }: GrantTree): string {
  return except.length === 0 ? pattern : `${pattern} except ${except.map(({ text }) => text).join(", ")}`;
}

function argsText(args: ArgsTree | undefined): string {
  if (args === undefined) return "?";
  if (args.kind !== "record") return args.kind;
  const fields = args.others === undefined ? args.fields : [...args.fields, args.others];
  return `{${fields.map(fieldText).join(", ")}}`;
}

function fieldText({ key, optional, constraint }: FieldTree): string {
  return `${key}${optional && key !== "*" ? "?" : ""}: ${constraintWords(constraint)}`;
}

/** What a grant asks for beside the arguments, and what it adds. */
function boundsText({ via, from, valid, limits, returns }: GrantTree): string[] {
  const window = windowWords(valid);
  return [
    ...(via === undefined ? [] : [`via ${via.join(" or ")}`]),
    ...(from === undefined ? [] : [`from ${from.map(({ text }) => text).join(" or ")}`]),
    ...(window === undefined ? [] : [window]),
    ...(limits === undefined ? [] : [limitsWords(limits)]),
    ...(returns.length === 0 ? [] : [`returns ${returns.map(({ name }) => name).join(", ")}`]),
  ];
}

function grantData(grant: GrantTree): Readonly<Record<string, unknown>> {
  const { id, at, to, call, except, args } = grant;
  return {
    grant: id,
    ...placeData(at),
    to: to.map(subjectText),
    call: call.map(({ text }) => text),
    except: except.map(({ text }) => text),
    args: argsText(args),
    bounds: boundsText(grant),
  };
}
