/** The policy language: load a file, ask what it allows, say what is wrong with it. */

export { hasErrors, type Place, type Problem, type Severity } from "../yaml/problem.ts";
export { problemLine, renderProblem, renderSummary } from "../yaml/render.ts";
export type { BoundArgs } from "./decide/args.ts";
export type { Candidates } from "./decide/candidates.ts";
export { compile, type Policy } from "./decide/compile.ts";
export type { CompiledGrant, Decision, Meter } from "./decide/compiled-grant.ts";
export { decide, deniedPaths, type Gauge, type Miss, nearestMiss } from "./decide/decide.ts";
export type { Peer } from "./decide/grant-index.ts";
export type { LoginRefusal, Principal, PrincipalOr } from "./decide/principals.ts";
export { referenceConstraint } from "./decide/reference-constraint.ts";
export type { Table } from "./decide/tables.ts";
export { findPrincipal } from "./decide/who.ts";
export { canAnswer, explainAnswer, type PolicyAnswer, showAnswer } from "./explain/answers.ts";
export { type DecisionRecord, explain } from "./explain/explain.ts";
export { lintPolicy } from "./lint/lint.ts";
export { type CheckedPolicy, checkPolicy, type Loaded, loadPolicy } from "./load/load.ts";
export { LiteralFlaw, parseCall } from "./syntax/call-literal.ts";
export { addressOf } from "./syntax/cidr.ts";
export type { ReferenceConstraint } from "./syntax/tree.ts";
export { holdsAt, type Window } from "./syntax/window.ts";
