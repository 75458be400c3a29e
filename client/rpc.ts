import type { Catalogue } from "../base/catalogue.ts";
import { readCataloguePage } from "../base/catalogue-data.ts";
import { Fault } from "../base/fault.ts";
import type { Service } from "../service/service.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { type RemoteService, remoteProxy, type UntypedService } from "./proxy.ts";
import { errorOfConnection } from "./rpc-error.ts";

/** As many pages of the catalogue are fetched at the most: a hostile daemon must not keep a client for ever. */
const CATALOGUE_PAGES_MAX = 1000;

/** A connection to a daemon, logged in. */
export class Rpc implements AsyncDisposable {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Who this client is to the daemon: `id:alice`. */
  get principal(): string {
    return this.#connection.welcome.principal;
  }

  get roles(): readonly string[] {
    return this.#connection.welcome.roles;
  }

  /** The name of this connection in the daemon's audit log, and the beginning of every request id. */
  get connection(): string {
    return this.#connection.welcome.connection;
  }

  /** Hex, of the catalogue that this principal sees: another digest, another catalogue. */
  get digest(): string {
    return Buffer.from(this.#connection.welcome.digest).toString("hex");
  }

  /** Settles when the connection is gone, whatever ended it; never rejects. */
  get closed(): Promise<void> {
    return this.#connection.closed;
  }

  /**
   * Calls a method by its name.
   *
   * @throws RpcError, with the code of the fault
   */
  call(
    method: string,
    positional: readonly unknown[] = [],
    named: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<unknown> {
    return this.#connection.call(method, positional, named, options);
  }

  /** A service as an object whose methods are the daemon's, typed by the service: `rpc.service<typeof math>("math")`. */
  service(name?: string): UntypedService;
  service<S extends Service>(name?: string): RemoteService<S>;
  service(name = ""): object {
    return remoteProxy((...call) => this.#connection.call(...call), name);
  }

  /** What this client may call, with the shapes of the arguments. @throws RpcError */
  async catalogue(options: CallOptions = {}): Promise<Catalogue> {
    const methods = new Map<string, ReturnType<Catalogue["get"]> & object>();
    let after = "";
    for (let pages = 0; pages < CATALOGUE_PAGES_MAX; pages++) {
      const page = this.#read(await this.call("rpcd.catalogue", [after], {}, options));
      for (const method of page.methods) methods.set(method.name, method);
      if (page.next === undefined) return methods;
      after = page.next;
    }
    throw errorOfConnection(new Fault("protocol_error", "the daemon's catalogue does not end"), "done");
  }

  /**
   * How long the daemon takes to answer, in milliseconds.
   *
   * @param timeoutMs - how long to wait for it; 30 s where nothing is said
   * @throws RpcError
   */
  ping(timeoutMs?: number): Promise<number> {
    return this.#connection.ping(timeoutMs);
  }

  /** Closes the connection; calls that are under way are rejected. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #read(found: unknown): ReturnType<typeof readCataloguePage> {
    try {
      return readCataloguePage(found);
    } catch (error) {
      throw errorOfConnection(error, "done");
    }
  }
}
