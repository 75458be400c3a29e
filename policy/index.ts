/** The policy language: load a file, ask what it allows, say what is wrong with it. */
export type { BoundArgs } from "./args.ts";
export type { Policy, Principal } from "./compile.ts";
export { type CompiledGrant, type Decision, decide, deniedPaths, type Miss, nearestMiss } from "./decide.ts";
export { type Loaded, loadPolicy } from "./load.ts";
export { hasErrors, type Place, type Problem, type Severity } from "./problem.ts";
export { renderProblem, renderSummary } from "./render.ts";
export type { Table } from "./tables.ts";
