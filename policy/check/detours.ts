import { assertNever } from "../../base/assert-never.ts";
import { ANY_CHARACTER, charSet, without } from "../patterns/code-points.ts";
import type { Dfa } from "../patterns/dfa.ts";
import { literal, type Regex } from "../patterns/regex.ts";
import { compileRegex } from "../patterns/text-patterns.ts";
import type { Constraint, FieldTree } from "../syntax/tree.ts";

/*
 * Texts with a segment `..`. Whoever resolves `/var/log/../../etc/shadow` ends in /etc, and an automaton does not know
 * where such a text leads: that would take a stack. So they are a set of their own, and count as leading anywhere.
 */

/** Texts that have a segment `..`, relative and absolute ones. */
export const ANY_DETOURS: Dfa = detours([]);
/** The absolute ones of them. */
const ABSOLUTE_DETOURS: Dfa = detours([literal("/")]);

/** `START(SEGMENT/)*..(/SEGMENT)*`, where a segment is any run of characters but `/`. */
function detours(start: readonly Regex[]): Dfa {
  const segment = many({ kind: "set", set: without(ANY_CHARACTER, charSet([[0x2f, 0x2f]])) });
  const slash = literal("/");
  const dfa = compileRegex({
    kind: "sequence",
    parts: [
      ...start,
      many({ kind: "sequence", parts: [segment, slash] }),
      literal("."),
      literal("."),
      many({ kind: "sequence", parts: [slash, segment] }),
    ],
  });
  if (dfa === undefined) throw new Error("the automaton of all detours was not made");
  return dfa;
}

function many(of: Regex): Regex {
  return { kind: "repeat", of, min: 0, max: Number.POSITIVE_INFINITY };
}

/** An argument of an assertion, with all that comes to the same once a program resolves it. */
export function fieldWithDetours(field: FieldTree): FieldTree {
  return { ...field, constraint: withDetours(field.constraint) };
}

/** The constraint itself where it is not about paths. */
function withDetours(constraint: Constraint): Constraint {
  switch (constraint.kind) {
    case "path":
    case "glob":
    case "re":
      if (!constraint.patterns.some((text) => isAboutPaths(text, constraint.kind))) return constraint;
      return beside(
        constraint,
        constraint.patterns.every((text) => text.startsWith("/")),
      );
    case "enum":
      return constraint.values.some((value) => typeof value === "string" && value.startsWith("/"))
        ? beside(constraint, true)
        : constraint;
    case "list":
      return { ...constraint, of: withDetours(constraint.of) };
    case "map":
      return { ...constraint, fields: constraint.fields.map(fieldWithDetours) };
    case "one_of":
      return {
        kind: "one_of",
        alternatives: constraint.alternatives.map(withDetours).flatMap(alternativesOf),
      };
    case "any":
    case "bool":
    case "null":
    case "time":
    case "int":
    case "number":
    case "string":
    case "bytes":
    case "callback":
    case "stream":
    case "object":
      return constraint;
    default:
      return assertNever(constraint, "a constraint");
  }
}

/** An expression or a glob is only taken for one about paths if it looks like one: a media type has a slash too. */
function isAboutPaths(text: string, kind: "path" | "glob" | "re"): boolean {
  return kind === "glob" ? text.includes("/") : text.startsWith("/");
}

function beside(constraint: Constraint, isAbsolute: boolean): Constraint {
  const dfa = isAbsolute ? ABSOLUTE_DETOURS : ANY_DETOURS;
  return {
    kind: "one_of",
    alternatives: [...alternativesOf(constraint), { kind: "re", patterns: ["(.*/)?\\.\\.(/.*)?"], dfa }],
  };
}

function alternativesOf(constraint: Constraint): readonly Constraint[] {
  return constraint.kind === "one_of" ? constraint.alternatives : [constraint];
}
