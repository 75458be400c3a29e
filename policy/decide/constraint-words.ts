import { assertNever } from "../../base/assert-never.ts";
import { durationWords } from "../../base/duration.ts";
import { escapeShort } from "../../base/escape.ts";
import { rangeWords } from "../syntax/range.ts";
import type { Constraint, FieldTree, ReferenceConstraint } from "../syntax/tree.ts";

/** Enough to see what kind of things they are; a list of thousands would fill the log. */
const SHOWN_MEMBERS = 8;
/** How many characters of a pattern are quoted, and of the words in all. */
const SHOWN_PATTERN = 80;
const SHOWN_WORDS = 400;

/**
 * The constraint in the words of the policy, for people: `int 1..5`, `enum "web", 3, null`, `re v[0-9]+`,
 * `list of string 1..64, 0..8 long`, `map {team: string, *: any}`, `int or null`.
 */
export function constraintWords(constraint: Constraint): string {
  const words = wordsOf(constraint);
  return words.length <= SHOWN_WORDS ? words : `${words.slice(0, SHOWN_WORDS)}…`.toWellFormed();
}

function wordsOf(constraint: Constraint): string {
  switch (constraint.kind) {
    case "any":
    case "bool":
    case "null":
    case "time":
      return constraint.kind;
    case "int":
    case "number":
      return joined(constraint.kind, rangeWords(constraint));
    case "string":
    case "bytes":
      return joined(constraint.kind, rangeWords(constraint, 0));
    case "enum":
      return `enum ${listed(constraint.values, (value) => JSON.stringify(value), ", ")}`;
    case "re":
    case "glob":
    case "path":
      return `${constraint.kind} ${listed(constraint.patterns, (text) => escapeShort(text, SHOWN_PATTERN), " or ")}`;
    case "list": {
      const length = rangeWords(constraint, 0);
      const of = constraint.of.kind === "one_of" ? `(${wordsOf(constraint.of)})` : wordsOf(constraint.of);
      return `list of ${of}${length === undefined ? "" : `, ${length} long`}`;
    }
    case "map":
      return `map {${listed(fieldsOf(constraint), fieldWords, ", ")}}`;
    case "callback":
    case "stream":
    case "object":
      return joined(constraint.kind, referenceWords(constraint));
    case "one_of":
      return listed(constraint.alternatives, wordsOf, " or ");
    default:
      return assertNever(constraint, "a constraint");
  }
}

/** `calls 100, for 10m` */
function referenceWords(reference: ReferenceConstraint): string | undefined {
  const bounds = [
    ...(reference.kind === "object" ? [`methods ${reference.methods.join(" ")}`] : []),
    ...(reference.kind === "stream" && Number.isFinite(reference.maxBytes)
      ? [`bytes ${reference.maxBytes}`]
      : []),
    ...(reference.kind !== "stream" && Number.isFinite(reference.calls) ? [`calls ${reference.calls}`] : []),
    ...(Number.isFinite(reference.forMs) ? [`for ${durationWords(reference.forMs)}`] : []),
    ...(reference.share ? ["share"] : []),
  ];
  return bounds.length === 0 ? undefined : bounds.join(", ");
}

function fieldsOf({ fields, others }: Extract<Constraint, { kind: "map" }>): readonly FieldTree[] {
  return others === undefined ? fields : [...fields, others];
}

function fieldWords({ key, optional, constraint }: FieldTree): string {
  return `${key}${optional && key !== "*" ? "?" : ""}: ${wordsOf(constraint)}`;
}

function joined(word: string, range: string | undefined): string {
  return range === undefined ? word : `${word} ${range}`;
}

function listed<T>(members: readonly T[], words: (member: T) => string, between: string): string {
  const shown = members.slice(0, SHOWN_MEMBERS).map(words).join(between);
  const more = members.length - SHOWN_MEMBERS;
  return more <= 0 ? shown : `${shown}${between}… (${more} more)`;
}
