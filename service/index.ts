/** What a service author writes with: `import { defineService, method, param, z } from "rpcd/service"`. */
export { z } from "zod";
export type { FaultCode } from "../base/fault.ts";
export type { TraceContext } from "../base/trace-context.ts";
export type { Context, ContextLog, LogFields, Principal } from "./context.ts";
export type {
  ArgumentsOf,
  Callback,
  Declared,
  Disposing,
  ErrorSchemas,
  ImplementationOf,
  Interface,
  InterfaceMethods,
  Live,
  LiveObject,
  LiveResultOf,
  Method,
  NoErrors,
  Param,
  RemoteObject,
  Run,
  Schema,
  Signature,
  Signatures,
  Stream,
} from "./declared.ts";
export { defineInterface, signature } from "./interface.ts";
export { callback, object, stream } from "./live.ts";
export { method, type ParamOptions, param } from "./method.ts";
export { RpcFault, type RpcFaultParts } from "./rpc-fault.ts";
export { defineService, type Methods, type Service } from "./service.ts";
