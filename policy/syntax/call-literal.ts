import { FORBIDDEN_KEYS, isArgumentName, isMethodName, METHOD_NAME_RULE } from "../../base/names.ts";
import { emptyRecord } from "../../base/record.ts";
import { LiveReference } from "../../catalogue/live-reference.ts";

/** A call as it is written in tests and on the command line: `service.deploy(unit="web", canary=0.25)`. */
export interface CallLiteral {
  readonly method: string;
  readonly positional: readonly unknown[];
  /** Without a prototype. */
  readonly named: Readonly<Record<string, unknown>>;
}

/** What is wrong with a text, and where in it. */
export class LiteralFlaw extends Error {
  override readonly name = "LiteralFlaw";
  /** In UTF-16 units. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** So many lists and maps inside one another: as deep as a message can be. */
const DEPTH_MAX = 32;

const METHOD = /[^\s(]*/y;
const NAME = /([A-Za-z][A-Za-z0-9_-]*)\s*=(?!=)/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_.])/y;
const TEXT = /"(?:[^"\\]|\\.)*"/y;
const BYTES = /h'((?:[0-9A-Fa-f]{2})*)'/y;
const REFERENCE = /<(callback|stream|object)>/y;
const WORD = /(true|false|null)(?![0-9A-Za-z_])/y;
const SPACE = /\s*/y;

/**
 * Reads a call whose values are in CBOR's diagnostic notation (RFC 8949, section 8): `3`, `0.5`, `"text"`, `h'00ff'`,
 * `[1, 2]`, `{"a": 1}`, `1(0)` for a time, `true`, `false`, `null`; and `<callback>`, `<stream>`, `<object>`.
 *
 * @throws {@link LiteralFlaw}
 */
export function parseCall(text: string): CallLiteral {
  return new LiteralParser(text).call();
}

class LiteralParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  call(): CallLiteral {
    this.#space();
    const start = this.#at;
    const [method = ""] = this.#match(METHOD) ?? [];
    if (!isMethodName(method)) throw new LiteralFlaw(`a method was expected: ${METHOD_NAME_RULE}`, start);
    const positional: unknown[] = [];
    const named = emptyRecord();
    this.#expect("(", "'(' was expected behind the method");
    this.#listed(")", () => {
      const at = this.#at;
      const name = this.#match(NAME)?.[1];
      if (name === undefined) {
        if (Object.keys(named).length > 0) throw new LiteralFlaw("a position stands behind a name", at);
        positional.push(this.#value(0));
        return;
      }
      if (!isArgumentName(name)) throw new LiteralFlaw(`'${name}' cannot be the name of an argument`, at);
      if (Object.hasOwn(named, name)) throw new LiteralFlaw(`'${name}' stands here twice`, at);
      named[name] = this.#value(0);
    });
    this.#space();
    if (this.#at < this.#text.length) throw new LiteralFlaw("nothing was expected behind the ')'", this.#at);
    return { method, positional, named };
  }

  #value(depth: number): unknown {
    this.#space();
    const at = this.#at;
    const next = this.#text[at];
    if ((next === "[" || next === "{") && depth >= DEPTH_MAX)
      throw new LiteralFlaw(`values nest deeper than ${DEPTH_MAX} levels`, at);
    if (next === "[") return this.#list(depth);
    if (next === "{") return this.#map(depth);
    const text = this.#match(TEXT)?.[0];
    if (text !== undefined) return this.#string(text, at);
    const bytes = this.#match(BYTES)?.[1];
    if (bytes !== undefined) return new Uint8Array(Buffer.from(bytes, "hex"));
    const reference = this.#match(REFERENCE)?.[1];
    if (reference === "callback" || reference === "stream" || reference === "object")
      return new LiveReference(reference);
    const word = this.#match(WORD)?.[1];
    if (word !== undefined) return word === "null" ? null : word === "true";
    if (this.#text.startsWith("1(", at)) return this.#time();
    const number = this.#match(NUMBER)?.[0];
    if (number !== undefined) return this.#number(number, at);
    throw new LiteralFlaw(`a value was expected, like 3, "text", h'00ff', [1, 2] or <callback>`, at);
  }

  #list(depth: number): unknown[] {
    const list: unknown[] = [];
    this.#at++;
    this.#listed("]", () => list.push(this.#value(depth + 1)));
    return list;
  }

  #map(depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    this.#at++;
    this.#listed("}", () => {
      const at = this.#at;
      const key = this.#match(TEXT)?.[0];
      if (key === undefined) throw new LiteralFlaw("a key between double quotes was expected", at);
      const name = this.#string(key, at);
      if (FORBIDDEN_KEYS.has(name) || Object.hasOwn(map, name))
        throw new LiteralFlaw(`no call can have the key ${key} here`, at);
      this.#expect(":", "':' was expected behind the key");
      map[name] = this.#value(depth + 1);
    });
    return map;
  }

  /** Tag 1: seconds since 1970. */
  #time(): Date {
    const at = this.#at;
    this.#at += 2;
    this.#space();
    // Only a number, and no value: times in times would nest as deep as the text is long.
    const number = this.#match(NUMBER)?.[0];
    const flaw = new LiteralFlaw("1(…) is a time, in seconds since 1970", at);
    if (number === undefined) throw flaw;
    const seconds = this.#number(number, this.#at);
    this.#expect(")", "')' was expected behind the time");
    // A thousandth of a second is no exact double: 1.001 * 1000 is less than 1001.
    const time = new Date(Math.round(seconds * 1000));
    if (Number.isNaN(time.getTime())) throw flaw;
    return time;
  }

  #number(text: string, at: number): number {
    const value = Number(text);
    // With a fraction or an exponent it is a double, and none is beyond that; digits alone would be rounded.
    const isRounded = /^-?[0-9]+$/.test(text) && !Number.isSafeInteger(value);
    if (!Number.isFinite(value) || isRounded)
      throw new LiteralFlaw("whole numbers go up to 2^53−1 either way, others are finite", at);
    return value === 0 ? 0 : value;
  }

  #string(token: string, at: number): string {
    try {
      const text: unknown = JSON.parse(token);
      if (typeof text === "string" && text.isWellFormed()) return text;
    } catch {
      // Said below: what JSON does not take, the notation does not take either.
    }
    throw new LiteralFlaw("between double quotes stands what JSON takes there", at);
  }

  #listed(end: string, item: () => void): void {
    this.#space();
    if (this.#text[this.#at] === end) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#space();
      item();
      this.#space();
      const next = this.#text[this.#at];
      if (next !== end && next !== ",") throw new LiteralFlaw(`',' or '${end}' was expected`, this.#at);
      this.#at++;
      if (next === end) return;
    }
  }

  #expect(mark: string, flaw: string): void {
    this.#space();
    if (this.#text[this.#at] !== mark) throw new LiteralFlaw(flaw, this.#at);
    this.#at++;
  }

  #space(): void {
    this.#match(SPACE);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }
}

/** The call as {@link parseCall} reads it. */
export function callText({ method, positional, named }: CallLiteral): string {
  const args = [
    ...positional.map(valueText),
    ...Object.entries(named).map(([name, value]) => `${name}=${valueText(value)}`),
  ];
  return `${method}(${args.join(", ")})`;
}

/** A value in diagnostic notation; what is no data by its kind. Printable as it is: every text is JSON in ASCII. */
function valueText(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value === "string") return quoted(value);
  if (value instanceof Uint8Array) return `h'${Buffer.from(value).toString("hex")}'`;
  if (value instanceof Date) return `1(${value.getTime() / 1000})`;
  if (value instanceof LiveReference) return `<${value.kind}>`;
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (typeof value !== "object") return `<${typeof value}>`;
  const entries = Object.entries(value).map(([key, inner]) => `${quoted(key)}: ${valueText(inner)}`);
  return `{${entries.join(", ")}}`;
}

/** Beyond 2^53 with an exponent, so that it is read as the double that it is. */
function numberText(value: number): string {
  const isLarge = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLarge ? value.toExponential() : String(value);
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
