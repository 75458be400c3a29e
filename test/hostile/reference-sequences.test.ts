import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import * as fc from "fast-check";
import { WireReference } from "../../wire/reference.ts";
import { WIDE_OPEN } from "../support/daemon.ts";
import { LiveDaemon } from "../support/live-daemon.ts";
import type { RawPeer } from "../support/peers/raw-peer.ts";

/** Sequences that are tried; each is a connection. */
const RUNS = Number(process.env["RPCD_SEQUENCES"] ?? 150);

/** The greatest numbers that were given on a connection so far. */
interface Given {
  /** to its calls, and to what it has passed */
  calls: number;
  passed: number;
  /** by the daemon, to its own calls and to what it has returned */
  asked: number;
  exported: number;
}

/** What a step sends; nothing where there is nothing that it could be about. */
type Step = (given: Given) => readonly unknown[] | undefined;

/** Mostly a number that was given, of the last ones, or 0 where none was; now and then one that was not. */
const number = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.nat({ max: 60 }))
  .map(([back, beyond]) => (last: number) => {
    if (beyond === 0) return last + 1;
    return last === 0 ? 0 : Math.max(1, last - back);
  });

const argument = fc
  .record({
    kind: fc.constantFrom("callback", "stream", "object", "yours", "data"),
    step: fc.oneof({ weight: 60, arbitrary: fc.constant(1) }, fc.constantFrom(2, 0, -1)),
    old: number,
  })
  .map(({ kind, step, old }) => (given: Given): unknown => {
    if (kind === "data") return old(5);
    if (kind === "yours") return new WireReference("yours", Math.max(1, old(given.exported)));
    const id = Math.max(1, given.passed + step);
    given.passed = Math.max(given.passed, id);
    return new WireReference(kind, id);
  });

/** Each kind of argument in its place: by chance alone hardly any call would run. */
const FITTING: Readonly<Record<string, readonly WireReference["kind"][]>> = {
  countLines: ["stream", "callback"],
  countLinesAtOnce: ["stream", "callback"],
  skim: ["stream", "callback"],
  peek: ["stream", "callback"],
  upper: ["stream"],
  copy: ["stream"],
  first: ["stream"],
  size: ["stream"],
  recurse: ["callback"],
  giveBack: ["callback"],
  ignore: ["callback"],
  watch: ["object"],
  ask: ["yours"],
  open: [],
  counter: [],
  silent: [],
  toldStream: [],
  openNever: [],
};
const NAMES = [...Object.keys(FITTING), "next", "hang", "each", "call", "secret", "data", "optional", ""];

const call: fc.Arbitrary<Step> = fc
  .record({
    method: fc.constantFrom(...NAMES),
    on: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.tuple(fc.boolean(), number)),
    odd: fc.option(fc.array(argument, { maxLength: 3 }), { freq: 3 }),
    within: fc.option(number, { freq: 8 }),
    step: fc.oneof({ weight: 60, arbitrary: fc.constant(1) }, fc.constantFrom(2, 0)),
  })
  .map(({ method, on, odd, within, step }) => (given) => {
    given.calls += step;
    const fitting = (kind: WireReference["kind"]): WireReference =>
      new WireReference(kind, kind === "yours" ? Math.max(1, given.exported) : ++given.passed);
    const positional = odd?.map((one) => one(given)) ?? (FITTING[method] ?? []).map(fitting);
    const [isExported, which] = on ?? [true, () => 0];
    const target = isExported ? which(given.exported) : -which(given.calls - 1) || 0;
    const inside = within?.(given.asked) ?? 0;
    const options = inside === 0 ? {} : { within: inside };
    return [16, given.calls, Math.max(target, 1 - given.calls), method, positional, {}, options];
  });

const FAULT = { code: "aborted", message: "no", id: "" };
const VALUES = fc.constantFrom<unknown>("x", 1, null, "i".repeat(40_000), Buffer.alloc(9_000));
const CREDITS = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(1, 1_000, 30_000) },
  fc.constantFrom(1_048_576, 1_048_577),
);

const word: fc.Arbitrary<Step> = fc
  .record({
    kind: fc.constantFrom(17, 17, 18, 19, 20, 20, 20, 21, 22, 23, 23, 24),
    number,
    value: VALUES,
    credit: CREDITS,
  })
  .map(({ kind, number: of, value, credit }) => (given) => {
    const words: Readonly<Record<typeof kind, readonly [about: number, ...more: unknown[]]>> = {
      17: [of(given.asked), value],
      18: [of(given.asked), FAULT],
      19: [of(given.calls), "enough"],
      20: [of(given.passed), value],
      21: [of(given.passed)],
      22: [of(given.passed), FAULT],
      23: [of(given.exported), credit],
      24: [of(given.exported)],
    };
    const [about, ...more] = words[kind];
    return about === 0 ? undefined : [kind, about, ...more];
  });

describe("whatever a client says about references, and in whatever order", () => {
  let live: LiveDaemon;
  before(async () => {
    live = await LiveDaemon.start({ config: WIDE_OPEN });
  });
  after(() => live.stop());

  /**
   * Reads on until the daemon has read all of it and had time to answer.
   *
   * @returns whether the connection is open still
   */
  const isRead = async (peer: RawPeer, given: Given): Promise<boolean> => {
    for (let ping = 1; ping <= 3; ping++) {
      peer.send([26, ping]);
      for (;;) {
        const found = await peer.next();
        if (!Array.isArray(found)) return false;
        const [kind, id, value] = found as readonly unknown[];
        if (kind === 27) break;
        if (kind === 16) given.asked = Number(id);
        if (kind === 17 && value instanceof WireReference && value.kind !== "yours")
          given.exported = value.id;
      }
    }
    return true;
  };

  test("54: nothing is left of it when the connection is gone", async (t) => {
    const step = fc.record({
      does: fc.oneof({ weight: 2, arbitrary: call }, { weight: 3, arbitrary: word }),
      reads: fc.boolean(),
    });
    const seen = { steps: 0, closed: 0, asked: 0, exported: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40 }), async (sequence) => {
        const peer = await live.peer();
        const given = { calls: 0, passed: 0, asked: 0, exported: 0 };
        let isOpen = true;
        for (const { does, reads } of sequence) {
          if (!isOpen) break;
          const message = does(given);
          if (message === undefined) continue;
          seen.steps++;
          peer.send(message);
          if (reads) isOpen = await isRead(peer, given);
        }
        if (isOpen) isOpen = await isRead(peer, given);
        if (!isOpen) seen.closed++;
        seen.asked += given.asked;
        seen.exported += given.exported;
        await peer.destroy();
        for (let turn = 0; turn < 2_000 && live.daemon.counts.connections > 0; turn++) await setImmediate();
        await live.has();
        const { connections, principals, places } = live.daemon.counts;
        assert.deepEqual({ connections, principals, places }, { connections: 0, principals: 0, places: 0 });
      }),
      { numRuns: RUNS },
    );
    t.diagnostic(`${RUNS} connections: ${JSON.stringify(seen)}`);
    assert.ok(seen.asked > RUNS / 4 && seen.exported > RUNS / 4, "hardly any call ran");
  });
});
