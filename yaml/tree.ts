import type { Place } from "./problem.ts";

/** A text that passed the gate, as data with places. Nothing of the YAML package is left in it. */
export type YamlNode = YamlMap | YamlList | YamlScalar;

export interface YamlMap {
  readonly kind: "map";
  readonly at: Place;
  /** In the order of the text. A Map: a key called `constructor` is a key like any other. */
  readonly entries: ReadonlyMap<string, YamlEntry>;
}

export interface YamlEntry {
  readonly key: string;
  readonly keyAt: Place;
  readonly value: YamlNode;
}

interface YamlList {
  readonly kind: "list";
  readonly at: Place;
  readonly items: readonly YamlNode[];
}

export interface YamlScalar {
  readonly kind: "scalar";
  readonly at: Place;
  /** `undefined` stands for the null of YAML, written out or left empty. */
  readonly value: string | number | boolean | undefined;
  /** As it stands in the text, quotes and all; empty where nothing was written. */
  readonly source: string;
  /** Between quotes, or a block scalar. */
  readonly quoted: boolean;
}

export interface YamlComment {
  /** From its `#` on. */
  readonly text: string;
  readonly at: Place;
  /** Whether nothing stands in front of it on its line. */
  readonly isAlone: boolean;
}

/** What a node is, in words for a message. */
export function nodeWords(node: YamlNode): string {
  if (node.kind === "map") return "a map";
  if (node.kind === "list") return "a list";
  if (node.value === undefined) return node.source === "" ? "nothing" : "null";
  if (typeof node.value === "string") return `the text '${short(node.value)}'`;
  return typeof node.value === "number" ? `the number ${node.value}` : String(node.value);
}

/** A quotation for a message: long enough to be known again. */
export function short(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
