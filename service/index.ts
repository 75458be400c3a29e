/** What a service author writes with: `import { defineService, method, param, z } from "rpcd/service"`. */
export { z } from "zod";
export type { FaultCode } from "../base/fault.ts";
export type { Context, ContextLog, Principal } from "./context.ts";
export {
  type Disposing,
  defineInterface,
  type ImplementationOf,
  type Interface,
  type LiveObject,
  signature,
} from "./interface.ts";
export {
  type Callback,
  callback,
  type Live,
  object,
  type RemoteObject,
  type Stream,
  stream,
} from "./live.ts";
export {
  type ArgumentsOf,
  type Method,
  method,
  type Param,
  type ParamOptions,
  param,
  type Schema,
} from "./method.ts";
export { RpcFault, type RpcFaultParts } from "./rpc-fault.ts";
export { defineService, type Methods, type Service } from "./service.ts";
