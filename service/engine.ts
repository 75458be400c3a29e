/** What the daemon uses of services: their declarations, and what can be read out of schemas. */
export type { Context, ContextLog, Principal } from "./context.ts";
export type {
  Callback,
  Interface,
  Live,
  LiveObject,
  Method,
  Param,
  Schema,
  Signatures,
  Stream,
} from "./declared.ts";
export { methodEntry } from "./entry.ts";
export { type AnyFunction, functionMethod } from "./function-method.ts";
export { defineInterface, isLiveObject, liveObject, signature } from "./interface.ts";
export { argumentName, isLiveType } from "./live.ts";
export { method, param } from "./method.ts";
export { isKnownToOnlyCheck, onlyChecks } from "./only-checks.ts";
export { isPlainZod } from "./plain-zod.ts";
export { isRpcFault, RpcFault } from "./rpc-fault.ts";
export { defineService, fullName, isService, type Service } from "./service.ts";
export { inputShape } from "./shape-of-schema.ts";
