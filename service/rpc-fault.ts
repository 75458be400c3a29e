import { isProxy } from "node:util/types";
import { Fault, type FaultCode, isFaultCode, type Retry } from "../base/fault.ts";

/** What a fault thrown on purpose may tell the caller beside its code and message. */
export interface RpcFaultParts {
  /** one of the keys of the method's `errors`; the caller reads it as `service.reason` */
  readonly reason?: string;
  /** checked against the schema that `errors` declares for the reason */
  readonly data?: unknown;
  readonly retry?: Retry;
  readonly cause?: unknown;
}

const RPC_FAULT = Symbol.for("rpcd.RpcFault");

/**
 * A failure that the handler means its caller to read, whole: code, message, reason and data. Whatever else
 * a handler throws, the caller reads `internal` and a request id, and the log has the rest.
 */
export class RpcFault extends Fault {
  override readonly name = "RpcFault";
  /** How a daemon knows one, whichever copy of this package made it. */
  readonly [RPC_FAULT] = true;

  /** @param message - for the caller: name nothing in it that the caller may not know */
  constructor(code: FaultCode, message: string, { reason, data, retry, cause }: RpcFaultParts = {}) {
    super(code, message, { reason, data, retry, cause, text: message, origin: "handler" });
    if (!isFaultCode(code)) throw new TypeError(`'${String(code)}' is no code of a fault (docs/errors.md)`);
    if (typeof message !== "string") throw new TypeError("the message of a fault must be a text");
  }
}

/** Whether something thrown is a fault that was thrown on purpose. */
export function isRpcFault(error: unknown): error is RpcFault {
  if (typeof error !== "object" || error === null || isProxy(error)) return false;
  return RPC_FAULT in error && error[RPC_FAULT] === true;
}
