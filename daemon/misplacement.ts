import type { BoundArguments } from "../base/bind.ts";
import { isLive, type LiveShape, type MethodEntry, shapeWords } from "../base/catalogue.ts";
import { Fault, type Issue } from "../base/fault.ts";
import { LiveReference } from "../base/live-reference.ts";
import { OwnArgument } from "./argument-reference.ts";
import type { Asked } from "./asked.ts";

/** Whether what a call is on has the method: another method of the same name is none of its. */
export function isOn({ on }: MethodEntry, { on: target }: Asked): boolean {
  return target === undefined || (target.thing.kind !== "stream" && on === target.thing.object.interface);
}

/**
 * Whether a method of an object is called without one, or a reference stands where the method takes data, or one of another
 * kind. Only a caller who has the method in its table is told.
 */
export function misplacement(
  { name, on, params }: MethodEntry,
  args: BoundArguments,
  { on: target, hasReferences = false }: Asked,
): Fault | undefined {
  if (on !== undefined && target === undefined)
    return misplaced(name, [], `is called on an object of '${on}'`);
  if (!hasReferences) return undefined;
  const issues = params.flatMap(({ name: param, shape }) => {
    const value = args[param];
    if (!(value instanceof LiveReference)) return [];
    const fits = isLive(shape) && shape.type === value.kind && isOfInterface(value, shape);
    return fits ? [] : [{ path: param, message: `a reference to another thing than ${shapeWords(shape)}` }];
  });
  return issues.length === 0
    ? undefined
    : misplaced(name, issues, issues.map(({ message }) => message).join("; "));
}

/** What the daemon itself returned before comes back as what it was. */
function isOfInterface(value: LiveReference, shape: LiveShape): boolean {
  if (!(value instanceof OwnArgument) || value.lent === undefined || value.lent.thing.kind === "stream")
    return true;
  return shape.type === "object" && shape.interface === value.lent.thing.object.interface;
}

function misplaced(method: string, issues: readonly Issue[], detail: string): Fault {
  return new Fault("invalid_argument", `${method}: ${detail}`, {
    text: issues.length === 0 ? `the method ${detail}` : undefined,
    origin: "arguments",
    outcome: "not_started",
    issues,
  });
}
