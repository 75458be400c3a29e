import { Fault, type Issue } from "../../base/fault.ts";
import type { BoundArguments } from "../../catalogue/bind.ts";
import {
  isLive,
  type LiveShape,
  type MethodEntry,
  type Shape,
  shapeWords,
} from "../../catalogue/catalogue.ts";
import { LiveReference } from "../../catalogue/live-reference.ts";
import { ExportedArgument } from "./argument-reference.ts";
import type { Asked } from "./asked.ts";

/** Whether what a call is on has the method: another method of the same name is none of its. */
export function isOn({ on }: MethodEntry, { on: target }: Asked): boolean {
  return target === undefined || (target.thing.kind !== "stream" && on === target.thing.object.interface);
}

/**
 * Whether a method of an object is called without one, or an argument is passed in another way than the method takes it: data for a
 * reference, a reference for data, or a reference of another kind. Only a caller who has the method in its table is told.
 */
export function misplacement(
  { name, on, params }: MethodEntry,
  args: BoundArguments,
  { on: target }: Asked,
): Fault | undefined {
  if (on !== undefined && target === undefined)
    return misplaced(name, [], `is called on an object of '${on}'`);
  let issues: Issue[] | undefined;
  for (const { name: param, shape } of params) {
    const value = args[param];
    const isReference = value instanceof LiveReference;
    // The usual case: data, where the method takes data.
    if (!isReference && (!isLive(shape) || !Object.hasOwn(args, param))) continue;
    const message = isReference ? wrongReference(value, shape) : notReference(value, shape);
    if (message !== undefined) (issues ??= []).push({ path: param, message });
  }
  return issues && misplaced(name, issues, issues.map(({ message }) => message).join("; "));
}

function wrongReference(value: LiveReference, shape: Shape | LiveShape): string | undefined {
  const fits = isLive(shape) && shape.type === value.kind && isOfInterface(value, shape);
  return fits ? undefined : `a reference to another thing than ${shapeWords(shape)}`;
}

function notReference(value: unknown, shape: Shape | LiveShape): string {
  const list = Array.isArray(value) ? "; a list is data: pass an iterator of it" : "";
  return `${shapeWords(shape)} was expected, passed by reference${shape.type === "stream" ? list : ""}`;
}

/** What the daemon itself returned before comes back as what it was. */
function isOfInterface(value: LiveReference, shape: LiveShape): boolean {
  if (
    !(value instanceof ExportedArgument) ||
    value.exported === undefined ||
    value.exported.thing.kind === "stream"
  )
    return true;
  if (shape.type === "callback") return true;
  return shape.type === "object" && shape.interface === value.exported.thing.object.interface;
}

function misplaced(method: string, issues: readonly Issue[], detail: string): Fault {
  return new Fault("invalid_argument", `${method}: ${detail}`, {
    text: issues.length === 0 ? `the method ${detail}` : undefined,
    origin: "arguments",
    outcome: "not_started",
    issues,
  });
}
