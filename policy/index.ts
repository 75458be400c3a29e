/** The policy language: load a file, ask what it allows, say what is wrong with it. */
export { canAnswer, explainAnswer, type PolicyAnswer, showAnswer } from "./answers.ts";
export type { BoundArgs } from "./args.ts";
export { LiteralFlaw, parseCall } from "./call-literal.ts";
export type { Candidates } from "./candidates.ts";
export { addressOf } from "./cidr.ts";
export { compile, type Policy } from "./compile.ts";
export type { CompiledGrant, Decision, Meter } from "./compiled-grant.ts";
export { decide, deniedPaths, type Gauge, type Miss, nearestMiss } from "./decide.ts";
export { type DecisionRecord, explain } from "./explain.ts";
export type { Peer } from "./grant-index.ts";
export { type CheckedPolicy, checkPolicy, type Loaded, loadPolicy } from "./load.ts";
export type { Principal, Stranger } from "./principals.ts";
export { hasErrors, type Place, type Problem, type Severity } from "./problem.ts";
export { problemLine, renderProblem, renderSummary } from "./render.ts";
export type { Table } from "./tables.ts";
export { whoIs } from "./who.ts";
export { holdsAt, type Window } from "./window.ts";
