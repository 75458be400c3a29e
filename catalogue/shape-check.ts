import { assertNever } from "../base/assert-never.ts";
import { isPlainObject } from "../base/plain-object.ts";
import type { Shape } from "./catalogue.ts";
import { ANY, type Check, compileShape } from "./compiled-shape.ts";

/** Problems of one value that are collected: a caller who fixes sixteen can send the value again. */
export const SHAPE_PROBLEMS_MAX = 16;

/**
 * Steps of one check: values held against shapes. A message has at most 10,000 values, so twenty shapes for each value fit.
 * Alternatives within alternatives multiply the work; this bounds it to about two milliseconds.
 */
export const SHAPE_STEPS_MAX = 200_000;

/** UTF-16 units of a text that take one more step, as a power of two: code points may have to be counted. */
const UNITS_PER_STEP_BITS = 6;

/** What a value is to a shape; `undecided` where the steps did not suffice. */
export type ShapeVerdict = "fits" | "misfit" | "undecided";

/** One place in which a value is not of its shape. */
export interface ShapeProblem {
  /** the keys and positions that lead to the place */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Of the check that runs: none of them waits or calls anything of a peer's, so there is only one at a time. */
let stepsLeft = 0;

/**
 * The check of values against one shape. It runs before the schema of the author, which may be slow with hostile values.
 * It refuses nothing that a schema with this shape accepts unchanged: where libraries count differently (the length of a
 * text in code points or UTF-16 units, whole numbers beyond 2^53), it takes the wider reading.
 */
export class ShapeCheck {
  readonly #check: Check;
  readonly #maxSteps: number;

  /** @param maxSteps - see {@link SHAPE_STEPS_MAX} */
  constructor(shape: Shape, maxSteps: number = SHAPE_STEPS_MAX) {
    this.#check = compileShape(shape);
    this.#maxSteps = maxSteps;
  }

  /** Whether every value fits. */
  get isAny(): boolean {
    return this.#check.kind === "any";
  }

  /** Compares a value with the shape. It allocates nothing. */
  verdict(value: unknown): ShapeVerdict {
    stepsLeft = this.#maxSteps;
    const isFit = fits(this.#check, value);
    if (stepsLeft < 0) return "undecided";
    return isFit ? "fits" : "misfit";
  }

  /** What is wrong with a value that is a misfit: the first {@link SHAPE_PROBLEMS_MAX} problems, in the order of the value. */
  problems(value: unknown): readonly ShapeProblem[] {
    stepsLeft = this.#maxSteps;
    const problems: ShapeProblem[] = [];
    collect(this.#check, value, [], problems);
    return problems;
  }
}

/** Whether a value consists of more than so many values and keys. It stops counting there. */
export function isLargerThan(max: number, value: unknown): boolean {
  return countDown(value, max) < 0;
}

/** @returns what is left of `left` when every value and key took one; negative where they are more */
function countDown(value: unknown, left: number): number {
  let rest = left - 1;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && rest >= 0; i++) rest = countDown(value[i], rest);
  } else if (isPlainObject(value)) {
    for (const key in value) {
      if (rest < 0) break;
      if (Object.hasOwn(value, key)) rest = countDown(value[key], rest - 1);
    }
  }
  return rest;
}

/** Whether a value fits; any answer where the steps are used up. */
function fits(check: Check, value: unknown): boolean {
  stepsLeft--;
  switch (check.kind) {
    case "any":
      return true;
    case "scalar":
      if (typeof value === "string") stepsLeft -= value.length >>> UNITS_PER_STEP_BITS;
      return check.test(value);
    case "list":
      return listFits(check, value);
    case "map":
      return mapFits(check, value);
    case "one_of":
      for (let i = 0; i < check.checks.length && stepsLeft >= 0; i++)
        if (fits(check.checks[i] ?? ANY, value)) return true;
      return false;
    default:
      return assertNever(check, "a shape");
  }
}

function listFits({ of, min, max }: Extract<Check, { kind: "list" }>, value: unknown): boolean {
  if (!Array.isArray(value) || value.length < min || value.length > max) return false;
  if (of.kind === "any") return true;
  for (let i = 0; i < value.length && stepsLeft >= 0; i++) if (!fits(of, value[i])) return false;
  return true;
}

function mapFits(
  { fields, names, required, others }: Extract<Check, { kind: "map" }>,
  value: unknown,
): boolean {
  if (!isPlainObject(value)) return false;
  for (let i = 0; i < required.length; i++) if (!Object.hasOwn(value, required[i] ?? "")) return false;
  if (others?.kind === "any") {
    for (let i = 0; i < names.length && stepsLeft >= 0; i++) {
      const name = names[i] ?? "";
      if (Object.hasOwn(value, name) && !fits(fields.get(name) ?? ANY, value[name])) return false;
    }
    return true;
  }
  for (const key in value) {
    if (stepsLeft < 0) break;
    if (!Object.hasOwn(value, key)) continue;
    const check = fields.get(key) ?? others;
    if (check === undefined || !fits(check, value[key])) return false;
  }
  return true;
}

/**
 * Collects problems, in the order and with the steps of {@link fits}: what that found within its steps is found here too.
 *
 * @param path - of the value; put back as it was
 */
function collect(check: Check, value: unknown, path: (string | number)[], problems: ShapeProblem[]): void {
  if (isDone(problems)) return;
  stepsLeft--;
  switch (check.kind) {
    case "any":
      return;
    case "scalar":
      if (typeof value === "string") stepsLeft -= value.length >>> UNITS_PER_STEP_BITS;
      if (!check.test(value)) problems.push(unexpected(check, value, path));
      return;
    case "list":
      return collectInList(check, value, path, problems);
    case "map":
      return collectInMap(check, value, path, problems);
    case "one_of":
      if (!check.checks.some((one) => fits(one, value))) problems.push(unexpected(check, value, path));
      return;
    default:
      return assertNever(check, "a shape");
  }
}

function collectInList(
  check: Extract<Check, { kind: "list" }>,
  value: unknown,
  path: (string | number)[],
  problems: ShapeProblem[],
): void {
  if (!Array.isArray(value) || value.length < check.min || value.length > check.max) {
    problems.push(unexpected(check, value, path));
    return;
  }
  if (check.of.kind === "any") return;
  for (let i = 0; i < value.length && !isDone(problems); i++) {
    path.push(i);
    collect(check.of, value[i], path, problems);
    path.pop();
  }
}

function collectInMap(
  check: Extract<Check, { kind: "map" }>,
  value: unknown,
  path: (string | number)[],
  problems: ShapeProblem[],
): void {
  if (!isPlainObject(value)) {
    problems.push(unexpected(check, value, path));
    return;
  }
  for (const name of check.required) {
    if (isDone(problems)) return;
    if (Object.hasOwn(value, name)) continue;
    const field = check.fields.get(name) ?? ANY;
    problems.push({ path: [...path, name], message: `is missing; ${wordsOf(field)} was expected` });
  }
  for (const key of check.others?.kind === "any" ? check.names : Object.keys(value)) {
    if (isDone(problems)) return;
    if (!Object.hasOwn(value, key)) continue;
    const inner = check.fields.get(key) ?? check.others;
    path.push(key);
    if (inner === undefined)
      problems.push({ path: [...path], message: "is a key that the map may not have" });
    else collect(inner, value[key], path, problems);
    path.pop();
  }
}

function isDone(problems: readonly ShapeProblem[]): boolean {
  return problems.length >= SHAPE_PROBLEMS_MAX || stepsLeft < 0;
}

function unexpected(check: Check, value: unknown, path: readonly (string | number)[]): ShapeProblem {
  return { path: [...path], message: `${wordsOf(check)} was expected, ${foundWords(value)} was found` };
}

function wordsOf(check: Check): string {
  return check.kind === "any" ? "any value" : check.words;
}

/** What a value is, in words of bounded length: a text is the peer's, and is not repeated. */
function foundWords(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return `a string of length ${value.length}`;
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Uint8Array) return "a byte string";
  if (value instanceof Date) return "a time";
  return typeof value === "object" ? "a map" : "no data";
}
