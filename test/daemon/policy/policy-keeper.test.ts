import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, mock, test } from "node:test";
import type { AuditWriter } from "../../../daemon/audit/writer.ts";
import type { Log } from "../../../daemon/log/log.ts";
import { type CheckLimits, checkOnThread } from "../../../daemon/policy/check.ts";
import { PolicyKeeper, type Reread } from "../../../daemon/policy/keeper.ts";
import { loadPolicy, type Policy } from "../../../policy/index.ts";
import { inFolder } from "../../support/temp-folder.ts";

const FIVE_MINUTES = 300_000;

interface Kept {
  readonly keeper: PolicyKeeper;
  /** The policy that it begins with. */
  readonly policy: Policy;
  readonly write: (text: string) => void;
  /** What the log says is wrong, each with what it is about. */
  readonly errors: string[];
  readonly causes: unknown[];
  readonly swapped: Policy[];
  readonly reloads: unknown[];
}

/** A keeper over a file in the folder, and all that it says. */
function keeperIn(folder: string, checkLimits?: CheckLimits, reread?: () => Reread): Kept {
  const path = join(folder, "policy.yaml");
  const [errors, causes, swapped, reloads]: [string[], unknown[], Policy[], unknown[]] = [[], [], [], []];
  const log = {
    error: (message: string, about?: { readonly error?: unknown }) => {
      errors.push(message);
      if (about?.error !== undefined) causes.push(about.error);
    },
    info: () => undefined,
    warn: () => undefined,
  } as unknown as Log;
  const { policy = assert.fail() } = loadPolicy(Buffer.from("policy: 1\n"));
  const keeper = new PolicyKeeper(policy, 0, {
    path,
    catalogue: new Map(),
    clock: { wallMs: () => 0, monotonicMs: () => 0 },
    log,
    audit: {
      write: (lines: readonly (readonly [unknown, unknown])[]) =>
        reloads.push(...lines.map(([, line]) => line)),
    } as unknown as AuditWriter,
    shadowCounts: new Map(),
    ...(checkLimits === undefined ? {} : { checkLimits }),
    ...(reread === undefined ? {} : { reread }),
    swapped: (next) => swapped.push(next),
  });
  const write = (text: string): void => writeFileSync(path, text, { mode: 0o600 });
  return { keeper, policy, write, errors, causes, swapped, reloads };
}

describe("PolicyKeeper", () => {
  test("speaks of a refused file at once, and every five minutes until a good one is there", () =>
    inFolder(async (folder) => {
      const { keeper, policy, write, errors, swapped } = keeperIn(folder);
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

  test("keeps twenty problems of a refused file, and says how many more there are", () =>
    inFolder(async (folder) => {
      const { keeper, write } = keeperIn(folder);
      try {
        for (const [count, more] of [
          [20, []],
          [21, ["… and 1 more"]],
        ] as const) {
          write(`policy: 1\nroles:\n${Array.from({ length: count }, (_, i) => `  ${i}x:\n`).join("")}`);
          const { problems = [] } = (await keeper.reload()) ?? {};
          assert.equal(problems.filter((line) => / E P206 /.test(line)).length, 20);
          assert.deepEqual(problems.slice(20), more);
          assert.deepEqual(keeper.status.refused?.problems, problems);
        }
      } finally {
        keeper.close();
      }
    }));

  test("a reload that throws is refused, and those that wait for its end are done", () =>
    inFolder(async (folder) => {
      let isBroken = true;
      const { keeper, write, causes } = keeperIn(folder, undefined, () => {
        if (isBroken) throw new Error("ours");
        return { apply: () => undefined };
      });
      write("policy: 1 # another\n");
      const first = keeper.reload();
      const second = keeper.reload();
      isBroken = false;
      assert.deepEqual((await first)?.problems, ["the file could not be checked; the log says why"]);
      assert.match(String(causes[0]), /ours/);
      assert.equal(await second, undefined);
      assert.equal(keeper.status.generation, 2);
      keeper.close();
    }));

  test("nothing changes once it is closed, whatever was under way", () =>
    inFolder(async (folder) => {
      const { keeper, policy, write, swapped, reloads } = keeperIn(folder);
      write("policy: 1 # another\n");
      const underway = keeper.reload();
      keeper.close();
      for (const refused of [await underway, await keeper.reload()])
        assert.deepEqual(refused?.problems, ["the daemon stops"]);
      assert.deepEqual([keeper.policy, swapped, reloads], [policy, [], []]);
    }));

  test("a file is read without a thread where the system gives none", () =>
    inFolder(async (folder) => {
      const path = join(folder, "policy.yaml");
      const order = { path, catalogue: new Map(), nowMs: 0 };
      const noThread = (): never => {
        // As Node says it under a limit of processes.
        throw Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });
      };
      for (const text of ["policy: 1\n", "policy: 2\n"]) {
        writeFileSync(path, text, { mode: 0o600 });
        const here = await checkOnThread(order, undefined, noThread);
        assert.deepEqual(structuredClone(here), await checkOnThread(order));
      }
      const ours = (): never => assert.fail("a mistake of ours");
      await assert.rejects(checkOnThread(order, undefined, ours), /a mistake of ours/);
    }));

  describe("when the check of a file comes to nothing: the policy before it stays in force, and that is said", () => {
    const stays = (folder: string, limits: CheckLimits, file: string, cause: RegExp): Promise<void> => {
      const { keeper, policy, write, errors, causes, swapped, reloads } = keeperIn(folder, limits);
      write(file);
      return keeper
        .reload()
        .then(async (refused) => {
          assert.deepEqual(refused?.problems, ["the file could not be checked; the log says why"]);
          assert.equal(refused?.hash, undefined);
          assert.deepEqual([keeper.policy, keeper.status.generation, swapped], [policy, 1, []]);
          assert.equal(keeper.status.refused, refused);
          assert.equal(errors[0], "a policy could not be checked");
          assert.match(String(causes[0]), cause);
          assert.deepEqual(reloads, [
            { kind: "reload", result: "refused", policy: "unread", from: policy.hash, generation: 1 },
          ]);
          // One that failed is no reason for the next one to fail.
          assert.equal((await keeper.reload())?.hash, undefined);
        })
        .finally(() => keeper.close());
    };
    const large = (grants: number): string =>
      `policy: 1\ngrants:\n${Array.from({ length: grants }, (_, i) => `  g${i}: {to: everyone, call: f${i}.x, args: {a: {int: 0..${i}}}}\n`).join("")}`;

    test("it is late", () =>
      inFolder((folder) => stays(folder, { maxMs: 1, maxMiB: 1_024 }, "policy: 1\n", /took more than 1 ms/)));

    test("it takes more memory than it may", () =>
      inFolder((folder) => stays(folder, { maxMs: 60_000, maxMiB: 8 }, large(20_000), /memory/i)));

    test("and within its limits the same file takes its place", () =>
      inFolder(async (folder) => {
        const { keeper, write, swapped } = keeperIn(folder, { maxMs: 60_000, maxMiB: 1_024 });
        write(large(20_000));
        assert.equal(await keeper.reload(), undefined);
        assert.equal(swapped.length, 1);
        keeper.close();
      }));
  });
});
