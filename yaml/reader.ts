import { closest } from "../base/closest.ts";
import type { NameTree } from "./name-tree.ts";
import type { Place, Problem } from "./problem.ts";
import { renaming } from "./renaming.ts";
import { nodeWords, short, type YamlEntry, type YamlMap, type YamlNode, type YamlScalar } from "./tree.ts";

/** What the names of roles, identities and grants look like. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const NAME_RULE = "a name is a letter, then up to 63 letters, digits, _ or -";

/** The fields that a map may have. */
export interface Fields {
  /** What the map is, for the messages: `a grant`. */
  readonly of: string;
  readonly known: readonly string[];
}

/**
 * Takes nodes apart and gathers what is wrong with them. A reader of a wrong node returns nothing, and
 * reading goes on beside it: whoever mends a policy wants to see everything at once.
 */
export class Reader {
  readonly problems: Problem[] = [];

  error(
    code: string,
    at: Place,
    text: string,
    hint?: string,
    mend: Pick<Problem, "fix" | "choices"> = {},
  ): void {
    const more = hint === undefined ? mend : { hint, ...mend };
    this.problems.push({ code, severity: "error", at, text, ...more });
  }

  wrongType(expected: string, node: YamlNode, hint?: string): void {
    this.error("P203", startOf(node), `${expected} was expected, but ${nodeWords(node)} stands here`, hint);
  }

  /** A map whose fields are known; each other field is reported. */
  record(node: YamlNode, fields: Fields): YamlMap | undefined {
    if (node.kind !== "map") {
      this.wrongType(`${fields.of}, a map with ${listWords(fields.known)},`, node);
      return undefined;
    }
    for (const { key, keyAt } of node.entries.values()) this.#knownField(key, keyAt, fields);
    return node;
  }

  #knownField(key: string, keyAt: Place, { of, known }: Fields): void {
    if (known.includes(key)) return;
    const text = `${of} has no field '${short(key)}'`;
    this.error("P201", keyAt, text, this.near(key, known), renaming(key, closest(key, known)));
  }

  /** A hint: the word that was meant, or all there are. */
  near(word: string, known: readonly string[]): string {
    const near = closest(word, known);
    return near === undefined ? `known here: ${listWords(known)}` : `did you mean '${near}'?`;
  }

  /** A section: a map of named things. Absent and empty are the same: there are none. */
  named(entry: YamlEntry | undefined, of: string): YamlEntry[] {
    const node = entry?.value;
    if (entry === undefined || node === undefined || isEmpty(node)) return [];
    if (node.kind !== "map") {
      this.wrongType(`a map of ${plural(of)} by their names`, node);
      return [];
    }
    return [...node.entries.values()].filter(({ key, keyAt }) => this.goodName(key, keyAt, of));
  }

  goodName(name: string, at: Place, of: string): boolean {
    if (NAME.test(name)) return true;
    this.error("P206", at, `'${short(name)}' cannot be the name of ${article(of)}`, NAME_RULE);
    return false;
  }

  /** A list of texts; a single text stands for a list of one. */
  texts(node: YamlNode, what: string, { empty }: { empty: boolean }): YamlScalar[] {
    if (node.kind === "scalar") return this.text(node, what) === undefined ? [] : [node];
    if (node.kind !== "list") {
      this.wrongType(`a list of ${plural(what)}`, node);
      return [];
    }
    if (node.items.length === 0 && !empty) {
      this.error("P203", startOf(node), `at least one ${what} was expected, but the list is empty`);
    }
    return node.items.filter((item): item is YamlScalar => this.text(item, what) !== undefined);
  }

  /** A text on one line. */
  text(node: YamlNode, what: string): string | undefined {
    if (node.kind !== "scalar" || typeof node.value !== "string") {
      this.wrongType(article(what), node, quoteHint(node));
      return undefined;
    }
    if (/[\r\n]/.test(node.quoted ? node.value : node.source)) {
      this.error(
        "P203",
        startOf(node),
        `${article(what)} stands on one line, and this text runs over several`,
      );
      return undefined;
    }
    return node.value;
  }

  /** Names that point elsewhere. */
  names(node: YamlNode, what: string): NameTree[] {
    const names: NameTree[] = [];
    for (const { value, at } of this.texts(node, what, { empty: true })) {
      const name = String(value);
      if (this.goodName(name, at, what)) names.push({ name, at });
    }
    return names;
  }
}

/** Whether a field was left empty. */
export function isEmpty(node: YamlNode): boolean {
  return node.kind === "scalar" && node.value === undefined && node.source === "";
}

/** The place to show for a node: a map or a list of many lines is shown by its beginning. */
export function startOf({ kind, at }: YamlNode): Place {
  return kind !== "scalar" && at.endLine !== at.line ? { line: at.line, column: at.column } : at;
}

function quoteHint(node: YamlNode): string | undefined {
  return node.kind === "scalar" && node.source !== ""
    ? `quote it if it is a text: '${short(node.source)}'`
    : undefined;
}

/** `a role`, `an identity` */
export function article(word: string): string {
  return `${/^[aeio]/.test(word) ? "an" : "a"} ${word}`;
}

/** `keys or serials`, `authorities` */
function plural(words: string): string {
  return words
    .split(" or ")
    .map((word) => `${word.replace(/(?<=[^aeiou])y$/, "ie")}s`)
    .join(" or ");
}

/** `a, b and c` */
export function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
