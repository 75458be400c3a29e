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

/** So long a test waits for anything, in milliseconds: far more than the slowest machine needs, and less than the bound of a test. */
export const BOUND_MS = 240_000;

/**
 * Waits until the condition holds.
 *
 * @param what - what is waited for; the condition itself says it where nothing is said
 * @throws AssertionError with what was waited for, once the bound is over
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = condition.toString(),
): Promise<void> {
  const since = performance.now();
  while (!(await condition())) {
    if (performance.now() - since > BOUND_MS)
      assert.fail(`it did not come about within ${BOUND_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
