import { RpcError } from "../../client/index.ts";
import { Failure } from "../io/failure.ts";

/** Whether the daemon denied the call: it does not say whether there is such a method. */
export function isDenied(error: unknown): error is RpcError {
  return error instanceof RpcError && error.code === "permission_denied";
}

/**
 * Says which grant is missing, where a reserved method is denied; any other error as it is. Who asks may be the one who
 * writes the policy, and would look for a wildcard's mistake.
 *
 * @param hint - what else to try
 */
export function deniedReserved(error: unknown, method: string, hint?: string): unknown {
  if (!isDenied(error)) return error;
  return new Failure("denied", `denied: ${method} (request ${error.id})`, {
    hints: [`a grant must name ${method} itself: no wildcard covers it`, hint],
    cause: error,
  });
}
