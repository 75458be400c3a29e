/** What a program calls a daemon with: `import { connect, loadKey } from "rpcd/client"`. */

export type { FaultCode, FaultOrigin, FaultOutcome, Issue, Retry } from "../base/fault.ts";
export type { TraceContext } from "../base/trace-context.ts";
export type { Catalogue, MethodEntry, Parameter, Shape } from "../catalogue/catalogue.ts";
export { FileProblem } from "../files/file-problem.ts";
export { AddressError } from "../link/address.ts";
export type { CallOptions, CallProgress } from "./calls/options.ts";
export { currentTrace } from "./calls/within.ts";
export type { CatalogueOptions } from "./catalogue/catalogue.ts";
export { KnownDaemons } from "./connect/known-daemons.ts";
export { type ConnectOptions, canonicalAddress, connect, connectOver, loadKey } from "./connect.ts";
export { HostKeyError, RpcError } from "./errors/rpc-error.ts";
export type { DataOf, NameOf, ReasonOf } from "./errors/service-types.ts";
export { pipelined } from "./pipelined.ts";
export { expose } from "./references/expose.ts";
export {
  type NamedOf,
  type PositionalOf,
  type RemoteMethod,
  type RemoteObjectOf,
  type RemoteService,
  type UntypedService,
  withNamed,
  withOptions,
} from "./references/proxy.ts";
export { release } from "./references/release.ts";
export type { BatchedCall, Rpc } from "./rpc.ts";
