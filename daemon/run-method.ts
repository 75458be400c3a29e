import { isDeepStrictEqual } from "node:util";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { BoundArguments } from "../base/bind.ts";
import type { Parameter } from "../base/catalogue.ts";
import { Fault, type FaultOutcome, type Issue } from "../base/fault.ts";
import { LiveReference } from "../base/live-reference.ts";
import { isPlainObject } from "../base/plain-object.ts";
import { emptyRecord } from "../base/record.ts";
import type { Context } from "../service/context.ts";
import type { Live, Param } from "../service/declared.ts";
import { isLiveType } from "../service/live.ts";
import { isRpcFault, type RpcFault } from "../service/rpc-fault.ts";
import { fullName } from "../service/service.ts";
import { pathText } from "../wire/data.ts";
import { LiveResult } from "./live-result.ts";
import type { RegisteredMethod } from "./registry.ts";

/** What a schema said of a value. */
type Verdict = StandardSchemaV1.Result<unknown>;

/** What a call brings beside its arguments, where something is passed by reference. */
export interface Door {
  /** What the handler gets for a reference among the arguments. @throws Fault `reference_gone` */
  open(param: Param, reference: LiveReference): unknown;
  /** The function of the object that the call is on; none where it is a method of a service. */
  readonly run: ((args: unknown, context: Context) => unknown) | undefined;
}

/**
 * Runs a method on arguments that the policy has allowed: schema, handler, check of the result. A method
 * that answers at once does so without a promise.
 *
 * @returns what goes to the caller
 * @throws Fault: `invalid_argument` from the schemas, what the handler threw on purpose, `internal` for the
 *   rest, with its cause
 */
export function runMethod(
  registered: RegisteredMethod,
  args: BoundArguments,
  context: Context,
  door?: Door,
): unknown {
  const checked = checkArguments(registered, args, door);
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

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function checkArguments(
  { entry, method }: RegisteredMethod,
  args: BoundArguments,
  door: Door | undefined,
): unknown {
  const record = emptyRecord();
  let issues: readonly Issue[] = [];
  let later: readonly Promise<void>[] = [];
  for (let i = 0; i < entry.params.length; i++) {
    const param = entry.params[i];
    const declared = method.params[i];
    if (param === undefined || declared === undefined)
      throw new Error(`${entry.name}: no schema for parameter ${i}`);
    const { schema } = declared;
    if (isLiveType(schema)) {
      if (!Object.hasOwn(args, param.name)) continue;
      const reference = args[param.name];
      if (reference instanceof LiveReference && door !== undefined)
        record[param.name] = door.open(declared, reference);
      else
        issues = [
          ...issues,
          { path: param.name, message: `${liveWord(schema)} was expected, passed by reference` },
        ];
      continue;
    }
    const present = Object.hasOwn(args, param.name);
    if (!present && !("default" in param)) continue;
    const sent = present ? args[param.name] : undefined;
    const settle = (verdict: Verdict): void => {
      issues = [...issues, ...issuesOf(param, present ? sent : param.default, verdict)];
      if (verdict.issues === undefined) record[param.name] = verdict.value;
    };
    try {
      const verdict = schema["~standard"].validate(sent);
      if (isThenable(verdict)) later = [...later, Promise.resolve(verdict).then(settle)];
      // The usual case: what was sent is what the schema gives, the same value.
      else if (present && verdict.issues === undefined && verdict.value === sent) record[param.name] = sent;
      else settle(verdict);
    } catch (error) {
      later = [...later, Promise.reject(broken(entry.name, error))];
    }
  }
  const finish = (): BoundArguments => {
    if (issues.length === 0) return record;
    throw new Fault(
      "invalid_argument",
      `${entry.name}: ${issues.map(({ path, message }) => `${path}: ${message}`).join("; ")}`,
      {
        origin: "arguments",
        outcome: "not_started",
        issues,
      },
    );
  };
  // Of several that fail the first one speaks; none of them is left without a listener.
  return later.length === 0 ? finish() : Promise.all(later).then(finish);
}

function liveWord({ live }: Live): string {
  return live === "interface" || live === "object" ? "an object" : `a ${live}`;
}

/**
 * The policy looked at what was sent, so the handler must get just that: a schema that changes a value
 * (coerces, trims, strips, fills in) is not let through. `expected` is what was sent, or the declared default.
 */
function issuesOf({ name }: Parameter, expected: unknown, verdict: Verdict): readonly Issue[] {
  if (verdict.issues !== undefined) {
    return verdict.issues.map(({ message, path = [] }) => ({ path: issuePath(name, path), message }));
  }
  if (isDeepStrictEqual(verdict.value, expected)) return [];
  const path = pathText([name, ...firstDifference(expected, verdict.value)]);
  return [
    { path, message: "is not in the form that the method takes: nothing is converted, added or left out" },
  ];
}

/** The way to the first thing that is another in the second value: a key that is not there, say. */
function firstDifference(sent: unknown, checked: unknown): readonly (string | number)[] {
  if (Array.isArray(sent) && Array.isArray(checked)) {
    const at = sent.findIndex((item, i) => !isDeepStrictEqual(item, checked[i]));
    return at < 0 ? [] : [at, ...firstDifference(sent[at], checked[at])];
  }
  if (!isPlainObject(sent) || !isPlainObject(checked)) return [];
  const keys = [...Object.keys(sent), ...Object.keys(checked)];
  const key = keys.find((one) => !(one in checked) || !isDeepStrictEqual(sent[one], checked[one]));
  return key === undefined ? [] : [key, ...firstDifference(sent[key], checked[key])];
}

function issuePath(name: string, path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): string {
  const steps = path.map((step) => (typeof step === "object" ? step.key : step));
  return pathText([name, ...steps.map((step) => (typeof step === "number" ? step : String(step)))]);
}

function callHandler(
  registered: RegisteredMethod,
  args: unknown,
  context: Context,
  door: Door | undefined,
): unknown {
  const { method, entry } = registered;
  const fail = (error: unknown): never => {
    throw isRpcFault(error) ? declaredFault(error, registered) : broken(entry.name, error);
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

/**
 * A fault that was thrown on purpose reaches the caller whole, if it is what the method declared. It is made
 * anew: the service may have it from another copy of this package.
 */
function declaredFault(
  { code, detail, parts }: RpcFault,
  { entry, method, service }: RegisteredMethod,
): Fault {
  const { reason, data } = parts;
  const misuse = (what: string): Fault => broken(entry.name, new Error(`${what}; it said: ${detail}`));
  if (reason === undefined)
    return data === undefined ? new Fault(code, detail, parts) : misuse("data without a reason");
  const schema = Object.hasOwn(method.errors, reason) ? method.errors[reason] : undefined;
  if (schema === undefined) return misuse(`the reason '${reason}' is not declared in the method's errors`);
  const verdict = schema["~standard"].validate(data);
  if (isThenable(verdict) || verdict.issues !== undefined) {
    return misuse(`the data of '${reason}' is not what the method declares`);
  }
  return new Fault(code, detail, { ...parts, reason: fullName(service, reason), data: verdict.value });
}

function checkResult({ entry, method }: RegisteredMethod, result: unknown): unknown {
  if (method.returns === undefined) return sendable(result);
  if (isLiveType(method.returns)) return new LiveResult(method.returns, result);
  const settle = (verdict: Verdict): unknown => {
    if (verdict.issues === undefined) return sendable(verdict.value);
    const first = verdict.issues[0]?.message ?? "no reason given";
    // The work was done; only its result cannot be believed.
    throw broken(entry.name, new Error(`the result is not what the method declares: ${first}`), "done");
  };
  const verdict = method.returns["~standard"].validate(result);
  return isThenable(verdict) ? Promise.resolve(verdict).then(settle) : settle(verdict);
}

/** A function that returns nothing gives null: there is no `undefined` on the wire. */
function sendable(value: unknown): unknown {
  return value === undefined ? null : value;
}

/** Whatever was not meant for the caller: it reads `internal`, the log has the cause. */
function broken(where: string, cause: unknown, outcome: FaultOutcome = "unknown"): Fault {
  if (cause instanceof Fault) return cause;
  return new Fault("internal", `${where} failed`, { origin: "handler", outcome, cause });
}
