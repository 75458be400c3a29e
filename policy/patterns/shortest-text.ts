import type { Automaton } from "./dfa.ts";

/** Between these two a character can be seen on every terminal. */
const [FIRST_VISIBLE, LAST_VISIBLE] = [0x21, 0x7e];

/** A shortest text that an automaton accepts, for a message; nothing where it accepts none. */
export function shortestText({ starts, classes, width, next, accepting }: Automaton): string | undefined {
  const characters = charactersOf(starts, classes, width);
  const reached = new Map([[0, ""]]);
  // Entries are added while the map is walked: in the order of their lengths.
  for (const [state, text] of reached) {
    if (accepting[state] === 1) return text;
    characters.forEach((character, symbol) => {
      const to = next[state * width + symbol] ?? 0;
      if (!reached.has(to)) reached.set(to, text + character);
    });
  }
  return undefined;
}

/** A character of each class: a letter or a digit where there is one, else one that can be seen, else the first. */
function charactersOf(starts: Uint32Array, classes: Uint16Array, width: number): readonly string[] {
  const found = Array.from({ length: width }, (): string | undefined => undefined);
  starts.forEach((start, i) => {
    const symbol = classes[i] ?? 0;
    const last = (starts[i + 1] ?? 0x110000) - 1;
    const letter = [0x61, 0x30, 0x41].find((codePoint) => start <= codePoint && codePoint <= last);
    const visible = Math.max(start, FIRST_VISIBLE);
    if (letter !== undefined) found[symbol] = String.fromCodePoint(letter);
    else if (visible <= Math.min(last, LAST_VISIBLE)) found[symbol] ??= String.fromCodePoint(visible);
  });
  starts.forEach((start, i) => {
    found[classes[i] ?? 0] ??= String.fromCodePoint(start);
  });
  return found.map((character) => character ?? "");
}
