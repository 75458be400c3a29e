import type { Catalogue, MethodEntry } from "../base/catalogue.ts";
import { methodData, readCataloguePage } from "../base/catalogue-data.ts";
import { Fault } from "../base/fault.ts";
import { methodEntry } from "../service/entry.ts";
import type { Method } from "../service/method.ts";
import { fullName, type Service } from "../service/service.ts";
import { encodeMessage, readMessage } from "../wire/message.ts";

/** A method that this daemon can run. */
export interface RegisteredMethod {
  readonly entry: MethodEntry;
  readonly method: Method;
  /** the service's name: it stands in front of the reasons that the method declares */
  readonly service: string;
}

/** All methods of a daemon, by their names. It does not change while the daemon runs. */
export class Registry {
  readonly #methods = new Map<string, RegisteredMethod>();
  readonly #catalogue = new Map<string, MethodEntry>();
  readonly #open: string[] = [];

  /**
   * @param open - whether every principal may call the methods: only for what tells nobody more than their
   *   own rights
   * @throws TypeError if two services have a method of the same name, or a default is no constant
   */
  add(service: Pick<Service, "name" | "methods">, { open = false } = {}): void {
    for (const [key, method] of Object.entries(service.methods)) {
      const name = fullName(service.name, key);
      if (this.#methods.has(name)) throw new TypeError(`two services have a method '${name}'`);
      const entry = methodEntry(service.name, key, method);
      checkSendable(entry);
      this.#methods.set(name, { entry, method, service: service.name });
      this.#catalogue.set(name, entry);
      if (open) this.#open.push(name);
    }
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
    if (read.kind === "value") readCataloguePage(read.value);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new TypeError(`${entry.name}: its description cannot be sent: ${error.detail}`, { cause: error });
  }
}
