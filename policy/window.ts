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

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * A moment as RFC 3339 writes it (section 5.6), with its offset: without one it would be another moment on another host.
 *
 * @returns milliseconds since 1970, or in a sentence what is wrong with the text
 */
export function parseTime(text: string): number | string {
  const match = RFC_3339.exec(text);
  if (match === null) {
    return /^\d{4}-\d{2}-\d{2}(?:[Tt ][\d:.]*)?$/.test(text)
      ? `'${text}' has no offset from UTC, and would be another moment on another host`
      : "a time was expected, like 2026-12-31T00:00:00Z or 2026-12-31T01:00:00+01:00";
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const shown = new Date(ms);
  // Date.UTC counts the 31st of February on into March, and years below 100 from 1900; a leap second would be none.
  const isReal =
    shown.getUTCDate() === day && shown.getUTCFullYear() === year && shown.getUTCMonth() === month - 1;
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (!isReal || hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59)
    return `there is no such time as ${text}`;
  const offsetMs = (match[8] === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
  const fraction = Number(`0.${match[7] ?? 0}`) * 1000;
  return ms + Math.floor(fraction) - offsetMs;
}
