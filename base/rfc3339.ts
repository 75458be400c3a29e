const TIME = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * Reads a moment as RFC 3339 writes it (section 5.6), with its offset: without one it would be another moment on
 * another host. A leap second is none.
 *
 * @returns milliseconds since 1970, what is finer cut off; nothing where the text is no such time
 */
export function parseRfc3339(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const written = match.slice(1, 7).map(Number);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = written;
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  // Date counts the 31st of February on into March, 24:00 into the next day, and with Date.UTC the year 50 is 1950.
  const shown = new Date(0);
  shown.setUTCFullYear(year, month - 1, day);
  shown.setUTCHours(hour, minute, second);
  const read = [
    shown.getUTCFullYear(),
    shown.getUTCMonth() + 1,
    shown.getUTCDate(),
    shown.getUTCHours(),
    shown.getUTCMinutes(),
    shown.getUTCSeconds(),
  ];
  if (written.some((part, i) => part !== read[i])) return undefined;
  const offsetMs = (match[8] === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
  // Of the digits, not of a fraction: 0.29 * 1000 is 290.00000000000006 here, and less elsewhere.
  const ms = Number((match[7] ?? ".").slice(1).padEnd(3, "0").slice(0, 3));
  return shown.getTime() + ms - offsetMs;
}
