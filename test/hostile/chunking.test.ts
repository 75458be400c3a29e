import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import * as fc from "fast-check";
import { chunkings } from "../support/chunks.ts";
import { ClientRun } from "../support/client-run.ts";
import { WIDE_OPEN } from "../support/daemon.ts";
import { LiveDaemon } from "../support/live-daemon.ts";
import { type Choice, ClientSequence, choices } from "../support/peers/client-sequence.ts";
import { daemonSequences } from "../support/peers/daemon-sequence.ts";
import { HostileDaemon } from "../support/peers/hostile-daemon.ts";
import { ORDER_GRANTS, ORDER_SERVICE } from "../support/peers/order-service.ts";
import { ProgramRun } from "../support/program-run.ts";
import { Random } from "./random.ts";

/*
 * Messages take effect in the order in which they were sent, however their bytes are cut. Each sequence is sent one message at a
 * time, with everything answered before the next one; then all in one write, byte by byte, and in pieces of random sizes, each
 * time on a new connection. The places at which the sender has to wait, since it names what it learned from an answer, are the
 * same in all of them.
 *
 * The same in all of them has to be:
 * - of each call: that it is answered once; the value, or the fault with its code, text, outcome, origin and cause;
 * - of each stream: its items and how it ended, unless its reader had enough of it;
 * - what is called on each thing that was passed, and with which arguments;
 * - whether the connection stays open;
 * - in a program of the client library: what each promise came to, the progress it heard, what its streams gave.
 *
 * The protocol does not promise, and this test does not compare:
 * - the order of the answers of different calls, since calls run side by side, and with it the numbers of references;
 * - progress of the daemon, which is told as often as time allows, and credit, which is given as a reader gets on;
 * - cancels and releases of the daemon: they spare work, and cross what they are about;
 * - how much comes of a stream that is released, and when a stream ends that nobody cuts off: so no sequence names such a stream
 *   when it may have ended;
 * - what was answered before a message that ends the connection: an answer that is not sent by then is lost;
 * - request ids, which are new on each connection;
 * - in a program: what its own code does between two messages, so it acts only while the daemon waits.
 */

/** Pairs of a sequence and a chunking that are tried, over both directions. */
const PAIRS = Number(process.env["RPCD_CHUNKINGS"] ?? 240);
const CHUNKINGS = Object.keys(chunkings(new Random(0))).length;
const SEQUENCES = Math.ceil(PAIRS / CHUNKINGS / 2);

describe("what a client sends has the same effect however its bytes are cut", () => {
  let live: LiveDaemon;
  before(async () => {
    live = await LiveDaemon.start({ service: ORDER_SERVICE, grants: ORDER_GRANTS, config: WIDE_OPEN });
  });
  after(() => live.stop());

  const during = async (use: (run: ClientRun) => Promise<void>): Promise<void> => {
    const peer = await live.peer();
    try {
      await use(new ClientRun(peer));
    } finally {
      await peer.destroy();
      while (live.daemon.counts.connections > 0) await setImmediate();
    }
  };

  test("O1, O2: one message at a time, all in one write, or cut anywhere", async (t) => {
    const seen = {
      pairs: 0,
      calls: 0,
      pipelined: 0,
      ends: 0,
      releases: 0,
      cancels: 0,
      crossed: 0,
      closed: 0,
    };
    await fc.assert(
      fc.asyncProperty(choices, fc.nat(), async (chosen, seed) => {
        const closes = seed % 8 === 0;
        let sequence: ClientSequence | undefined;
        let expected: unknown;
        await during(async (run) => {
          const made = new ClientSequence(run);
          sequence = made;
          await writeSequence(made, run, chosen);
          assert.ok(run.isOpen, `the client ended the connection by ${JSON.stringify(made.steps)}`);
          expected = run.outcome(made.released);
          for (const [call, [answer]] of run.answers) {
            seen.calls++;
            const code: unknown = Reflect.get(Object(answer), "code");
            if (made.cancelled.has(call)) seen[code === "cancelled" ? "cancels" : "crossed"]++;
            if (made.pipelined.includes(call) && code === undefined) seen.pipelined++;
          }
        });
        assert.ok(sequence !== undefined);
        const { steps, released, events } = sequence;
        seen.ends += events.endsBehindCalls;
        seen.releases += events.releasesBehindCalls;
        for (const [name, cutting] of Object.entries(chunkings(new Random(seed))))
          await during(async (run) => {
            seen.pairs++;
            await run.send(steps, cutting);
            assert.deepEqual(run.outcome(released), expected, `${name}: ${JSON.stringify(steps)}`);
            if (!closes) return;
            await run.send([sequence?.violation(seed) ?? "wait"], cutting);
            assert.equal(run.isOpen, false);
            seen.closed++;
          });
      }),
      { numRuns: SEQUENCES, includeErrorInReport: true },
    );
    t.diagnostic(`${SEQUENCES} sequences: ${JSON.stringify(seen)}`);
    occurred(seen);
  });
});

describe("what a daemon sends has the same effect however its bytes are cut", () => {
  let daemon: HostileDaemon;
  before(async () => {
    daemon = await HostileDaemon.start("unix");
  });
  after(() => daemon.stop());

  const during = async (use: (run: ProgramRun) => Promise<void>): Promise<void> => {
    const run = await ProgramRun.begin(daemon);
    try {
      await use(run);
    } finally {
      await run.close();
    }
  };

  test("one message at a time, all in one write, or cut anywhere", async (t) => {
    const seen = { pairs: 0, answers: 0, ends: 0, cancels: 0, crossed: 0, closed: 0 };
    await fc.assert(
      fc.asyncProperty(daemonSequences, fc.nat(), async (sequence, seed) => {
        const { steps, events } = sequence;
        let expected: unknown;
        await during(async (run) => {
          await run.sendEach(steps);
          assert.ok(run.isOpen, `the daemon ended the connection by ${JSON.stringify(steps)}`);
          expected = await run.outcome(sequence);
          for (const [call, [answer]] of run.answers) {
            seen.answers++;
            const wasCancelled = Reflect.get(Object(answer), "code") === "cancelled";
            if (sequence.cancelled.has(call)) seen[wasCancelled ? "cancels" : "crossed"]++;
          }
        });
        seen.ends += events.endsBehindAnswers;
        for (const [name, cutting] of Object.entries(chunkings(new Random(seed))))
          await during(async (run) => {
            seen.pairs++;
            await run.send(steps, cutting);
            assert.deepEqual(await run.outcome(sequence), expected, `${name}: ${JSON.stringify(steps)}`);
            if (seed % 8 !== 0) return;
            await run.send([sequence.violation(seed)], cutting);
            assert.equal(run.isOpen, false);
            seen.closed++;
          });
      }),
      { numRuns: SEQUENCES, includeErrorInReport: true },
    );
    t.diagnostic(`${SEQUENCES} sequences: ${JSON.stringify(seen)}`);
    occurred(seen);
  });
});

/** Sends one message at a time, and each when everything before it is answered. */
async function writeSequence(
  sequence: ClientSequence,
  run: ClientRun,
  chosen: readonly Choice[],
): Promise<void> {
  for (const choice of chosen) {
    const step = sequence.write(choice);
    if (step !== undefined) await run.sendAlone(step);
    if (choice.waits) sequence.waited();
  }
}

/** So many sequences have each of the events: the rarest one is in one of thirty. */
const SURELY = 400;

/** What is in most of them. */
const COMMON: readonly string[] = ["pairs", "calls", "answers", "crossed"];

/** Without these events the test would show nothing. */
function occurred(seen: Readonly<Record<string, number>>): void {
  const sure = Object.entries(seen).filter(([what]) => SEQUENCES >= SURELY || COMMON.includes(what));
  assert.ok(sure.length > 0);
  for (const [what, count] of sure)
    assert.ok(count >= SEQUENCES / 100, `${what}: ${count} in ${SEQUENCES} sequences`);
}
