import type { Catalogue, MethodEntry } from "../base/catalogue.ts";
import { type CataloguePage, readCataloguePage } from "../base/catalogue-data.ts";
import { systemClock } from "../base/clock.ts";
import type { Service } from "../service/service.ts";
import { CALL_DEADLINE_MS } from "../wire/limits.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { type RemoteService, remoteProxy, type UntypedService } from "./proxy.ts";
import { errorOfConnection, RpcError } from "./rpc-error.ts";

/** As many methods may a daemon have: a hostile one must not fill its client's memory. */
const CATALOGUE_METHODS_MAX = 20_000;

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

  /**
   * The fingerprints of all host keys that the daemon has, the one of this connection first. It has shown that it
   * has each: whoever keeps pins should pin these and no others for its address.
   */
  get hostKeys(): readonly string[] {
    return this.#connection.hostKeys;
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

  /**
   * What this client may call, with the shapes of the arguments.
   *
   * @param options - the timeout is for all of it
   * @throws RpcError
   */
  async catalogue({ timeoutMs = CALL_DEADLINE_MS, signal }: CallOptions = {}): Promise<Catalogue> {
    const methods = new Map<string, MethodEntry>();
    const until = systemClock.monotonicMs() + timeoutMs;
    let after = "";
    for (;;) {
      const left = { timeoutMs: until - systemClock.monotonicMs(), signal };
      const page = this.#read(await this.call("rpcd.catalogue", [after], {}, left), after);
      for (const method of page.methods) methods.set(method.name, method);
      if (methods.size > CATALOGUE_METHODS_MAX) throw endless(`more than ${CATALOGUE_METHODS_MAX} methods`);
      if (page.next === undefined) return methods;
      after = page.next;
    }
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

  /** A page that leads on: each name, and the next page's, comes after all before it. */
  #read(found: unknown, after: string): CataloguePage {
    try {
      const page = readCataloguePage(found);
      const names = [after, ...page.methods.map(({ name }) => name)];
      const last = names.at(-1) ?? after;
      const inOrder = names.every((name, i) => i === 0 || name > (names[i - 1] ?? name));
      if (!inOrder || (page.next !== undefined && (page.next !== last || page.next === after))) {
        throw endless("it does not lead on");
      }
      return page;
    } catch (error) {
      throw errorOfConnection(error, "done");
    }
  }
}

function endless(why: string): RpcError {
  return new RpcError("protocol_error", `the daemon's catalogue cannot be read: ${why}`, {
    origin: "channel",
  });
}
