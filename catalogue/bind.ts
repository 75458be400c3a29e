import { Fault, type Issue } from "../base/fault.ts";
import { ISSUES_MAX, issuesText } from "../base/issues.ts";
import { emptyRecord } from "../base/record.ts";
import type { MethodEntry } from "./catalogue.ts";

/** Arguments by the names of their parameters, as the peer sent them. Absent ones are absent. No prototype. */
export type BoundArguments = Readonly<Record<string, unknown>>;

/**
 * Makes positions and names one: the policy and the handler look at parameters, so no rule can be dodged by
 * choosing the other form (docs/protocol.md, section 6).
 *
 * @returns the arguments, or the fault `invalid_argument` with what is wrong, up to 64 issues
 */
export function bindArguments(
  { name, params }: MethodEntry,
  positional: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
): BoundArguments | Fault {
  const bound = emptyRecord();
  const count = positional.length;
  // The usual case first: all of it by position, and nothing to look up by a name.
  let isWhole = count <= params.length;
  for (let i = 0; i < params.length; i++) {
    const { name: parameter, optional } = params[i] ?? unreachable(i);
    if (i < count) bound[parameter] = positional[i];
    else if (!optional) isWhole = false;
  }
  if (isWhole && isEmpty(named)) return bound;
  return bindWithNames({ name, params }, positional, named);
}

function bindWithNames(
  { name, params }: Pick<MethodEntry, "name" | "params">,
  positional: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
): BoundArguments | Fault {
  const bound = emptyRecord();
  const issues: Issue[] = [];
  if (positional.length > params.length) {
    const message = `${positional.length} positions were given, the method has ${params.length} parameters`;
    issues.push({ path: `[${params.length}]`, message });
  }
  params.forEach((param, i) => {
    const byPosition = i < positional.length;
    const byName = Object.hasOwn(named, param.name);
    if (byPosition && byName) issues.push({ path: param.name, message: "given by position and by name" });
    else if (byPosition) bound[param.name] = positional[i];
    else if (byName) bound[param.name] = named[param.name];
    else if (!param.optional) issues.push({ path: param.name, message: "missing" });
  });
  for (const key of Object.keys(named)) {
    if (issues.length >= ISSUES_MAX) break;
    if (!params.some((param) => param.name === key)) issues.push({ path: key, message: "no such parameter" });
  }
  if (issues.length === 0) return bound;
  return new Fault("invalid_argument", issuesText(name, issues), {
    origin: "arguments",
    outcome: "not_started",
    issues,
  });
}

function isEmpty(record: object): boolean {
  for (const name in record) if (Object.hasOwn(record, name)) return false;
  return true;
}

function unreachable(i: number): never {
  throw new Error(`no parameter ${i}`);
}
