/** What `rpcctl` uses to lint, fix and format policies. The daemon does not load it. */
export { type Edit, type Fixed, fixesOf, fixPolicy } from "./lint/fixes.ts";
export { changesFindings, formatYaml } from "./lint/format.ts";
export { lintPolicy } from "./lint/lint.ts";
export { ruleLine, ruleText } from "./lint/page.ts";
export type { Suppressed } from "./load/suppressions.ts";
export { RULES } from "./rules/rules.ts";
