import type { Issue } from "./fault.ts";
import { clipText } from "./text.ts";

/** Issues of one fault: no caller fixes more at once, and a schema may report one for each of ten thousand values. */
export const ISSUES_MAX = 64;

/** UTF-16 units of an issue's path: eight long keys. */
const PATH_MAX_CHARS = 256;

/** UTF-16 units of an issue's message: a schema may name every key that it does not know. */
const MESSAGE_MAX_CHARS = 1_024;

/** UTF-16 units of the text of a fault that is written to the log: some twenty issues of the usual length. */
export const DETAIL_MAX_CHARS = 2_048;

/** An issue of bounded length. @param message - a text; schemas that are written without types may give something else */
export function boundedIssue(path: string, message: unknown): Issue {
  return { path: clipText(path, PATH_MAX_CHARS), message: clipMessage(message) };
}

/** A message that a schema, a handler or a peer wrote, cut to a bounded length. */
export function clipMessage(message: unknown): string {
  return typeof message === "string" ? clipText(message, MESSAGE_MAX_CHARS) : "no reason given";
}

/** The issues of a fault in one text of bounded length, for the log. @param method - whose arguments they are about */
export function issuesText(method: string, issues: readonly Issue[]): string {
  let text = `${method}: `;
  for (let i = 0; i < issues.length && text.length <= DETAIL_MAX_CHARS; i++) {
    const { path, message } = issues[i] ?? { path: "", message: "" };
    text += `${i === 0 ? "" : "; "}${path}: ${message}`;
  }
  return clipText(text, DETAIL_MAX_CHARS);
}
