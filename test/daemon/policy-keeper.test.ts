import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, mock, test } from "node:test";
import type { AuditWriter } from "../../daemon/audit-writer.ts";
import type { Log } from "../../daemon/log.ts";
import { PolicyKeeper } from "../../daemon/policy-keeper.ts";
import { loadPolicy, type Policy } from "../../policy/index.ts";
import { inFolder } from "../support/temp-folder.ts";

const FIVE_MINUTES = 300_000;

describe("PolicyKeeper", () => {
  test("speaks of a refused file at once, and every five minutes until a good one is there", () =>
    inFolder(async (folder) => {
      const path = join(folder, "policy.yaml");
      const write = (text: string): void => writeFileSync(path, text, { mode: 0o600 });
      const errors: string[] = [];
      const swapped: Policy[] = [];
      const log = {
        error: (message: string) => errors.push(message),
        info: () => undefined,
        warn: () => undefined,
      } as unknown as Log;
      const { policy } = loadPolicy(Buffer.from("policy: 1\n"));
      const keeper = new PolicyKeeper(policy ?? assert.fail(), 0, {
        path,
        catalogue: new Map(),
        clock: { wallMs: () => 0, monotonicMs: () => 0 },
        log,
        audit: { write: () => true } as unknown as AuditWriter,
        shadowCounts: new Map(),
        swapped: (next) => swapped.push(next),
      });
      mock.timers.enable({ apis: ["setInterval"] });
      try {
        write("policy: 2\n");
        const refused = await keeper.reload();
        assert.match(refused?.problems.join() ?? "", /P204/);
        assert.equal(errors.length, 2, "that it is refused, and why");
        for (let i = 2; i <= 4; i++) {
          mock.timers.tick(FIVE_MINUTES - 1);
          assert.equal(errors.length, 2 * (i - 1));
          mock.timers.tick(1);
          assert.equal(errors.length, 2 * i);
        }
        assert.equal(keeper.policy, policy);
        assert.notEqual(keeper.status.refused, undefined);
        write("policy: 1 # mended\n");
        assert.equal(await keeper.reload(), undefined);
        mock.timers.tick(10 * FIVE_MINUTES);
        assert.equal(errors.length, 8);
        assert.equal(keeper.status.refused, undefined);
        assert.equal(keeper.status.generation, 2);
        assert.deepEqual(swapped, [keeper.policy]);
      } finally {
        keeper.close();
        mock.timers.reset();
      }
    }));
});
