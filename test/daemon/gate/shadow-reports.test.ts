import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { AuditWriter } from "../../../daemon/audit/writer.ts";
import { BATCH_COST_MAX } from "../../../daemon/base/limits.ts";
import type { Asked } from "../../../daemon/gate/asked.ts";
import { ShadowReports } from "../../../daemon/gate/shadow-reports.ts";
import type { Failures } from "../../../daemon/log/failures.ts";
import { loadPolicy } from "../../../policy/index.ts";
import { catalogueOf, keyLine, method, NOW_MS, PEER, principalOf } from "../../policy/support.ts";

const FILE = `policy: 1
identities: {alice: {keys: [${keyLine(1)}]}}
shadow:
  wider: {to: id:alice, call: m, args: none}
`;

const { policy = assert.fail() } = loadPolicy(Buffer.from(FILE));

/** A call that was denied, and that the shadow grant would have allowed. @param cost - of its message, in bytes */
const askedAt = (cost: number): Asked =>
  ({
    session: {
      policy,
      principal: principalOf(policy, 1),
      peer: PEER,
      connection: "c",
      catalogue: catalogueOf(method("m")),
    },
    message: { kind: "call", id: 1, method: "m", args: { cost, values: { positional: [], named: {} } } },
    bytes: 100,
  }) as unknown as Asked;

describe("ShadowReports", () => {
  test("weighs a thousand denied calls a turn, and lets go of more", async () => {
    const lines: unknown[] = [];
    const errors: unknown[] = [];
    const reports = new ShadowReports(
      { write: (more: readonly unknown[]) => lines.push(...more) } as unknown as AuditWriter,
      { failed: (...words: unknown[]) => errors.push(words) } as unknown as Failures,
    );
    let weighed = 0;
    for (const [noted, counted] of [
      [1_000, 1_000],
      [1_001, 1_000],
      [1, 1],
    ] as const) {
      for (let i = 0; i < noted; i++) reports.note(askedAt(500), NOW_MS);
      assert.equal(lines.length, weighed, "not while a caller waits");
      await setImmediate();
      weighed += counted;
      assert.deepEqual([lines.length, reports.counts.get("wider")], [weighed, weighed]);
    }
    assert.deepEqual(errors, []);
  });

  test("keeps calls that cost up to 1 MiB together for that, or one that costs more", async () => {
    const lines: unknown[] = [];
    const reports = new ShadowReports(
      { write: (more: readonly unknown[]) => lines.push(...more) } as unknown as AuditWriter,
      {} as unknown as Failures,
    );
    for (const [costs, weighed] of [
      [[BATCH_COST_MAX / 2, BATCH_COST_MAX / 2], 2],
      [[BATCH_COST_MAX / 2, BATCH_COST_MAX / 2 + 1], 1],
      [[4 * BATCH_COST_MAX, 1], 1],
    ] as const) {
      lines.length = 0;
      for (const cost of costs) reports.note(askedAt(cost), NOW_MS);
      await setImmediate();
      assert.equal(lines.length, weighed);
    }
  });
});
