import { parseRfc3339 } from "../../base/rfc3339.ts";
import { short } from "../../yaml/tree.ts";

/** A stretch of time, half open: from `sinceMs` on, and before `untilMs`. Milliseconds since 1970; open ends are infinities. */
export interface Window {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export const ALWAYS: Window = { sinceMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };

/** Whether the moment lies in the window. */
export function holdsAt({ sinceMs, untilMs }: Window, nowMs: number): boolean {
  return sinceMs <= nowMs && nowMs < untilMs;
}

/** `until 2026-12-31T00:00:00.000Z`, or nothing where it is always. */
export function windowWords({ sinceMs, untilMs }: Window): string | undefined {
  const ends = [
    ...(Number.isFinite(sinceMs) ? [`since ${new Date(sinceMs).toISOString()}`] : []),
    ...(Number.isFinite(untilMs) ? [`until ${new Date(untilMs).toISOString()}`] : []),
  ];
  return ends.length === 0 ? undefined : ends.join(" ");
}

/**
 * A moment as RFC 3339 writes it, with its offset.
 *
 * @returns milliseconds since 1970, or in a sentence what is wrong with the text
 */
export function parseTime(text: string): number | string {
  const ms = parseRfc3339(text);
  if (ms !== undefined) return ms;
  if (/^\d{4}-\d{2}-\d{2}(?:[Tt ][\d:.]*)?$/.test(text))
    return `'${text}' has no offset from UTC, and would be another moment on another host`;
  return /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}/.test(text)
    ? `there is no such time as ${text}`
    : `a time was expected, like 2026-12-31T00:00:00Z or 2026-12-31T01:00:00+01:00, but '${short(text)}' came`;
}
