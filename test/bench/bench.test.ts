import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Children } from "../../bench/children.ts";
import { type Server, startFloor, startRpcd } from "../../bench/contenders.ts";
import type { Loop } from "../../bench/jobs.ts";
import { sourcePath } from "../../bench/places.ts";
import { FULL, QUICK } from "../../bench/plan.ts";
import { figuresOf } from "../../bench/rounds.ts";
import { WORKLOADS } from "../../bench/run.ts";
import { readWords } from "../../bench/words.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** The bench on so few calls that it says nothing of speed: that it measures, and looks at the answers. */
describe("the bench, for real", () => {
  const children = new Children();
  const folder = tempFolder();
  let floor: Server;
  let rpcd: Server;
  before(async () => {
    floor = await startFloor(children, folder.path);
    rpcd = await startRpcd(children, join(folder.path, "rpcd"));
  });
  after(async () => {
    await children.endAll();
    folder.remove();
  });

  const counts: Readonly<Record<Loop, number>> = { A: 50, B: 200, C: 2, D: 3 };

  test("every loop over every transport gives figures, of rpcd and of the floor", async () => {
    for (const server of [floor, rpcd]) {
      for (const transport of ["unix", "tls"] as const) {
        if (server.addresses[transport] === undefined) continue;
        const contender = server.connect(transport);
        for (const loop of ["A", "B", "C", "D"] as const) {
          const count = counts[loop];
          const { serverPid } = contender;
          const timing = await contender.ask({
            kind: "loop",
            loop,
            serverPid,
            warmupMs: 0,
            measureMs: 0,
            count,
          });
          assert.equal(timing?.count, count);
          for (const [figure, value] of Object.entries(figuresOf(loop, timing))) {
            // So few calls may take less CPU time than the kernel counts.
            assert.equal(figure === "serverCpu" ? value >= 0 : value > 0, true, `${server.name} ${figure}`);
          }
        }
        await contender.end();
      }
    }
  });

  test("the calls of rpcd went through the policy: each is a line of the audit log", () => {
    const lines = readFileSync(join(rpcd.folder, "audit.jsonl"), "utf8").split("\n");
    const added = lines.filter((line) => line.includes('"method":"add"'));
    assert.equal(added.length >= counts.A + counts.B + counts.D, true);
    for (const line of added) assert.match(line, /"decision":"allow".*"grant":"add-3-plain"/);
  });

  test("its policy has 100 grants", () => {
    const policy = readFileSync(join(rpcd.folder, "policy.yaml"), "utf8");
    assert.equal(policy.match(/^ {2}\S+: \{to: /gm)?.length, 100);
  });

  test("a client that cannot reach its server fails the measurement", async () => {
    const lost = await startFloor(children, rpcd.folder);
    const contender = lost.connect("unix");
    await lost.process.end();
    const job = { kind: "hold", connections: 1 } as const;
    await assert.rejects(contender.ask(job), /floor over unix: .*(ENOENT|ECONNREFUSED)/);
    await contender.end();
  });
});

describe("the words of the bench", () => {
  test("without any, everything is measured in full", () => {
    const { plan, workloads, json, write } = readWords([]);
    assert.deepEqual([plan, workloads, write], [FULL, WORKLOADS, false]);
    assert.equal(json, sourcePath(".bench/latest.json"));
  });

  test("--quick and --only measure less", () => {
    const { plan, workloads } = readWords(["--quick", "--only", "BA"]);
    assert.deepEqual([plan, workloads], [QUICK, ["A", "B"]]);
  });

  test("what cannot be measured is said", () => {
    assert.throws(() => readWords(["--only", "AX"]), /there is no workload X/);
    assert.throws(() => readWords(["--fast"]), /--fast/);
  });
});
