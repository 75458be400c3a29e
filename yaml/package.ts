import { type Document, type ParseOptions, parseAllDocuments } from "yaml";

// The one door to the package: what else is used of it comes through here.
export {
  CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Pair,
  type Scalar,
  type YAMLMap,
} from "yaml";

/** YAML 1.2, core schema, and nothing of what YAML has beyond that (docs/policy.md, "Format"). */
const STRICT = {
  version: "1.2",
  schema: "core",
  strict: true,
  // Duplicates are found by us: the package compares each key with each, and names one place only.
  uniqueKeys: false,
  merge: false,
  intAsBigInt: true,
  resolveKnownTags: false,
  prettyErrors: false,
  logLevel: "silent",
} as const satisfies ParseOptions & Parameters<typeof parseAllDocuments>[1];

/** The first document of a text; nothing where there is none. It recurses: only for texts whose depth was counted. */
export function composeDocument(source: string): Document.Parsed | undefined {
  const documents = parseAllDocuments(source, { ...STRICT, stringKeys: true, compat: "yaml-1.1" });
  return "empty" in documents ? undefined : documents[0];
}

/** The text as it is written everywhere: comments are kept, flow collections stay what they are. Of a good text only. */
export function printDocument(source: string): string {
  // As numbers, positions are printed without quotes.
  const documents = parseAllDocuments(source, { ...STRICT, keepSourceTokens: true });
  const document = "empty" in documents ? undefined : documents[0];
  return document?.toString({ lineWidth: 0, indent: 2, flowCollectionPadding: false }) ?? source;
}
