import type { Place, Problem } from "../../yaml/problem.ts";
import { short } from "../../yaml/tree.ts";
import type { Dfa } from "../patterns/dfa.ts";
import { intersect } from "../patterns/intersect.ts";
import { shortestText } from "../patterns/shortest-text.ts";
import { Work } from "../patterns/work.ts";
import type { Constraint, FieldTree, GrantTree, PolicyTree } from "../syntax/tree.ts";
import { ANY_DETOURS } from "./detours.ts";
import { allGrants, argumentsOf, constraintsIn } from "./walk-constraints.ts";

/** What may be spent on one pattern: a millisecond or two. */
const WORK_EACH = 200_000;

type TextPattern = Extract<Constraint, { kind: "re" | "glob" | "path" }>;

/** Reports constraints of text that admit more than their author sees in them: P415, P417, P418. */
export function checkTexts(policy: PolicyTree): Problem[] {
  const detours = new Detours();
  return allGrants(policy).flatMap((grant) =>
    argumentsOf(grant).flatMap((field) => {
      const patterns = [...constraintsIn(field.constraint)].filter(isPattern);
      return [
        ...patterns.flatMap((pattern) => ofOtherKind(field, pattern)),
        ...patterns.flatMap((pattern) => pathsByText(field, pattern, detours)),
        ...leadingDash(grant, field),
      ];
    }),
  );
}

function isPattern(constraint: Constraint): constraint is TextPattern {
  return constraint.kind === "re" || constraint.kind === "glob" || constraint.kind === "path";
}

function warning(code: string, at: Place, text: string, hint: string): Problem {
  return { code, severity: "warning", at, text, hint };
}

function pathsByText(
  { key, at }: FieldTree,
  { kind, patterns, dfa }: TextPattern,
  detours: Detours,
): Problem[] {
  if (kind === "path") return [];
  if (kind === "glob") {
    const path = patterns.find((text) => text.startsWith("/"));
    if (path === undefined) return [];
    const text = `'${key}' is a path by its pattern '${short(path)}', and is held against a glob for names`;
    return [warning("P415", at, text, `write {path: ${short(path)}}`)];
  }
  const expression = patterns.find((text) => hasSlash(text));
  const detour = expression === undefined ? undefined : detours.of(dfa);
  if (expression === undefined || detour === undefined) return [];
  const text = `the expression '${short(expression)}' for '${key}' also matches '${short(detour)}', and '..' leads elsewhere`;
  const hint = expression.startsWith("/")
    ? "write a path, whose stars never make '..': {path: /var/log/**}"
    : "write a glob, whose stars never make '..': {glob: 'logs/**'}";
  return [warning("P415", at, text, hint)];
}

/** Whether a `/` stands in an expression as itself, and not only among the characters of a class. */
function hasSlash(expression: string): boolean {
  return withoutClasses(expression).includes("/");
}

function withoutClasses(expression: string): string {
  return expression.replaceAll(/\[(?:\\.|[^\]\\])*\]/g, "[]");
}

/** Of each automaton a shortest text with a segment `..` that it accepts. Many grants share one. */
class Detours {
  readonly #known = new Map<Dfa, string | undefined>();

  of(dfa: Dfa): string | undefined {
    if (!this.#known.has(dfa)) {
      const both = intersect(dfa, ANY_DETOURS, new Work(WORK_EACH));
      this.#known.set(dfa, both === undefined ? undefined : shortestText(both));
    }
    return this.#known.get(dfa);
  }
}

/**
 * A `*` behind a character that parts names and paths, as in `/var/log/*`; or behind a word, where nothing else in the
 * expression is one: `report*`.
 */
const GLOB_IN_RE = /[/_:@-]\*/;
const WORD_IN_RE = /^[\w ./:@-]*\w{3}\*[\w ./:@*-]*$/;
/** What says nothing in a glob, and is the heart of many expressions. */
const RE_IN_GLOB = /^\^|\$$|\||\.\+/;

function ofOtherKind({ key, at }: FieldTree, { kind, patterns }: TextPattern): Problem[] {
  if (kind === "re") {
    const glob = patterns.find(
      (text) => GLOB_IN_RE.test(withoutClasses(text)) || (WORD_IN_RE.test(text) && !text.includes(".*")),
    );
    if (glob === undefined) return [];
    const text = `'${key}': in the expression '${short(glob)}' the '*' repeats the character in front of it`;
    const other = glob.startsWith("/") ? "path" : "glob";
    return [
      warning(
        "P418",
        at,
        text,
        `for any text there write {${other}: '${short(glob)}'}; in an expression it is .*`,
      ),
    ];
  }
  const expression = patterns.find((text) => RE_IN_GLOB.test(text));
  if (expression === undefined) return [];
  const text = `'${key}': the ${kind} '${short(expression)}' is written like an expression, and matches these characters as they are`;
  return [warning("P418", at, text, "for an expression write re")];
}

/** Arguments that are mostly handed to a program as a word of its command line. */
const HANDED_ON =
  /^(?:refs?|refspecs?|revs?|revisions?|branch(?:es)?|commits?|remotes?|pathspecs?|hosts?|hostnames?|units?|packages?|devices?|interfaces?|files?|filenames?)$/;
/** Services that bear the name of a program. */
const PROGRAMS =
  /^(?:git|hg|svn|ssh|scp|sftp|rsync|tar|zip|unzip|curl|wget|find|grep|docker|podman|kubectl|helm|systemctl|apt|dnf|pip|npm)\./;
/** Texts for people, which a program takes behind an option. */
const PROSE = /^(?:message|text|body|content|comment|title|description|subject|reason)$/;

function leadingDash({ id, call }: GrantTree, { key, at, constraint }: FieldTree): Problem[] {
  const isHandedOn =
    HANDED_ON.test(key) || (key !== "*" && !PROSE.test(key) && call.some(({ text }) => PROGRAMS.test(text)));
  if (!isHandedOn || ![...constraintsIn(constraint)].some(mayBeginWithDash)) return [];
  const text = `'${key}' of '${id}' may begin with '-': a program that it is handed to takes it for an option`;
  return [warning("P417", at, text, "say how it begins: {re: '[A-Za-z0-9][A-Za-z0-9._/-]*'}")];
}

function mayBeginWithDash(constraint: Constraint): boolean {
  if (constraint.kind === "string") return constraint.max > 0;
  if (constraint.kind !== "re" && constraint.kind !== "glob") return false;
  const { next, ascii, dead } = constraint.dfa;
  return next[ascii[0x2d] ?? 0] !== dead;
}
