import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { SERVICE, TestDaemon } from "../../support/daemon.ts";
import { Random } from "../random.ts";

/** How often it is killed; CI asks for two hundred. */
const KILLS = Number(process.env["RPCD_KILLS"] ?? 2);
const SEED = Number(process.env["RPCD_SEED"] ?? 65);

/** Each call of `mark` leaves something outside the daemon before it is answered. */
const MARKING = SERVICE.replace(
  "export default defineService({",
  `import { appendFileSync } from "node:fs";
export default defineService({
  mark: method({ params: [], run: () => appendFileSync(new URL("marks", import.meta.url), "x") }),`,
);

const [GOOD, BAD] = ["caller", "nobody"].map(
  (role) => `
grants:
  all: {to: ${role}, call: "**", args: any}
`,
) as [string, string];

/** All that may be in the folder of a daemon that was killed: of the file that was being written, one leftover. */
const KNOWN =
  "host_key host_key.pub client_key client_key.pub node_modules service.mjs " +
  "rpcd.yaml policy.yaml audit.jsonl marks rpcd.sock tls.sock " +
  "rpcd.status.json .rpcd.status.json.tmp audit.jsonl.lock rpcd.status.json.lock";

/** A daemon that is killed again and again, and what it has done by then. */
class Victim {
  readonly daemon: TestDaemon;
  marks = 0;
  #lines = 0;
  /** calls that were answered */
  answered = 0;
  refusedStarts = 0;
  cutLines = 0;

  constructor(daemon: TestDaemon) {
    this.daemon = daemon;
  }

  /** Puts a policy in the place of the other, as an editor does. */
  write(grants: string): void {
    const path = join(this.daemon.folder, "policy.yaml");
    const text = readFileSync(path, "utf8");
    writeFileSync(`${path}.new`, text.slice(0, text.indexOf("\ngrants:")) + grants, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  /** It starts on what is left, or says why not; then it serves, and nothing is missing and nothing too much. */
  async recovers(): Promise<void> {
    if (readFileSync(join(this.daemon.folder, "policy.yaml"), "utf8").includes("to: nobody")) {
      await assert.rejects(this.daemon.restart(), /P301/);
      assert.equal(await this.daemon.exited(), 78);
      this.refusedStarts++;
      this.write(GOOD);
    }
    await this.daemon.restart();
    const rpc = await this.daemon.connect();
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
    assert.deepEqual(
      readdirSync(this.daemon.folder).filter((name) => !KNOWN.split(" ").includes(name)),
      [],
    );
    this.#compare();
  }

  /** Each effect since the last time has a line that was written before it; each line is whole, or ended where it was cut. */
  #compare(): void {
    const lines = readFileSync(join(this.daemon.folder, "audit.jsonl"), "utf8").trimEnd().split("\n");
    const fresh = lines.slice(this.#lines).flatMap((line): readonly Readonly<Record<string, unknown>>[] => {
      try {
        return [JSON.parse(line)];
      } catch {
        this.cutLines++;
        assert.doesNotMatch(line, /\}\s*\{/, "a line was merged with the one behind it");
        return [];
      }
    });
    const allowed = fresh.filter(({ method, decision }) => method === "mark" && decision === "allow").length;
    const marks = this.#markCount() - this.marks;
    assert.ok(marks <= allowed, `${marks} effects, and ${allowed} lines that allow them`);
    this.marks += marks;
    this.#lines = lines.length;
    assert.ok(this.answered <= this.marks, "what was answered was done");
  }

  #markCount(): number {
    return this.marks + this.answered === 0 && !readdirSync(this.daemon.folder).includes("marks")
      ? 0
      : readFileSync(join(this.daemon.folder, "marks")).length;
  }

  async kill(): Promise<void> {
    this.daemon.signal("SIGKILL");
    await this.daemon.exited();
  }

  /** Calls until the daemon is gone, eight at a time. */
  async callOn(): Promise<void> {
    const rpc = await this.daemon.connect();
    const caller = async (): Promise<void> => {
      for (;;) {
        try {
          await rpc.call("mark");
          this.answered++;
        } catch {
          return;
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, caller));
  }
}

test(`65, 66: killed ${KILLS} times at any moment of start and reload, the next start serves, and no effect is without its line`, async (t) => {
  const random = new Random(SEED);
  const started = performance.now();
  const daemon = await TestDaemon.start({ service: MARKING, grants: GOOD });
  const startMs = performance.now() - started;
  const victim = new Victim(daemon);
  const moments = { "in the start": 0, "when it was ready": 0, "in a storm of reloads": 0 };
  await victim.kill();
  for (let i = 0; i < KILLS; i++) {
    if (i % 2 === 0) {
      const starting = daemon.restart().then(
        () => "when it was ready" as const,
        () => "in the start" as const,
      );
      await wait(random.below(Math.ceil(startMs * 1.2)));
      await victim.kill();
      moments[await starting]++;
      await victim.recovers();
    } else {
      // It is the one that came back from the start before.
      const calling = victim.callOn().catch(() => undefined);
      const storm = new AbortController();
      const storming = (async () => {
        while (!storm.signal.aborted) {
          victim.write(random.pick([GOOD, GOOD, BAD]));
          daemon.signal("SIGHUP");
          await wait(random.below(20));
        }
      })();
      await wait(random.below(400));
      await victim.kill();
      storm.abort();
      await Promise.all([calling, storming]);
      moments["in a storm of reloads"]++;
      await victim.recovers();
      await victim.kill();
    }
  }
  t.diagnostic(
    `seed ${SEED}; killed ${Object.entries(moments)
      .map(([when, count]) => `${count} times ${when}`)
      .join(", ")}`,
  );
  t.diagnostic(
    `${victim.refusedStarts} starts refused a bad policy; ${victim.marks} effects, ${victim.answered} answered, ${victim.cutLines} lines cut`,
  );
  assert.equal(
    Object.values(moments).reduce((sum, count) => sum + count),
    KILLS,
  );
  // A few kills may all come before the first answer.
  assert.ok(KILLS < 100 || victim.answered > 0, "calls were made");
  if (KILLS >= 100) for (const [when, count] of Object.entries(moments)) assert.ok(count > 0, when);
  if (KILLS % 2 === 0) await daemon.restart();
  assert.equal(await daemon.stop(), 0);
});
