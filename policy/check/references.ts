import { assertNever } from "../../base/assert-never.ts";
import {
  isLive,
  type LiveShape,
  liveName,
  type MethodEntry,
  type Parameter,
} from "../../catalogue/catalogue.ts";
import type { Place, Problem } from "../../yaml/problem.ts";
import { article } from "../../yaml/reader.ts";
import { parameterName } from "../decide/args.ts";
import { type Coverage, type Covered, mayReturn } from "../decide/coverage.ts";
import { couldFit } from "../decide/fits.ts";
import type { ArgsTree, Constraint, GrantTree } from "../syntax/tree.ts";

/*
 * What is passed by reference is never data: a grant has to name it, and the words that look as if they covered everything do
 * not. A method that is named exactly was meant to be callable: then it is an error. Of a wildcard it is a note.
 */

/** Reports methods that a grant covers and leaves out all the same, for want of a word about references: P311, P317, P318. */
export function checkReferences(grant: GrantTree, coverage: Coverage): Problem[] {
  const named = [...coverage.named(grant).values()];
  return [...withheld(grant, named), ...uncoveredParameters(grant, named)];
}

function withheld({ id, at, call, returns }: GrantTree, named: readonly Covered[]): Problem[] {
  const out = named.filter(({ method }) => !mayReturn(returns, method.returns));
  const exact = out.filter(({ reach }) => reach === "exact");
  const errors = exact.map(({ method }): Problem => {
    const word = returnedName(method);
    const place = call.find(({ text }) => text === method.name)?.at ?? at;
    const text = `'${id}' does not allow ${method.name}, which returns ${article(word)} by reference`;
    return { code: "P317", severity: "error", at: place, text, hint: `write returns: ${word}` };
  });
  const [first, ...others] = out.filter(({ reach }) => reach !== "exact").map(({ method }) => method);
  if (first === undefined) return errors;
  const words = [...new Set([first, ...others].map(returnedName))];
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const text = `'${id}' leaves out ${first.name}, which returns ${article(returnedName(first))} by reference${more}`;
  const hint = `to allow it write returns: ${words.length === 1 ? words[0] : `[${words.join(", ")}]`}`;
  return [...errors, { code: "P317", severity: "note", at: call[0]?.at ?? at, text, hint }];
}

function returnedName({ returns }: MethodEntry): string {
  return isLive(returns) ? liveName(returns) : "";
}

interface Uncovered {
  readonly method: MethodEntry;
  readonly param: Parameter & { readonly shape: LiveShape };
  /** Whether no call can match. */
  readonly isNeeded: boolean;
}

/** Parameters that only `any`, or what `'*'` says, could cover: and those are about data. */
function uncoveredParameters({ id, at, args, returns }: GrantTree, named: readonly Covered[]): Problem[] {
  const others = othersOf(args);
  if (others === undefined) return [];
  const open = named
    .filter(({ method }) => mayReturn(returns, method.returns))
    .flatMap(({ method, reach }) =>
      method.params.flatMap((param) => {
        const { shape } = param;
        if (!isLive(shape) || isListed(args, param.name, method) || couldFit(others.constraint, shape))
          return [];
        return [{ method, param: { ...param, shape }, isNeeded: reach === "exact" && !param.optional }];
      }),
    );
  const needed = open.filter(({ isNeeded }) => isNeeded);
  const [first] = needed.length > 0 ? needed : open;
  return first === undefined ? [] : [uncovered(first, others.at ?? at, id, open.length - 1)];
}

function uncovered({ method, param, isNeeded }: Uncovered, at: Place, id: string, more: number): Problem {
  const count = more === 0 ? "" : ` (and ${more} more parameters)`;
  const what = `'${param.name}' of ${method.name} is ${article(param.shape.type)}`;
  const list = `${param.name}${param.optional ? "?" : ""}: ${referenceWords(param.shape)}`;
  if (isNeeded)
    return {
      code: "P311",
      severity: "error",
      at,
      text: `${what}, and '${id}' says no more of it than any data: no call can match${count}`,
      hint: `any covers data only; write ${param.shape.type}: {${list}, '*': any}`,
    };
  return {
    code: "P318",
    severity: "note",
    at,
    text: `${what}, which '${id}' does not admit: any covers data only${count}`,
    hint: `to admit it write ${param.shape.type}: {${list}, '*': any}`,
  };
}

/** What a grant says of arguments that it does not list; nothing where it admits none. */
function othersOf(
  args: ArgsTree | undefined,
): { readonly at: Place | undefined; readonly constraint: Constraint } | undefined {
  if (args?.kind === "record") return args.others;
  return args?.kind === "any" ? { at: args.at, constraint: { kind: "any" } } : undefined;
}

function isListed(args: ArgsTree | undefined, name: string, { params }: MethodEntry): boolean {
  return args?.kind === "record" && args.fields.some(({ key }) => parameterName(key, params) === name);
}

/** How a reference is written, with bounds. */
export function referenceWords(shape: LiveShape): string {
  switch (shape.type) {
    case "callback":
      return "{callback: {calls: 100, for: 10m}}";
    case "stream":
      return "{stream: {bytes: 64MiB, for: 10m}}";
    case "object":
      return `{object: {methods: [${shape.methods.slice(0, 3).join(", ")}], calls: 100, for: 10m}}`;
    default:
      return assertNever(shape, "a reference");
  }
}
