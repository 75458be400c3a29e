import { isDeepStrictEqual } from "node:util";
import { Fault, type Issue } from "../../base/fault.ts";
import { freezeData, type Settable, Snapshot, sameSettable } from "../../base/frozen-data.ts";
import { boundedIssue, ISSUES_MAX, issuesText } from "../../base/issues.ts";
import { isPlainObject } from "../../base/plain-object.ts";
import { emptyRecord } from "../../base/record.ts";
import type { BoundArguments } from "../../catalogue/bind.ts";
import type { Parameter } from "../../catalogue/catalogue.ts";
import { LiveReference } from "../../catalogue/live-reference.ts";
import { isLargerThan, type ShapeCheck } from "../../catalogue/shape-check.ts";
import { type Context, isLiveType, type Live, type Param, type Schema } from "../../service/engine.ts";
import { pathText } from "../../wire/data.ts";
import { isError, shortText } from "../base/thrown.ts";
import { brokenMethod } from "../faults/handler.ts";
import type { ParameterCheck } from "../services/parameter-check.ts";
import type { RegisteredMethod } from "../services/registry.ts";
import {
  isThenable,
  type SchemaVerdict,
  SPOKEN_MAX_VALUES,
  schemaIssues,
  shapeIssues,
} from "../services/schema-issues.ts";

/** What a call brings beside its arguments, where something is passed by reference. */
export interface Door {
  /** What the handler gets for a reference among the arguments. @throws Fault `reference_gone` */
  open(param: Param, reference: LiveReference): unknown;
  /** The function of the object that the call is on; none where it is a method of a service. */
  readonly run: ((args: unknown, context: Context) => unknown) | undefined;
}

/** The arguments of a call as they were sent. */
export interface Original {
  /**
   * Decodes them once more, by the names of the parameters. It is called after the schemas have answered, and only where an
   * argument contains dates or byte strings. The byte strings may be views.
   */
  decode(): BoundArguments;
  /** A schema takes its time: the bytes that they are decoded from are kept. @throws Fault `resource_exhausted` */
  keep(): void;
}

/**
 * Checks the arguments of a call: first the shape of each, then its schema. The policy looked at what was sent, so the
 * handler gets just that: the values that were sent, with their lists and maps frozen. A value that the schema would change
 * (coerce, trim, strip, fill in) is refused, and a schema that changes its input in place ends the call.
 *
 * @returns the arguments for the handler, or a promise of them where a schema answers with one
 * @throws Fault `invalid_argument` with every issue, up to {@link ISSUES_MAX}; `internal` where a schema fails
 */
export function checkArguments(
  registered: RegisteredMethod,
  args: BoundArguments,
  door: Door | undefined,
  original: Original | undefined,
): BoundArguments | Promise<BoundArguments> {
  const { entry, method, checks } = registered;
  const call = new ArgumentsOfCall(entry.name, original);
  for (let i = 0; i < entry.params.length; i++) {
    const param = entry.params[i];
    const declared = method.params[i];
    const check = checks[i];
    if (param === undefined || declared === undefined || check === undefined)
      throw new Error(`${entry.name}: no schema for parameter ${i}`);
    const { name } = param;
    const { schema } = declared;
    if (!Object.hasOwn(args, name)) {
      if (check.absent !== undefined) call.record[name] = check.absent();
    } else if (!isLiveType(schema)) call.check(param, check, schema, args[name]);
    else {
      const reference = args[name];
      if (reference instanceof LiveReference && door !== undefined)
        call.record[name] = door.open(declared, reference);
      else call.refuse([{ path: name, message: `${liveWord(schema)} was expected, passed by reference` }]);
    }
  }
  const checked = call.finish();
  if (!(checked instanceof Promise) || original === undefined) return checked;
  try {
    original.keep();
  } catch (error) {
    // What the schemas say in the end is for nobody any longer.
    checked.catch(() => undefined);
    throw error;
  }
  return checked;
}

/** The arguments of one call while they are checked. */
class ArgumentsOfCall {
  readonly record = emptyRecord();
  readonly #method: string;
  readonly #original: Original | undefined;
  #decoded: BoundArguments | undefined;
  // Made when they are needed: most calls need neither.
  #issues: Issue[] | undefined;
  #later: Promise<void>[] | undefined;

  constructor(method: string, original: Original | undefined) {
    this.#method = method;
    this.#original = original;
  }

  /** Checks one argument that was sent. */
  check({ name }: Parameter, { shape, isTrusted }: ParameterCheck, schema: Schema, sent: unknown): void {
    const isMisfit = shape !== undefined && shape.verdict(sent) === "misfit";
    if (isMisfit && isLargerThan(SPOKEN_MAX_VALUES, sent)) {
      this.refuse(shapeIssues(name, shape, sent));
      return;
    }
    const misfit = isMisfit ? shape : undefined;
    try {
      const isUnchanged = isTrusted ? undefined : this.#freeze(name, sent);
      const verdict = schema["~standard"].validate(sent);
      if (!isThenable(verdict)) this.#settle(name, sent, verdict, misfit, isUnchanged);
      else
        this.#wait(
          Promise.resolve(verdict)
            .then((late) => this.#settle(name, sent, late, misfit, isUnchanged))
            .catch((error: unknown) => this.#fail(name, error)),
        );
    } catch (error) {
      this.#wait(Promise.reject(this.#failure(name, error)));
    }
  }

  /** Adds issues of one argument, as far as there is room for them. */
  refuse(issues: readonly Issue[]): void {
    this.#issues ??= [];
    this.#issues.push(...issues.slice(0, ISSUES_MAX - this.#issues.length));
  }

  /** @throws Fault `invalid_argument` with the issues of all arguments */
  finish(): BoundArguments | Promise<BoundArguments> {
    // Of several that fail the first one speaks; none of them is left without a listener.
    return this.#later === undefined ? this.#result() : Promise.all(this.#later).then(() => this.#result());
  }

  #result(): BoundArguments {
    const issues = this.#issues;
    if (issues === undefined) return this.record;
    throw new Fault("invalid_argument", issuesText(this.#method, issues), {
      origin: "arguments",
      outcome: "not_started",
      issues,
    });
  }

  #wait(check: Promise<void>): void {
    this.#later ??= [];
    this.#later.push(check);
  }

  /**
   * Freezes the lists and maps of an argument, for the schema and for the handler.
   *
   * @returns whether its dates and byte strings, which cannot be frozen, are as they were sent; nothing where it has none
   */
  #freeze(name: string, sent: unknown): (() => boolean) | undefined {
    if (typeof sent !== "object" || sent === null) return undefined;
    const settable: Settable[] = [];
    freezeData(sent, settable);
    if (settable.length === 0) return undefined;
    const original = this.#original;
    if (original === undefined) {
      const snapshot = new Snapshot(settable);
      return () => snapshot.isUnchanged();
    }
    return () => {
      this.#decoded ??= original.decode();
      return sameSettable(sent, this.#decoded[name]);
    };
  }

  /** @param misfit - the shape that the value is not of, where it is not */
  #settle(
    name: string,
    sent: unknown,
    verdict: SchemaVerdict,
    misfit: ShapeCheck | undefined,
    isUnchanged: (() => boolean) | undefined,
  ): void {
    if (verdict.issues !== undefined) this.refuse(schemaIssues(name, verdict.issues));
    else if (isUnchanged?.() === false) throw changesInput(name);
    else if (verdict.value !== sent && !isDeepStrictEqual(verdict.value, sent))
      this.refuse([otherForm(name, sent, verdict.value)]);
    // The schema takes it, and the shape that the author declared does not: the shape is what callers and policy know.
    else if (misfit !== undefined) this.refuse(shapeIssues(name, misfit, sent));
    // What was sent, not the copy of the schema: that one is garbage at once.
    else this.record[name] = sent;
  }

  #fail(name: string, error: unknown): never {
    throw this.#failure(name, error);
  }

  /** What comes of a schema that throws. */
  #failure(name: string, error: unknown): Fault {
    const writes = isError(error) && WRITES_TO_FROZEN.test(shortText(error));
    return brokenMethod(this.#method, writes ? changesInput(name, error) : error);
  }
}

/** How V8 says that something was frozen. Only the words of the log depend on it: the call fails anyway. */
const WRITES_TO_FROZEN = /read only property|not extensible|Cannot (?:delete|redefine) property/;

function changesInput(name: string, cause?: unknown): Error {
  return new Error(
    `the schema of '${name}' changes its input: a schema may only check, convert a copy in the handler (docs/services.md)`,
    { cause },
  );
}

function liveWord({ live }: Live): string {
  return live === "interface" || live === "object" ? "an object" : `a ${live}`;
}

/** The issue of a value that its schema would change. */
function otherForm(name: string, sent: unknown, checked: unknown): Issue {
  const path = pathText([name, ...firstDifference(sent, checked)]);
  return boundedIssue(
    path,
    "is not in the form that the method takes: nothing is converted, added or left out",
  );
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
