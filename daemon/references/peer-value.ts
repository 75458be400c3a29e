import { Fault } from "../../base/fault.ts";
import { freshCopy } from "../../base/frozen-data.ts";
import { isLargerThan, ShapeCheck } from "../../catalogue/shape-check.ts";
import { inputShape, isPlainZod, type Schema } from "../../service/engine.ts";
import {
  firstMessage,
  type SchemaVerdict,
  SPOKEN_MAX_VALUES,
  shapeIssues,
} from "../services/schema-issues.ts";

/** The checks of the shapes of schemas, each made when its first value comes. */
const CHECKS = new WeakMap<Schema, ShapeCheck>();

/**
 * What a schema makes of a value of the client's: the answer to a callback, or an item of a stream. No policy has seen it, so
 * a schema may convert it. It may also answer with a promise. The handler gets a copy of its own.
 *
 * @param what - the value, in words
 * @throws Fault `invalid_argument` where the value is not what the schema takes
 */
export function checkPeerValue(schema: Schema, value: unknown, what: string): unknown {
  const shape = checkOf(schema);
  if (shape?.verdict(value) === "misfit" && isLargerThan(SPOKEN_MAX_VALUES, value)) {
    const [first] = shapeIssues("it", shape, value);
    throw unfit(what, first === undefined ? "it has another shape" : `${first.path}: ${first.message}`);
  }
  const settle = (verdict: SchemaVerdict): unknown => {
    // A schema may put in the same default each time: what a handler does to it must reach nobody else.
    if (verdict.issues === undefined) return freshCopy(verdict.value);
    throw unfit(what, firstMessage(verdict.issues));
  };
  const verdict = schema["~standard"].validate(value);
  return verdict instanceof Promise ? verdict.then(settle) : settle(verdict);
}

/** @returns the check of what a schema takes, or nothing where it may take more than its shape says */
function checkOf(schema: Schema): ShapeCheck | undefined {
  let check = CHECKS.get(schema);
  if (check === undefined) {
    check = new ShapeCheck(isPlainZod(schema) ? inputShape(schema) : { type: "any" });
    CHECKS.set(schema, check);
  }
  return check.isAny ? undefined : check;
}

/** The fault for a value of the client's that is not what the method declares. */
export function unfit(what: string, why: string): Fault {
  return new Fault("invalid_argument", `${what} is not what the method declares: ${why}`, {
    text: `${what} is not what the method declares`,
    origin: "callback",
    outcome: "unknown",
  });
}
