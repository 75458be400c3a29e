import { assertNever } from "../../base/assert-never.ts";
import { LiveReference } from "../../catalogue/live-reference.ts";
import { isData, isPlainList, isPlainMap, isTime } from "../base/data.ts";
import { recordMatches, recordRule, type Test } from "../base/record.ts";
import { accepts } from "../patterns/dfa.ts";
import type { Constraint } from "../syntax/tree.ts";

const COMPILED = new WeakMap<Constraint, Test>();

/**
 * The constraint as one function (docs/policy.md, "Arguments"), the same one each time. What it walks is the
 * constraint, so its depth and its work for each part of a value are bounded by the policy and not by the peer.
 */
export function compileConstraint(constraint: Constraint): Test {
  let test = COMPILED.get(constraint);
  if (test === undefined) {
    test = compile(constraint);
    COMPILED.set(constraint, test);
  }
  return test;
}

function compile(constraint: Constraint): Test {
  switch (constraint.kind) {
    case "any":
      return isData;
    case "bool":
      return (value) => typeof value === "boolean";
    case "null":
      return (value) => value === null;
    case "time":
      return isTime;
    case "int": {
      const { min, max } = constraint;
      return (value) =>
        typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max;
    }
    case "number": {
      const { min, max } = constraint;
      return (value) => typeof value === "number" && Number.isFinite(value) && value >= min && value <= max;
    }
    case "string": {
      const { min, max } = constraint;
      return (value) => typeof value === "string" && lengthWithin(value, min, max);
    }
    case "bytes": {
      const { min, max } = constraint;
      return (value) => value instanceof Uint8Array && value.length >= min && value.length <= max;
    }
    case "enum": {
      // A Set compares as === does, but for NaN, which no policy can name; −0 is in it as 0.
      const values: ReadonlySet<unknown> = new Set(constraint.values);
      return (value) => values.has(value);
    }
    case "re":
    case "glob":
    case "path": {
      const { dfa } = constraint;
      return (value) => typeof value === "string" && accepts(dfa, value);
    }
    case "list":
      return listTest(constraint);
    case "map":
      return mapTest(constraint);
    case "callback":
    case "stream":
    case "object": {
      const { kind } = constraint;
      return (value) => value instanceof LiveReference && value.kind === kind;
    }
    case "one_of": {
      const tests = constraint.alternatives.map(compileConstraint);
      return (value) => {
        for (const test of tests) if (test(value)) return true;
        return false;
      };
    }
    default:
      return assertNever(constraint, "a constraint");
  }
}

function listTest({ of, min, max }: Extract<Constraint, { kind: "list" }>): Test {
  const test = compileConstraint(of);
  return (value) => {
    if (!isPlainList(value) || value.length < min || value.length > max) return false;
    for (let i = 0; i < value.length; i++) if (!test(value[i])) return false;
    return true;
  };
}

function mapTest({ fields, others }: Extract<Constraint, { kind: "map" }>): Test {
  const rule = recordRule(
    fields.map(({ key: name, optional, constraint }) => ({
      name,
      optional,
      test: compileConstraint(constraint),
    })),
    others === undefined ? undefined : { test: compileConstraint(others.constraint) },
  );
  return (value) =>
    typeof value === "object" && value !== null && isPlainMap(value) && recordMatches(rule, value);
}

/** Whether the length in code points lies within the bounds; a text far too long is not walked. */
function lengthWithin(text: string, min: number, max: number): boolean {
  // A code point is one or two UTF-16 units.
  if (text.length < min || text.length > 2 * max) return false;
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if (isHigh(text.charCodeAt(i)) && isLow(text.charCodeAt(i + 1))) {
      length--;
      i++;
    }
  }
  return length >= min && length <= max;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
