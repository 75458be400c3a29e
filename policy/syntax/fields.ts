import type { Place } from "../../yaml/problem.ts";
import { article, type Reader } from "../../yaml/reader.ts";
import { short, type YamlEntry, type YamlMap, type YamlNode } from "../../yaml/tree.ts";

/** A key of a record, and what stands behind it. */
export interface FieldEntry {
  /** Without the `?`; `*` for all others. */
  readonly key: string;
  readonly at: Place;
  readonly optional: boolean;
  readonly value: YamlNode;
}

/** What the keys of a record are. */
export interface FieldKeys {
  /** For the messages: `argument`. */
  readonly of: string;
  readonly isKey: (key: string) => boolean;
  /** What a key must look like, in words. */
  readonly rule: string;
}

/** Takes a record apart: `name`, `name?` where it may be absent, and `'*'` for all that are not listed. */
export function readFields(
  { entries }: YamlMap,
  keys: FieldKeys,
  reader: Reader,
): { readonly fields: readonly FieldEntry[]; readonly others: FieldEntry | undefined } {
  const all = [...entries.values()]
    .map((entry) => readField(entry, keys, reader))
    .filter((field) => field !== undefined);
  const others = all.find(({ key }) => key === "*");
  const fields = all.filter((field) => field !== others);
  reportTwice(fields, keys, reader);
  return { fields, others };
}

function readField(
  { key: text, keyAt: at, value }: YamlEntry,
  { of, isKey, rule }: FieldKeys,
  reader: Reader,
): FieldEntry | undefined {
  if (text === "*") return { key: text, at, optional: true, value };
  const optional = text.endsWith("?");
  const key = optional ? text.slice(0, -1) : text;
  if (key === "*") {
    reader.error("P206", at, `the ${of}s under '*' need no '?'`, "write '*'");
  } else if (!isKey(key)) {
    reader.error("P206", at, `'${short(text)}' cannot be ${article(of)}`, rule);
  } else {
    return { key, at, optional, value };
  }
  return undefined;
}

/** `a` and `a?` are two keys for YAML and one for us. */
function reportTwice(fields: readonly FieldEntry[], { of }: FieldKeys, reader: Reader): void {
  const seen = new Set<string>();
  for (const { key, at } of fields) {
    if (seen.has(key)) {
      reader.error("P102", at, `the ${of} '${short(key)}' stands here a second time`, "keep one of the two");
    }
    seen.add(key);
  }
}
