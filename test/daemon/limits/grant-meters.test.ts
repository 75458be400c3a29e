import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GrantMeters } from "../../../daemon/limits/grant-meters.ts";
import type { CompiledGrant } from "../../../policy/decide/compiled-grant.ts";

/** Time that a test turns by hand. */
class HandClock {
  nowMs = 1_000;

  wallMs(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }
}

function grant(meter: CompiledGrant["meter"], id = "g"): CompiledGrant {
  return { id, meter } as unknown as CompiledGrant;
}

const rated = (count: number, perMs: number, id?: string): CompiledGrant =>
  grant({ rate: { count, perMs }, concurrent: undefined }, id);

describe("GrantMeters", () => {
  test("a rate is a bucket: full at first, filled evenly, never over the brim", () => {
    const clock = new HandClock();
    const meters = new GrantMeters(clock);
    const sixAnHour = rated(6, 3_600_000);
    for (let i = 0; i < 6; i++) assert.equal(meters.take("p", sixAnHour), 0);
    assert.equal(meters.take("p", sixAnHour), 600_000);
    clock.nowMs += 599_999;
    assert.equal(meters.take("p", sixAnHour), 1);
    clock.nowMs += 1;
    assert.equal(meters.take("p", sixAnHour), 0);
    assert.equal(meters.take("p", sixAnHour), 600_000);
    clock.nowMs += 100 * 3_600_000;
    for (let i = 0; i < 6; i++) assert.equal(meters.take("p", sixAnHour), 0);
    assert.notEqual(meters.take("p", sixAnHour), 0);
  });

  test("waiting exactly as long as was said is enough, for any rate", () => {
    for (const [count, perMs] of [
      [1, 1],
      [3, 1_000],
      [7, 60_000],
      [999_983, 86_400_000],
    ] as const) {
      const clock = new HandClock();
      const meters = new GrantMeters(clock);
      const limited = rated(count, perMs);
      for (let taken = 0; taken < Math.min(count, 10_000); taken++) meters.take("p", limited);
      for (let i = 0; i < 50; i++) {
        const waitMs = meters.take("p", limited);
        clock.nowMs += waitMs;
        if (waitMs > 0) assert.equal(meters.take("p", limited), 0, `${count} in ${perMs} ms`);
      }
    }
  });

  test("a clock that stands still or runs back gives nothing", () => {
    const clock = new HandClock();
    const meters = new GrantMeters(clock);
    assert.equal(meters.take("p", rated(1, 1_000)), 0);
    assert.equal(meters.take("p", rated(1, 1_000)), 1_000);
    clock.nowMs -= 500;
    assert.ok(meters.take("p", rated(1, 1_000)) >= 1_000);
  });

  test("principals, and grants of one principal, are counted apart", () => {
    const meters = new GrantMeters(new HandClock());
    for (const principal of ["id:a", "id:b"])
      for (const id of ["g", "h"]) {
        assert.equal(meters.take(principal, rated(1, 1_000, id)), 0);
        assert.notEqual(meters.take(principal, rated(1, 1_000, id)), 0);
      }
    assert.equal(meters.size, 4);
  });

  test("places come back once each; a call that never began gives back its part of the rate too", () => {
    const meters = new GrantMeters(new HandClock());
    const both = grant({ rate: { count: 2, perMs: 1_000 }, concurrent: 1 });
    assert.equal(meters.take("p", both), 0);
    assert.notEqual(meters.take("p", both), 0);
    meters.release("p", "g", true);
    assert.equal(meters.take("p", both), 0);
    meters.release("p", "g", false);
    assert.equal(meters.take("p", both), 0, "the second of two");
    meters.release("p", "g", false);
    assert.notEqual(meters.take("p", both), 0, "there is no third");
    assert.throws(() => meters.release("p", "g", false), /no call/);
  });

  test("a call that waits for a place uses up nothing of the rate", () => {
    const meters = new GrantMeters(new HandClock());
    const both = grant({ rate: { count: 2, perMs: 1_000 }, concurrent: 1 });
    meters.take("p", both);
    for (let i = 0; i < 10; i++) assert.notEqual(meters.take("p", both), 0);
    meters.release("p", "g", false);
    assert.equal(meters.take("p", both), 0);
  });

  test("another policy's rate holds from its first call on: what was used stays used", () => {
    const clock = new HandClock();
    const meters = new GrantMeters(clock);
    for (let i = 0; i < 10; i++) meters.take("p", rated(10, 1_000));
    assert.equal(
      meters.take("p", rated(100, 1_000)),
      10,
      "a larger bucket fills faster and is not full at once",
    );
    const full = new GrantMeters(clock);
    full.take("p", rated(10, 1_000));
    full.take("p", rated(1, 1_000));
    assert.notEqual(full.take("p", rated(1, 1_000)), 0, "a smaller one holds no more than it holds");
  });

  test("counters that say nothing any longer are thrown away: whoever has many names fills no memory", () => {
    const clock = new HandClock();
    const meters = new GrantMeters(clock);
    for (let i = 0; i < 20_000; i++) {
      meters.take(`p${i}`, rated(1, 1_000));
      meters.release(`p${i}`, "g", false);
      clock.nowMs += 1;
    }
    assert.ok(meters.size <= 8_192, `${meters.size} counters`);
  });

  test("one that says something is kept however many there are", () => {
    const clock = new HandClock();
    const meters = new GrantMeters(clock);
    meters.take("kept", rated(1, 1e9));
    for (let i = 0; i < 20_000; i++) {
      meters.take(`p${i}`, rated(1, 1));
      meters.release(`p${i}`, "g", false);
      clock.nowMs += 2;
    }
    assert.notEqual(meters.take("kept", rated(1, 1e9)), 0);
  });
});
