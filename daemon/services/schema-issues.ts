import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Issue } from "../../base/fault.ts";
import { boundedIssue, clipMessage, ISSUES_MAX } from "../../base/issues.ts";
import type { ShapeCheck } from "../../catalogue/shape-check.ts";
import { pathText } from "../../wire/data.ts";

/** What a schema said of a value. */
export type SchemaVerdict = StandardSchemaV1.Result<unknown>;

/**
 * Values and keys of an argument, an answer or an item up to which the author's schema says what is wrong, although the shape refuses the value
 * already. A larger one is likely hostile: a schema may take a second for it and report ten thousand issues.
 */
export const SPOKEN_MAX_VALUES = 256;

/** Whether it is a promise, or what can stand for one. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/**
 * What a schema reports of a value, read up to {@link ISSUES_MAX}: with an issue for each element of a list, reading all of
 * them would cost more than the check.
 *
 * @param name - of the value, in front of each path
 */
export function schemaIssues(name: string, issues: readonly StandardSchemaV1.Issue[]): readonly Issue[] {
  return issues
    .slice(0, ISSUES_MAX)
    .map(({ message, path = [] }) => boundedIssue(issuePath(name, path), message));
}

/** What the shape of a value says of it, with {@link schemaIssues}'s paths. */
export function shapeIssues(name: string, shape: ShapeCheck, value: unknown): readonly Issue[] {
  return shape.problems(value).map(({ path, message }) => boundedIssue(pathText([name, ...path]), message));
}

/** The first message of a schema, of bounded length. */
export function firstMessage(issues: readonly StandardSchemaV1.Issue[]): string {
  const [first] = issues;
  return first === undefined ? "no reason given" : clipMessage(first.message);
}

function issuePath(name: string, path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): string {
  const steps = path.map((step) => (typeof step === "object" ? step.key : step));
  return pathText([name, ...steps.map((step) => (typeof step === "number" ? step : String(step)))]);
}
