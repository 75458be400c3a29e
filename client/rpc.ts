import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Service } from "../service/service.ts";
import type { CallOptions } from "./calls/options.ts";
import type { CatalogueOptions } from "./catalogue/catalogue.ts";
import type { Connection } from "./connect/connection.ts";
import type { NameOf } from "./errors/service-types.ts";
import { keepWhileOpen } from "./pipelined.ts";
import {
  type ProxyCaller,
  type RemoteService,
  remoteProxy,
  type UntypedService,
} from "./references/proxy.ts";

/** One of the calls of {@link Rpc.batch}. */
export interface BatchedCall {
  readonly method: string;
  readonly positional?: readonly unknown[];
  readonly named?: Readonly<Record<string, unknown>>;
  readonly options?: CallOptions;
}

/** A connection to a daemon, logged in. */
export class Rpc implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #call: ProxyCaller = (method, positional, named, options) =>
    this.#connection.call({ target: 0, method, positional, named, options });

  constructor(connection: Connection) {
    this.#connection = connection;
    keepWhileOpen(connection);
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

  /**
   * The fingerprints of all host keys that the daemon has, the one of this connection first. It has shown that it
   * has each: whoever keeps pins should pin these and no others for its address.
   */
  get hostKeyFingerprints(): readonly string[] {
    return this.#connection.hostKeyFingerprints;
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
    return this.#call(method, positional, named, options);
  }

  /**
   * Makes several calls in one go: they travel together, each is decided by itself, and what becomes of one changes none of
   * the others. The results stand in the order of the calls.
   */
  batch(calls: readonly BatchedCall[]): Promise<PromiseSettledResult<unknown>[]> {
    return Promise.allSettled(
      calls.map(({ method, positional = [], named = {}, options = {} }) =>
        this.#call(method, positional, named, options),
      ),
    );
  }

  /** A service as an object whose methods are the daemon's, typed by the service: `rpc.service<typeof math>("math")`. */
  service(name?: string): UntypedService;
  service<S extends Service>(...name: NameOf<S>): RemoteService<S>;
  service(name = ""): object {
    return remoteProxy(this.#call, name);
  }

  /**
   * What this client may call, with the shapes of the arguments.
   *
   * @param options - the timeout is for all of it
   * @throws RpcError
   */
  catalogue(options: CatalogueOptions = {}): Promise<Catalogue> {
    return this.#connection.readCatalogue(options);
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
}
