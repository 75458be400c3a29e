import {
  type AnyFunction,
  defineService,
  functionMethod,
  isService,
  type Param,
  type Service,
} from "../service/engine.ts";
import { type EmbeddedDaemon, startDaemon } from "./start-daemon.ts";

/** What may be said of a function beside itself. */
export interface Registration {
  /** the method's name; the function's own where nothing is said */
  readonly name?: string;
  /** one sentence for people */
  readonly doc?: string;
  /** its parameters, in their order: with schemas, a call of another form is refused and says which argument it was */
  readonly params?: readonly Param[];
}

/** A program's own functions, on their way to be served. */
export interface Server {
  /**
   * Registers a function: its name is the method's, its parameters are by position and of any data. Who may call it is
   * said by the policy, as for any method.
   *
   * @throws TypeError if it has no name that can be a method's
   */
  register(run: AnyFunction, registration?: Registration): Server;
  /** Registers all methods of a service. */
  register(service: Service): Server;
  /**
   * Serves what is registered by then, with what the configuration names besides. One server may be served several times: all
   * have the same functions.
   *
   * @param config - the path of a configuration file, as for {@link startDaemon}
   * @throws NotReady with everything that is wrong, FileProblem
   */
  serve(config: string): Promise<EmbeddedDaemon>;
}

/** Begins a server: `createServer().register(function add(x, y) { return x + y; }).serve("rpcd.yaml")`. */
export function createServer(): Server {
  const services: Service[] = [];
  const server: Server = {
    register(what: AnyFunction | Service, registration: Registration = {}) {
      services.push(isService(what) ? what : serviceOf(what, registration));
      return server;
    },
    serve: (config) => startDaemon(config, [...services]),
  };
  return server;
}

function serviceOf(run: unknown, { name, doc, params }: Registration): Service {
  if (typeof run !== "function")
    throw new TypeError("a function, or what defineService(…) gives, was expected");
  const method = name ?? run.name;
  if (method === "") throw new TypeError("the function has no name: register(run, { name: … })");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any function will do: its arguments are held against schemas
  return defineService({ [method]: functionMethod(run as AnyFunction, { doc, params }) });
}
