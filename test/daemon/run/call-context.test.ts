import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import v8 from "node:v8";
import vm from "node:vm";
import { CallContext } from "../../../daemon/run/call-context.ts";

v8.setFlagsFromString("--expose-gc");
const collect: unknown = vm.runInNewContext("gc");

/** The context of a call, and what hears of its progress. */
function contextOf(listener: { progress(done: number): void }): CallContext {
  const parts = [{ connection: "c" }, { id: 1 }, 0, {}, listener];
  return new CallContext(...(parts as unknown as ConstructorParameters<typeof CallContext>));
}

describe("a context that a handler keeps", () => {
  test("tells nothing of progress once the work has ended", () => {
    const told: number[] = [];
    const context = contextOf({ progress: (done) => told.push(done) });
    context.progress(1);
    context.ended();
    context.progress(2);
    assert.deepEqual(told, [1]);
    assert.equal(context.requestId, "c-1");
  });

  test("keeps nothing of the call", async () => {
    const kept = new Map<CallContext, WeakRef<object>>();
    for (let i = 0; i < 8; i++) {
      const call = { progress: () => undefined, args: new Uint8Array(1024) };
      const context = contextOf(call);
      kept.set(context, new WeakRef(call));
      context.ended();
    }
    const left = (): number => [...kept.values()].filter((call) => call.deref() !== undefined).length;
    // The last one may be in a register of this function still.
    for (let turn = 0; turn < 50 && left() > 1; turn++) {
      await setImmediate();
      if (typeof collect === "function") collect();
    }
    assert.ok(left() <= 1, `${left()} of 8 are kept`);
  });
});
