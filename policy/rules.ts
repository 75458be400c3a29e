import type { Rule } from "./rule.ts";
import { MEANING_RULES } from "./rules-meaning.ts";
import { NAME_RULES } from "./rules-names.ts";
import { RISK_RULES } from "./rules-risk.ts";
import { SHAPE_RULES } from "./rules-shape.ts";
import { TEXT_RULES } from "./rules-text.ts";

/** Every rule, by its code, in the order of the codes. */
export const RULES: ReadonlyMap<string, Rule> = new Map(
  [...TEXT_RULES, ...SHAPE_RULES, ...NAME_RULES, ...RISK_RULES, ...MEANING_RULES].map((rule) => [
    rule.code,
    rule,
  ]),
);
