import type { Fault } from "../../base/fault.ts";
import type { Exported } from "../gate/exported.ts";
import { type Bounds, boundsOf, type ImportConnection, keepPassed, useWithin } from "./imported.ts";
import type { Passed } from "./passed.ts";

/**
 * What one client was given of another's, and passes on with a call of its own:
 *
 *     first client --call--> handler --result--> second client --call--> handler --result--> third client
 *          owner                                  this is made for its call
 *
 * Each use is within the bounds of both calls. It ends with either: with what the first client has passed, with the second's hold on
 * it, and with the call that it is passed with.
 */
export class Relay implements Passed<ImportConnection> {
  readonly #source: Passed<ImportConnection>;
  #bounds: Bounds = boundsOf(undefined, 0);
  #isDeclaredShared = false;
  #ended: Fault | undefined;
  readonly #dependents = new Set<(why: Fault) => void>();
  readonly #forget: (() => void)[];
  /** Calls that are not answered: each is told when this ends. */
  readonly #pending = new Set<(why: Fault) => void>();

  /** @param exported - as the second client holds it */
  constructor(source: Passed<ImportConnection>, exported: Exported) {
    this.#source = source;
    this.#ended = source.whyEnded;
    this.#forget = [source, exported].map((one) => one.onEnd((why) => this.end(why)));
  }

  get id(): number {
    return this.#source.id;
  }

  get owner(): ImportConnection {
    return this.#source.owner;
  }

  get isShared(): boolean {
    return this.#source.isShared && this.#isDeclaredShared && this.#bounds.share;
  }

  get whyEnded(): Fault | undefined {
    return this.#ended;
  }

  get untilMs(): number {
    return this.#bounds.untilMs;
  }

  /** Makes what the handler gets. @param standIn - what the handler of the first call got */
  open(standIn: object, bounds: Bounds, isDeclaredShared: boolean): object {
    this.#bounds = bounds;
    this.#isDeclaredShared = isDeclaredShared;
    const made = this.#make(standIn);
    keepPassed(made, this);
    return made;
  }

  onEnd(tell: (why: Fault) => void): () => void {
    this.#dependents.add(tell);
    return () => this.#dependents.delete(tell);
  }

  /** It can be used no longer. Twice is once. */
  end(why: Fault): void {
    if (this.#forget.length === 0) return;
    for (const forget of this.#forget.splice(0)) forget();
    this.#ended ??= why;
    for (const tell of [...this.#pending, ...this.#dependents]) tell(why);
    this.#pending.clear();
    this.#dependents.clear();
  }

  #make(standIn: object): object {
    if (typeof standIn === "function") return this.#guarded("", standIn);
    const functions: Record<string, unknown> = Object.create(null);
    for (const [name, run] of Object.entries(standIn))
      if (typeof run === "function") functions[name] = this.#guarded(name, run);
    return Object.freeze(functions);
  }

  #guarded(method: string, run: object): (...args: unknown[]) => Promise<unknown> {
    return (...args) => {
      const answer = this.#use(method, () => Reflect.apply(asFunction(run), undefined, args));
      // A handler need not wait for it.
      answer.catch(() => undefined);
      return answer;
    };
  }

  #use(method: string, run: () => unknown): Promise<unknown> {
    const refusal = this.#ended ?? useWithin(this.#bounds, method);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      const over = (): boolean => this.#pending.delete(reject);
      Promise.resolve(run()).then(resolve, reject).finally(over);
    });
  }
}

function asFunction(found: object): (...args: unknown[]) => unknown {
  if (typeof found === "function") return (...args) => Reflect.apply(found, undefined, args);
  throw new Error("what stands for a function of a client is none");
}
