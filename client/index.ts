/** What a program calls a daemon with: `import { connect, loadKey } from "rpcd/client"`. */
export type { Catalogue, MethodEntry, Parameter, Shape } from "../base/catalogue.ts";
export type { FaultCode, FaultOrigin, FaultOutcome, Issue, Retry } from "../base/fault.ts";
export type { TraceContext } from "../base/trace-context.ts";
export { FileProblem } from "../certs/file-problem.ts";
export { AddressError } from "../link/address.ts";
export type { CallOptions, CallProgress } from "./call-options.ts";
export type { CatalogueOptions } from "./catalogue.ts";
export { type ConnectOptions, canonicalAddress, connect, connectOver, loadKey } from "./connect.ts";
export { expose } from "./expose.ts";
export { KnownDaemons } from "./known-daemons.ts";
export { pipe } from "./pipe.ts";
export {
  type NamedOf,
  named,
  options,
  type PositionalOf,
  type RemoteMethod,
  type RemoteObjectOf,
  type RemoteService,
  type UntypedService,
} from "./proxy.ts";
export { release } from "./release.ts";
export type { BatchedCall, Rpc } from "./rpc.ts";
export { HostKeyError, RpcError } from "./rpc-error.ts";
export type { DataOf, NameOf, ReasonOf } from "./service-types.ts";
export { currentTrace } from "./within.ts";
