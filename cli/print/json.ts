import { escapeText } from "../../base/escape.ts";
import { FORBIDDEN_KEYS } from "../../base/names.ts";
import { isPlainObject } from "../../base/plain-object.ts";

/** As deep as a message can be: what nests deeper could not be sent. */
const MAX_DEPTH = 32;

/** What was read, or in a sentence what is wrong with it. */
export type Read<T = unknown> = { readonly value: T } | { readonly wrong: string };

/**
 * Reads JSON as it is written, or not at all: a number that would be rounded, a key that stands twice or that JavaScript gives a
 * meaning of its own, and a nesting that no message carries are rejected.
 */
export function readJson(text: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { wrong: `it is not JSON${placeIn(text, error)}` };
  }
  const wrong = lossyNumber(text) ?? repeatedKey(text) ?? unsendable(value, MAX_DEPTH);
  return wrong === undefined ? { value } : { wrong };
}

/** Of a longer text without a place in V8's words no place is looked for, in characters: each look reads all of it. */
const LOOKED_MAX = 64 * 1024;

/** Where a text stops being JSON, as people count. */
function placeIn(text: string, error: SyntaxError): string {
  if (text.trim() === "") return ": it is empty";
  const [, told] = /at position (\d+)/.exec(error.message) ?? [];
  if (told === undefined && text.length > LOOKED_MAX && !error.message.includes("end of JSON input"))
    return "";
  const at = told === undefined || isEnd(error, text) ? beginningOf(text) : Number(told);
  if (at === text.length) return ": it ends in the middle of a value";
  const before = text.slice(0, at).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return before.length === 1 ? ` (character ${column})` : ` (line ${before.length}, character ${column})`;
}

/** How many of its characters JSON can begin with. V8 does not name the place of each mistake. */
function beginningOf(text: string): number {
  if (isBeginning(text)) return text.length;
  let good = 0;
  for (let bad = text.length + 1; bad - good > 1; ) {
    const middle = (good + bad) >> 1;
    if (isBeginning(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return isEnd(error, text);
  }
}

/** Whether the mistake is that a text ends too early. */
function isEnd({ message }: SyntaxError, text: string): boolean {
  const [, at] = /at position (\d+)/.exec(message) ?? [];
  return at === undefined
    ? message.includes("end of JSON input")
    : Number(at) === text.length || message.includes("Unterminated");
}

/** The first number of a JSON text that JavaScript would turn into another. Texts are skipped. */
function lossyNumber(json: string): string | undefined {
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g)) {
    if (token.startsWith('"')) continue;
    const number = Number(token);
    if (!Number.isFinite(number)) return `${token} is no number that a call can carry`;
    // With an exponent nobody means each of the digits.
    if (!/[eE]/.test(token) && Number.isInteger(number) && !Number.isSafeInteger(number)) {
      return `${token} is beyond ±${Number.MAX_SAFE_INTEGER} and would be rounded`;
    }
  }
  return undefined;
}

/** The first key that stands twice in one map of a JSON text: of the two values JSON.parse keeps the last without a word. */
function repeatedKey(json: string): string | undefined {
  // The keys so far, of each map that is open; nothing for a list.
  const open: (Set<unknown> | undefined)[] = [];
  let text = "";
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      // As it is read: `"a"` and `"\u0061"` are one key.
      const key: unknown = JSON.parse(text);
      const keys = open.at(-1);
      if (keys?.has(key) === true) return `the key '${String(key)}' stands twice in one map`;
      keys?.add(key);
    } else text = token;
  }
  return undefined;
}

function unsendable(value: unknown, depth: number): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === 0) return `lists and maps nest deeper than ${MAX_DEPTH} levels`;
  for (const key of Object.keys(value)) {
    if (FORBIDDEN_KEYS.has(key)) return `'${key}' cannot stand as a key in a call`;
  }
  for (const inner of Object.values(value)) {
    const wrong = unsendable(inner, depth - 1);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/**
 * A value as JSON on one line, for machines, yet fit for a terminal: what could move the cursor or turn the
 * direction of reading stands as `\uXXXX`, which JSON reads as the same. Bytes are `{"$bytes": BASE64}`, times
 * their ISO text, `undefined` is null.
 */
export function jsonText(value: unknown): string {
  const json = JSON.stringify(plain(value)) ?? "null";
  return json.replace(/[^ -~]/gu, (found) => (escapeText(found) === found ? found : unicodeEscape(found)));
}

function unicodeEscape(text: string): string {
  return Array.from(
    { length: text.length },
    (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("");
}

function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return plain(Object.fromEntries(value));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, plain(inner)]),
  );
}
