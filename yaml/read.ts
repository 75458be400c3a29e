import { DepthCounter, MAX_DEPTH } from "./depth.ts";
import {
  CST,
  composeDocument,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Pair,
  type Scalar,
  type YAMLMap,
} from "./package.ts";
import { Positions } from "./positions.ts";
import { type Fix, inOrder, type Problem, type Severity } from "./problem.ts";
import { readScalar } from "./scalar.ts";
import { gateText } from "./text-gate.ts";
import { short, type YamlComment, type YamlEntry, type YamlNode } from "./tree.ts";

/** What was read: nothing where the text is empty or no tree can be made of it; the problems say which. */
export interface YamlText {
  readonly root: YamlNode | undefined;
  /** In the order of the text. P101 to P109. */
  readonly problems: readonly Problem[];
  /** The text, for excerpts. */
  readonly source: string;
  readonly comments: readonly YamlComment[];
}

/**
 * Reads YAML 1.2, core schema, strictly: what YAML has beyond maps, lists and scalars is refused with its
 * place, and so is what two readers could see differently (docs/policy.md, "Format"). For every file
 * that the project reads as YAML.
 *
 *     bytes → UTF-8, no hidden characters → tokens: depth, anchors, tags, documents → tree
 */
export function readYaml(bytes: Uint8Array): YamlText {
  const { source, problems: found, readable } = gateText(bytes);
  if (!readable) return { root: undefined, problems: found, source, comments: [] };
  const gate = new YamlGate(source, found);
  const root = gate.tokensAreSafe() ? gate.tree() : undefined;
  return { root, problems: inOrder(gate.problems), source, comments: gate.comments };
}

/** Words for the errors of the package that people meet most; its own words for the rest. */
const SYNTAX_TEXT: ReadonlyMap<string, string> = new Map([
  ["TAB_AS_INDENT", "a tab stands where the line is indented: indent with spaces"],
  ["NON_STRING_KEY", "a key must be a plain text, not a list or a map"],
  ["MULTILINE_IMPLICIT_KEY", "a key must stand on one line, with its ':' behind it"],
]);

/**
 * The parser takes some ten microseconds and up to a kilobyte for each: ten seconds at worst, and no more
 * memory than a small machine has. A policy of 10,000 grants has half as many.
 */
export const MAX_TOKENS = 1_000_000;

/** A broken text breaks in many places at once; the first ones say it. */
export const MAX_SYNTAX_PROBLEMS = 10;

type TokenType = ReturnType<typeof CST.tokenType> | "text";
type DocumentState = "none" | "open" | "ended";

/** Tokens that belong to no document. */
const BETWEEN: ReadonlySet<string> = new Set(["space", "newline", "comment", "byte-order-mark"]);

class YamlGate {
  readonly problems: Problem[];
  readonly comments: YamlComment[] = [];
  readonly #source: string;
  readonly #positions: Positions;

  constructor(source: string, found: readonly Problem[]) {
    this.problems = [...found];
    this.#source = source;
    this.#positions = new Positions(source);
  }

  /**
   * Looks at the tokens only: the lexer does not recurse, everything behind it does. Reports anchors,
   * aliases, tags, directives and second documents.
   *
   * @returns false if the text nests too deep, or has too many parts, to be given to the parser
   */
  tokensAreSafe(): boolean {
    const depth = new DepthCounter();
    let offset = 0;
    let lineStart = 0;
    let document: DocumentState = "none";
    let type: TokenType = null;
    let tokens = 0;
    for (const token of new Lexer().lex(this.#source)) {
      // One mark says that the next token is a text, whatever it looks like; none of the marks is in the source.
      type = type === "scalar" ? "text" : CST.tokenType(token);
      if (type === "scalar" || type === "doc-mode" || type === "flow-error-end") {
        depth.push(type, offset - lineStart);
        continue;
      }
      depth.push(type, offset - lineStart);
      if (depth.depth > MAX_DEPTH) {
        const text = `lists and maps nest deeper than ${MAX_DEPTH} levels`;
        this.#report("P107", offset, offset + token.length, text, "nothing that is read here needs that");
        return false;
      }
      if (++tokens > MAX_TOKENS) {
        const text = `the text has more than ${MAX_TOKENS} words and marks`;
        this.#report("P107", offset, offset + token.length, text, "split it in two");
        return false;
      }
      document = this.#lookAt(type, token, offset, document);
      if (type === "comment") {
        const isAlone = this.#source.slice(lineStart, offset).trim() === "";
        const at = this.#positions.place(offset, offset + token.length);
        this.comments.push({ text: token, at, isAlone });
      }
      const newline = token.lastIndexOf("\n");
      if (newline !== -1) lineStart = offset + newline + 1;
      offset += token.length;
    }
    return true;
  }

  #lookAt(type: TokenType, token: string, offset: number, document: DocumentState): DocumentState {
    const end = offset + token.length;
    if (type === null || BETWEEN.has(type)) return document;
    if (type === "doc-end") return "ended";
    if (type === "directive-line") {
      this.#report(
        "P105",
        offset,
        end,
        "a directive is not taken: this is always read as YAML 1.2",
        "remove it",
      );
      return document;
    }
    if (document === "ended" || (type === "doc-start" && document === "open"))
      this.#secondDocument(offset, end);
    if (type === "anchor" || type === "alias") {
      const text = `'${short(token)}' is an ${type} in YAML, which is not taken`;
      if (type === "anchor") this.#report("P103", offset, end, text, "write the value out where it is used");
      else this.#report("P103", offset, end, text, "quote it if it is a text", { fix: quoting(token) });
    } else if (type === "tag") {
      this.#report("P104", offset, end, `the tag '${short(token)}' is not taken`, "remove it; quote texts");
    }
    return "open";
  }

  #secondDocument(offset: number, end: number): void {
    const text = "a second document begins here, and a file holds one";
    this.#report("P105", offset, end, text, "remove it, or move it to a file of its own");
  }

  /** Composes the tree. Only after {@link tokensAreSafe}. */
  tree(): YamlNode | undefined {
    const document = composeDocument(this.#source);
    if (document === undefined || document.contents === null) return undefined;
    return this.#syntaxIsGood(document) ? this.#node(document.contents) : undefined;
  }

  #syntaxIsGood(document: Document.Parsed): boolean {
    for (const warning of document.warnings) this.#ambiguous(warning);
    const errors = document.errors.filter(({ code }) => code !== "RESOURCE_EXHAUSTION");
    for (const { code, message, pos } of (errors.length > 0 ? errors : document.errors).slice(
      0,
      MAX_SYNTAX_PROBLEMS,
    )) {
      this.#report("P101", pos[0], pos[1], SYNTAX_TEXT.get(code) ?? `this is not YAML: ${message}`);
    }
    return document.errors.length === 0;
  }

  /** With `compat` the package warns where YAML 1.1 sees another type. Its other warnings are about tags. */
  #ambiguous({ pos, message }: { pos: [number, number]; message: string }): void {
    const types = /as either !!(\w+) or !!(\w+)$/.exec(message);
    if (types === null) return;
    const text = this.#source.slice(pos[0], pos[1]);
    const sentence = `'${short(text)}' is a ${typeWord(types[1])} here, and a ${typeWord(types[2])} to readers of YAML 1.1`;
    const mend = /^[^'"\s]+$/.test(text) ? { fix: quoting(text) } : {};
    this.#report("P108", pos[0], pos[1], sentence, `quote it: '${short(text)}'`, mend, "warning");
  }

  #node(node: unknown): YamlNode {
    if (isMap(node)) return this.#map(node);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.#node(item));
      return { kind: "list", at: this.#at(node.range), items };
    }
    if (isAlias(node)) {
      // Reported already; as a text it lets the rest of the file be checked.
      const at = this.#at(node.range);
      return { kind: "scalar", at, value: `*${node.source}`, source: `*${node.source}`, quoted: false };
    }
    if (isScalar(node)) return this.#scalar(node);
    throw new Error("a node of the YAML package that is neither a map, a list, a scalar nor an alias");
  }

  #scalar(node: Scalar): YamlNode {
    const at = this.#at(node.range);
    const [start, end] = node.range ?? [0, 0];
    const source = this.#source.slice(start, end);
    const quoted = node.type !== "PLAIN";
    return readScalar({ value: node.value, source, quoted, at }, (problem) => this.problems.push(problem));
  }

  #map(node: YAMLMap): YamlNode {
    const entries = new Map<string, YamlEntry>();
    for (const pair of node.items) {
      const entry = this.#entry(pair);
      const first = entries.get(entry.key);
      if (first === undefined) {
        entries.set(entry.key, entry);
      } else {
        const text = `the key '${short(entry.key)}' stands here a second time`;
        const related = [{ at: first.keyAt, text: "the first one is" }];
        const hint = "keep one of the two";
        this.problems.push({ code: "P102", severity: "error", at: entry.keyAt, text, hint, related });
      }
    }
    return { kind: "map", at: this.#at(node.range), entries };
  }

  #entry({ key: keyNode, value }: Pair): YamlEntry {
    if (!isScalar(keyNode)) throw new Error("a key that is no scalar came through the YAML package");
    const [start, end] = keyNode.range ?? [0, 0];
    const keyAt = this.#positions.place(start, end);
    // With `stringKeys` every scalar key is its text; an empty one has none.
    const key = typeof keyNode.value === "string" ? keyNode.value : "";
    if (/[^ -~]/.test(key)) {
      const text = "a key may have printable ASCII characters only";
      this.#report("P106", start, end, text, "other characters may look like the ones that were meant");
    } else if (key === "<<" && keyNode.type === "PLAIN") {
      this.#report(
        "P104",
        start,
        end,
        "'<<' merges maps in YAML 1.1, which is not taken",
        "write the entries out",
      );
    }
    if (isScalar(value) || isMap(value) || isSeq(value) || isAlias(value))
      return { key, keyAt, value: this.#node(value) };
    // `{a}`: a key without a colon has no value at all.
    const at = this.#positions.place(end);
    return { key, keyAt, value: { kind: "scalar", at, value: undefined, source: "", quoted: false } };
  }

  #at(range: readonly [number, number, number] | null | undefined): ReturnType<Positions["place"]> {
    return this.#positions.place(range?.[0] ?? 0, range?.[1] ?? 0);
  }

  #report(
    code: string,
    start: number,
    end: number,
    text: string,
    hint?: string,
    mend: { readonly fix?: Fix } = {},
    severity: Severity = "error",
  ): void {
    const at = this.#positions.place(start, end);
    this.problems.push({ code, severity, at, text, ...(hint === undefined ? mend : { hint, ...mend }) });
  }
}

function quoting(text: string): Fix {
  return { kind: "replace", by: `'${text.replaceAll("'", "''")}'` };
}

const TYPE_WORDS: ReadonlyMap<string, string> = new Map([
  ["str", "text"],
  ["bool", "boolean"],
  ["int", "number"],
  ["float", "number"],
]);

function typeWord(type = ""): string {
  return TYPE_WORDS.get(type) ?? type;
}
