import { Fault } from "../../base/fault.ts";
import type { Catalogue, MethodEntry } from "../../catalogue/catalogue.ts";
import { methodData, readCataloguePage } from "../../catalogue/data.ts";
import {
  argumentName,
  type Callback,
  defineInterface,
  type Interface,
  isLiveType,
  type Method,
  methodEntry,
  param,
  type Service,
  signature,
} from "../../service/engine.ts";
import { encodeMessage } from "../../wire/message.ts";
import { Packed } from "../../wire/packed.ts";
import { readMessage } from "../../wire/read-message.ts";
import { type ParameterCheck, parameterCheck } from "./parameter-check.ts";

/** A method that this daemon can run. */
export interface RegisteredMethod {
  readonly entry: MethodEntry;
  readonly method: Method;
  /** one for each parameter, in their order */
  readonly checks: readonly ParameterCheck[];
  /** the service's name: it stands in front of the reasons that the method declares */
  readonly service: string;
}

/** All methods of a daemon, by their names. It does not change while the daemon runs. */
export class Registry {
  readonly #methods = new Map<string, RegisteredMethod>();
  readonly #catalogue = new Map<string, MethodEntry>();
  readonly #open: string[] = [];
  readonly #interfaces = new Map<string, Interface>();
  /** The services of modules, by the paths of their files. */
  readonly #modules = new Map<string, string>();

  /**
   * @param open - whether every principal may call the methods: only for what tells nobody more than their
   *   own rights
   * @throws TypeError if two services have a method of the same name, or a default is no constant
   */
  add(service: Pick<Service, "name" | "methods">, { open = false } = {}): void {
    for (const [key, method] of Object.entries(service.methods)) {
      const entry = methodEntry(service.name, key, method);
      this.#register(entry, method, service.name);
      if (open) this.#open.push(entry.name);
    }
  }

  #register(entry: MethodEntry, method: Method, service: string): void {
    if (this.#methods.has(entry.name)) throw new TypeError(`two services have a method '${entry.name}'`);
    checkSendable(entry);
    const checks = entry.params.map((one, i) => parameterCheck(one, method.params[i] ?? unreachable(i)));
    this.#methods.set(entry.name, { entry, method, checks, service });
    this.#catalogue.set(entry.name, entry);
    const { returns } = method;
    if (isLiveType(returns) && returns.live === "callback")
      this.#addInterface(functionInterface(entry.name, returns));
    for (const type of [returns, ...method.params.map(({ schema }) => schema)])
      if (isLiveType(type) && type.live === "interface") this.#addInterface(type);
  }

  /** The methods of the objects that are returned or taken, whose calls the policy decides by `interface.method`. */
  #addInterface(type: Interface): void {
    const known = this.#interfaces.get(type.name);
    if (known === type) return;
    if (known !== undefined) throw new TypeError(`two interfaces bear the name '${type.name}'`);
    this.#interfaces.set(type.name, type);
    for (const [key, method] of Object.entries(type.methods))
      this.#register(methodEntry(type.name, key, method, true), method, type.name);
  }

  /** Remembers which module defines a service. @param path - without links, as Node names the module */
  tell(path: string, { name }: Pick<Service, "name">): void {
    this.#modules.set(path, name);
  }

  /** The name of the service that a module defines; empty where its methods have no service in front. */
  serviceOf(path: string): string | undefined {
    return this.#modules.get(path);
  }

  get(name: string): RegisteredMethod | undefined {
    return this.#methods.get(name);
  }

  /** The names of the methods that need no grant. */
  get open(): readonly string[] {
    return this.#open;
  }

  get catalogue(): Catalogue {
    return this.#catalogue;
  }
}

/** A function that a method returns is an object of one method: for the policy its name is `METHOD.call`. */
function functionInterface(method: string, { args, returns }: Callback): Interface {
  const params = args.map((schema, i) => param(argumentName(i), schema));
  const call = returns === undefined ? signature({ params }) : signature({ params, returns });
  return defineInterface(method, { call });
}

function unreachable(i: number): never {
  throw new Error(`no parameter ${i}`);
}

/**
 * What the catalogue says of a method must go into a message, and be taken by a client: better known when the
 * service is loaded than at the first `ls`.
 *
 * @throws TypeError
 */
function checkSendable(entry: MethodEntry): void {
  const value = { methods: [methodData(entry)], next: entry.name };
  try {
    const read = readMessage(encodeMessage({ kind: "value", id: Number.MAX_SAFE_INTEGER, value }));
    if (read.kind === "value" && read.value instanceof Packed) readCataloguePage(read.value.decode());
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new TypeError(`${entry.name}: its description cannot be sent: ${error.detail}`, { cause: error });
  }
}
