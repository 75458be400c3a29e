import { Fault, type FaultCode, type Retry } from "../base/fault.ts";

/** What a fault thrown on purpose may tell the caller beside its code and message. */
export interface RpcFaultParts {
  /** one of the keys of the method's `errors`; the caller reads it as `service.reason` */
  readonly reason?: string;
  /** checked against the schema that `errors` declares for the reason */
  readonly data?: unknown;
  readonly retry?: Retry;
  readonly cause?: unknown;
}

/**
 * A failure that the handler means its caller to read, whole: code, message, reason and data. Whatever else
 * a handler throws, the caller reads `internal` and a request id, and the log has the rest.
 */
export class RpcFault extends Fault {
  override readonly name = "RpcFault";

  /** @param message - for the caller: name nothing in it that the caller may not know */
  constructor(code: FaultCode, message: string, parts: RpcFaultParts = {}) {
    super(code, message, { ...parts, text: message, origin: "handler" });
  }
}
