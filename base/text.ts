/**
 * Cuts a text to at most so many UTF-16 units; a cut text ends in `…`. A surrogate pair at the cut is left out whole, so a
 * well-formed text stays well-formed.
 */
export function clipText(text: string, maxUnits: number): string {
  if (text.length <= maxUnits) return text;
  const end = maxUnits - 1;
  const last = text.charCodeAt(end - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end)}…`;
}
