import { errorOfCall, RpcError, type ToldCall } from "./rpc-error.ts";

/**
 * The answer of a call, for its caller. A failure is made anew where the caller waits for it, since only there V8 knows who that
 * is: the stack of the error shows the line that awaits the call. Calls that succeed pay for no stack.
 *
 * @param call - asked only where the call has failed
 */
export async function told(answer: Promise<unknown>, call: () => ToldCall): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof RpcError ? errorOfCall(error, call()) : error;
  }
}
