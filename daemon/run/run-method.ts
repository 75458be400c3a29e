import { Fault } from "../../base/fault.ts";
import { clipMessage } from "../../base/issues.ts";
import type { BoundArguments } from "../../catalogue/bind.ts";
import { type Context, fullName, isLiveType, isRpcFault, type RpcFault } from "../../service/engine.ts";
import { LiveResult } from "../base/live-result.ts";
import { shortText } from "../base/thrown.ts";
import { brokenMethod, plainFault } from "../faults/handler.ts";
import type { RegisteredMethod } from "../services/registry.ts";
import { firstMessage, isThenable, type SchemaVerdict } from "../services/schema-issues.ts";
import { checkArguments, type Door, type Original } from "./check-arguments.ts";

/**
 * Runs a method on arguments that the policy has allowed: shape, schema, handler, check of the result. A method
 * that answers at once does so without a promise.
 *
 * @param original - see {@link Original}; without it, the dates and byte strings of the arguments are copied beforehand
 * @returns what goes to the caller
 * @throws Fault: `invalid_argument` from the schemas, what the handler threw on purpose, `internal` for the
 *   rest, with its cause
 */
export function runMethod(
  registered: RegisteredMethod,
  args: BoundArguments,
  context: Context,
  door?: Door,
  original?: Original,
): unknown {
  const checked = checkArguments(registered, args, door, original);
  const result = isThenable(checked)
    ? Promise.resolve(checked).then((record) => {
        // The schemas took their time: perhaps nobody waits any longer.
        context.signal.throwIfAborted();
        return callHandler(registered, record, context, door);
      })
    : callHandler(registered, checked, context, door);
  return then(result, (value) => checkResult(registered, value));
}

/** Goes on with a value now, or with what a promise will give. */
function then(value: unknown, next: (value: unknown) => unknown): unknown {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value);
}

function callHandler(
  registered: RegisteredMethod,
  args: unknown,
  context: Context,
  door: Door | undefined,
): unknown {
  const { method } = registered;
  const fail = (error: unknown): never => {
    throw thrownFault(error, registered);
  };
  try {
    if (door?.run !== undefined) {
      const answer = door.run(args, context);
      return isThenable(answer) ? Promise.resolve(answer).catch(fail) : answer;
    }
    // The arguments are what the method's own schemas gave: their types are what its author declared.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked by the schemas, which TypeScript cannot see
    const result = method.run(args as Parameters<typeof method.run>[0], context);
    return isThenable(result) ? Promise.resolve(result).catch(fail) : result;
  } catch (error) {
    return fail(error);
  }
}

/** What comes of something thrown, whatever it is: looking at it may throw in turn. */
function thrownFault(error: unknown, registered: RegisteredMethod): Fault {
  try {
    return isRpcFault(error) ? declaredFault(error, registered) : brokenMethod(registered.entry.name, error);
  } catch (second) {
    return brokenMethod(registered.entry.name, second);
  }
}

/**
 * A fault that was thrown on purpose reaches the caller whole, if it is what the method declared. It is made
 * anew: the service may have it from another copy of this package.
 */
function declaredFault(thrown: RpcFault, { entry, method, service }: RegisteredMethod): Fault {
  const { fault, detail, given } = plainFault(thrown);
  const misuse = (what: string): Fault =>
    brokenMethod(entry.name, new Error(`${what}; it said: ${clipMessage(shortText(detail))}`));
  if (fault === undefined) return misuse("a fault without a code of the list, or without a text");
  const { reason, data } = given;
  if (reason === undefined) return data === undefined ? fault : misuse("data without a reason");
  const schema = Object.hasOwn(method.errors, reason) ? method.errors[reason] : undefined;
  if (schema === undefined) return misuse(`the reason '${reason}' is not declared in the method's errors`);
  const verdict = schema["~standard"].validate(data);
  if (isThenable(verdict) || verdict.issues !== undefined) {
    return misuse(`the data of '${reason}' is not what the method declares`);
  }
  return new Fault(fault.code, fault.detail, {
    ...fault.parts,
    reason: fullName(service, reason),
    data: verdict.value,
  });
}

/**
 * Holds a result against what the method declares. Only the schema is asked: it may convert the result, so a value of another
 * shape than the catalogue's may be right. It comes from the handler, and the caller has no hand in its schema's work.
 */
function checkResult({ entry, method }: RegisteredMethod, result: unknown): unknown {
  if (method.returns === undefined) return sendable(result);
  if (isLiveType(method.returns)) return new LiveResult(method.returns, result);
  const settle = (verdict: SchemaVerdict): unknown => {
    if (verdict.issues === undefined) return sendable(verdict.value);
    const why = `the result is not what the method declares: ${firstMessage(verdict.issues)}`;
    // The work was done; only its result cannot be believed.
    throw brokenMethod(entry.name, new Error(why), "done");
  };
  const verdict = method.returns["~standard"].validate(result);
  return isThenable(verdict) ? Promise.resolve(verdict).then(settle) : settle(verdict);
}

/** A function that returns nothing gives null: there is no `undefined` on the wire. */
function sendable(value: unknown): unknown {
  return value === undefined ? null : value;
}
