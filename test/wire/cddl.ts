import assert from "node:assert/strict";

/*
 * As much of CDDL (RFC 8610) as docs/protocol.cddl is written in:
 *
 *     rule     = name "=" type
 *     type     = type1 *("/" type1)
 *     type1    = type2 [".." type2 / control type2]          .cbor .size .regexp .ge .and
 *     type2    = number / text / name / "(" type ")" / "[" group "]" / "{" group "}" / "#6.N(" type ")"
 *     group    = *(entry [","])
 *     entry    = ["?" / [n] "*" [m]] [name ":" / type1 "=>"] type
 *
 * Anything else in the file is an error: what is not understood must not pass as checked.
 */

export type Type =
  | { readonly kind: "choice"; readonly of: readonly Type[] }
  | { readonly kind: "rule"; readonly name: string }
  | { readonly kind: "literal"; readonly value: number | string }
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  | { readonly kind: "array" | "map"; readonly entries: readonly Entry[] }
  | { readonly kind: "tag"; readonly number: number; readonly of: Type }
  | { readonly kind: "control"; readonly name: string; readonly of: Type; readonly by: Type };

export interface Entry {
  readonly min: number;
  readonly max: number;
  /** `cut`: written with a colon; who has this key has it by this entry or not at all (RFC 8610, 3.5.4) */
  readonly key: { readonly type: Type; readonly cut: boolean } | undefined;
  readonly type: Type;
}

export type Rules = ReadonlyMap<string, Type>;

/** @throws AssertionError at what is not of the subset */
export function parseCddl(source: string): Rules {
  const parser = new Parser(tokensOf(source));
  const rules = new Map<string, Type>();
  while (!parser.done) {
    const [name, type] = parser.rule();
    assert.equal(rules.has(name), false, `two rules ${name}`);
    rules.set(name, type);
  }
  return rules;
}

/** Every name that a type leans on. */
export function namesIn(type: Type): readonly string[] {
  switch (type.kind) {
    case "choice":
      return type.of.flatMap(namesIn);
    case "rule":
      return [type.name];
    case "array":
    case "map":
      return type.entries.flatMap((one) => [...(one.key ? namesIn(one.key.type) : []), ...namesIn(one.type)]);
    case "tag":
      return namesIn(type.of);
    case "control":
      return [...namesIn(type.of), ...namesIn(type.by)];
    case "literal":
    case "range":
      return [];
    default:
      throw new Error(`no such type: ${JSON.stringify(type)}`);
  }
}

const TOKEN =
  /\s+|;[^\n]*|("(?:[^"\\]|\\.)*"|\.\.|\.[a-z]+|=>|#6\.\d+|[A-Za-z][A-Za-z0-9_-]*|-?\d+|[=/[\]{}():,?*])/y;
const NAME = /^[A-Za-z]/;
const NUMBER = /^-?\d+$/;
const CONTROLS = [".cbor", ".size", ".regexp", ".ge", ".and"];

function tokensOf(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(source) ?? assert.fail(`what is this: ${source.slice(at, at + 40)}`);
    if (found[1] !== undefined) tokens.push(found[1]);
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at === this.#tokens.length;
  }

  rule(): readonly [name: string, type: Type] {
    const name = this.#next();
    assert.match(name, NAME);
    this.#expect("=");
    return [name, this.#type()];
  }

  #type(): Type {
    const of = [this.#type1()];
    while (this.#takes("/")) of.push(this.#type1());
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: "choice", of };
  }

  #type1(): Type {
    const type = this.#type2();
    if (this.#takes("..")) return { kind: "range", from: numberOf(type), to: numberOf(this.#type2()) };
    if (!CONTROLS.includes(this.#peek())) return type;
    return { kind: "control", name: this.#next(), of: type, by: this.#type2() };
  }

  #type2(): Type {
    const token = this.#next();
    if (token === "(") return this.#closed(")", () => this.#type());
    if (token === "[") return this.#closed("]", () => ({ kind: "array", entries: this.#group("]") }));
    if (token === "{") return this.#closed("}", () => ({ kind: "map", entries: this.#group("}") }));
    if (token.startsWith("#6.")) {
      this.#expect("(");
      return this.#closed(")", () => ({ kind: "tag", number: Number(token.slice(3)), of: this.#type() }));
    }
    if (token.startsWith('"')) return { kind: "literal", value: String(JSON.parse(token)) };
    if (NUMBER.test(token)) return { kind: "literal", value: Number(token) };
    assert.match(token, NAME);
    return { kind: "rule", name: token };
  }

  #group(end: string): Entry[] {
    const entries: Entry[] = [];
    while (this.#peek() !== end) {
      entries.push(this.#entry());
      if (!this.#takes(",")) break;
    }
    return entries;
  }

  #entry(): Entry {
    const occurrence = this.#occurrence();
    if (NAME.test(this.#peek()) && this.#peek(1) === ":") {
      const type: Type = { kind: "literal", value: this.#next() };
      this.#expect(":");
      return { ...occurrence, key: { type, cut: true }, type: this.#type() };
    }
    const type = this.#type();
    if (!this.#takes("=>")) return { ...occurrence, key: undefined, type };
    return { ...occurrence, key: { type, cut: false }, type: this.#type() };
  }

  #occurrence(): { readonly min: number; readonly max: number } {
    if (this.#takes("?")) return { min: 0, max: 1 };
    const counted = NUMBER.test(this.#peek()) && this.#peek(1) === "*";
    if (!counted && this.#peek() !== "*") return { min: 1, max: 1 };
    const min = counted ? Number(this.#next()) : 0;
    this.#expect("*");
    return { min, max: NUMBER.test(this.#peek()) ? Number(this.#next()) : Infinity };
  }

  #closed(end: string, read: () => Type): Type {
    const type = read();
    this.#expect(end);
    return type;
  }

  #peek(ahead = 0): string {
    return this.#tokens[this.#at + ahead] ?? "";
  }

  #next(): string {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #takes(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    assert.equal(this.#next(), token, `at token ${this.#at}`);
  }
}

function numberOf(type: Type): number {
  return type.kind === "literal" && typeof type.value === "number"
    ? type.value
    : assert.fail("a number was expected");
}
