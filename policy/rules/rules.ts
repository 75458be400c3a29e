import { COMMENT_RULES, MEANING_RULES, TEST_RULES } from "./meaning.ts";
import { NAME_RULES } from "./names.ts";
import { RISK_RULES } from "./risk.ts";
import type { Rule } from "./rule.ts";
import { SHAPE_RULES } from "./shape.ts";
import { TEXT_RULES } from "./text.ts";

/** Every rule, by its code, in the order of the codes. */
export const RULES: ReadonlyMap<string, Rule> = new Map(
  [
    ...TEXT_RULES,
    ...SHAPE_RULES,
    ...NAME_RULES,
    ...RISK_RULES,
    ...MEANING_RULES,
    ...TEST_RULES,
    ...COMMENT_RULES,
  ].map((rule) => [rule.code, rule]),
);
