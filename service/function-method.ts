import { z } from "zod";
import { isArgumentName } from "../base/names.ts";
import type { Method, Param } from "./declared.ts";
import { method, param } from "./method.ts";
import { onlyChecks } from "./only-checks.ts";

/** A plain function of a program's own. */
// oxlint-disable-next-line typescript/no-explicit-any -- of whatever arguments: what comes is held against its schemas
export type AnyFunction = (...args: any[]) => unknown;

/** A list of plain names between the first parentheses of a function's source; nothing else of it is read. */
const PLAIN_NAMES =
  /^(?:async\s+)?(?:function\s*[\w$]*\s*)?\(?\s*((?:[A-Za-z][\w]*\s*,\s*)*[A-Za-z][\w]*)?\s*(?:\)|=>)/;

/** Any data, and not nothing: a call with fewer arguments than the function has parameters is refused. */
const ANY = onlyChecks(z.any().refine((value) => value !== undefined, "is missing"));

/**
 * The method that a function is: its parameters by position, under their own names where they are plain ones, of any data
 * where nothing is said. What has a default, and what is behind it, is no parameter of a function to JavaScript (`length`).
 *
 * @param params - as for `method({ … })`: schemas for its parameters, in their order
 */
export function functionMethod(
  run: AnyFunction,
  { doc = "", params }: { readonly doc?: string | undefined; readonly params?: readonly Param[] | undefined },
): Method {
  const declared = params ?? parameterNames(run).map((name) => param(name, ANY, { shape: "any" }));
  const values = (args: Readonly<Record<string, unknown>>): unknown[] =>
    declared.map(({ name }) => args[name]);
  return method({ doc, params: declared, run: (args) => run(...values(args)) });
}

/** Its parameters' names; where they are no plain ones, or say that they may be absent, `arg1` and so on. */
function parameterNames(run: AnyFunction): readonly string[] {
  const [, list] = PLAIN_NAMES.exec(Function.prototype.toString.call(run)) ?? [];
  const names = (list ?? "").split(",").map((name) => name.trim());
  const areNames =
    names.length === run.length && names.every(isArgumentName) && new Set(names).size === names.length;
  return areNames ? names : Array.from({ length: run.length }, (_, i) => `arg${i + 1}`);
}
