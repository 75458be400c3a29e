import assert from "node:assert/strict";
import { RpcError } from "../../client/index.ts";

/** What a call failed with. */
export async function failure(call: Promise<unknown>): Promise<RpcError> {
  try {
    const value = await call;
    return assert.fail(`it answered ${JSON.stringify(value)}`);
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    return error;
  }
}

/** Waits until the condition holds; the test's own deadline is the bound. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
