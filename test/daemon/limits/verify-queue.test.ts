import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PrivateKey } from "../../../certs/ed25519.ts";
import { VERIFICATIONS_WAITING_MAX } from "../../../daemon/base/limits.ts";
import { VerifyQueue } from "../../../daemon/limits/verify-queue.ts";

describe("the queue in front of verification", () => {
  test("takes as many as may wait beside the two that run, and not one more until some are done", async () => {
    const key = new PrivateKey(new Uint8Array(32).fill(1));
    const message = new Uint8Array([1, 2, 3]);
    const good = key.sign(message);
    const bad = good.toReversed();
    const queue = new VerifyQueue();
    const verdicts = Array.from({ length: VERIFICATIONS_WAITING_MAX + 2 }, (_one, i) => {
      assert.equal(queue.isFull, false, `place ${i}`);
      return queue.verify(key.publicKey, message, i % 2 === 0 ? good : bad) ?? assert.fail(`place ${i}`);
    });
    assert.equal(queue.isFull, true);
    assert.equal(queue.verify(key.publicKey, message, good), undefined, "one past it");
    for (let i = 0; i < 32; i++) {
      assert.equal(queue.local.isFull, false, `place ${i} of those for this host`);
      verdicts.push(queue.local.verify(key.publicKey, message, i % 2 === 0 ? good : bad) ?? assert.fail());
    }
    assert.equal(queue.local.isFull, true);
    assert.equal(queue.local.verify(key.publicKey, message, good), undefined, "one past those too");
    const found = await Promise.all(verdicts);
    assert.deepEqual(
      found,
      found.map((_one, i) => i % 2 === 0),
      "each has its own verdict",
    );
    assert.equal(await queue.verify(key.publicKey, message, good), true);
  });
});
