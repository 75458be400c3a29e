/** What the daemon and `rpcctl` use of the policy: load a file, decide, explain. */
export { VIAS } from "./base/via.ts";
export {
  type AdmissionChecks,
  type AdmissionRow,
  admit,
  type Denied,
  isStillAdmitted,
} from "./decide/admit.ts";
export type { Candidates } from "./decide/candidates.ts";
export { compile, type Policy } from "./decide/compile.ts";
export type { CompiledGrant, Meter } from "./decide/compiled-grant.ts";
export { deniedPaths, type Gauge } from "./decide/decide.ts";
export type { Peer } from "./decide/grant-index.ts";
export type { Principal } from "./decide/principals.ts";
export { referenceConstraint } from "./decide/reference-constraint.ts";
export type { Table } from "./decide/tables.ts";
export { findPrincipal } from "./decide/who.ts";
export { canAnswer, explainAnswer, type PolicyAnswer, showAnswer } from "./explain/answers.ts";
export { type Circumstances, explain } from "./explain/explain.ts";
export { type CheckedPolicy, checkPolicy, loadPolicy, testPolicy } from "./load/load.ts";
export type { TestResult } from "./load/run-tests.ts";
export { testWords } from "./load/test-words.ts";
export { type CallLiteral, LiteralFlaw, parseCall } from "./syntax/call-literal.ts";
export { addressOf } from "./syntax/cidr.ts";
export type { ReferenceConstraint } from "./syntax/tree.ts";
export { holdsAt, parseTime, type Window } from "./syntax/window.ts";
