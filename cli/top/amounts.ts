/*
 * Numbers as people read them, each in a few columns: a hostile daemon may send any number that there is.
 */

const THOUSANDS = ["", "k", "M", "G", "T", "P"] as const;
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `0.4`, `12`, `4.5k`: how often in a second. */
export function rateText(perSecond: number): string {
  return scaled(perSecond, 1000, THOUSANDS, "");
}

/** `512 B`, `1.5 MiB`. */
export function bytesText(bytes: number): string {
  return scaled(bytes, 1024, BINARY, " ");
}

/** `0.02 ms`, `3.1 ms`, `4.5 s`. */
export function millisText(ms: number): string {
  if (ms >= 1000) return `${scaled(ms / 1000, 1000, THOUSANDS, "")} s`;
  return `${ms < 1 ? Number(ms.toFixed(2)) : shortNumber(ms)} ms`;
}

/** `5s`, `3m 20s`, `4h 10m`, `12d 3h`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "m"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0s";
  return parts
    .slice(first, first + 2)
    .filter(([count], i) => i === 0 || count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}

function scaled(value: number, step: number, units: readonly string[], gap: string): string {
  let rest = value;
  let unit = 0;
  // What would be rounded to the step is the next unit's already.
  while (Math.round(rest) >= step && unit < units.length - 1) {
    rest /= step;
    unit++;
  }
  const number = Math.round(rest) >= step ? rest.toExponential(1) : shortNumber(rest);
  return `${number}${gap}${units[unit] ?? ""}`;
}

/** One digit behind the point where it says something. */
function shortNumber(value: number): string {
  return value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}
