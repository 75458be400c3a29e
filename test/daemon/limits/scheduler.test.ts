import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../../base/clock.ts";
import { type ScheduledWork, Scheduler } from "../../../daemon/limits/scheduler.ts";
import { type TimeAccount, TimeAccounts } from "../../../daemon/limits/time-accounts.ts";

describe("the scheduler", () => {
  let nowMs: number;
  let times: TimeAccounts;
  let scheduler: Scheduler;
  let done: string[];
  beforeEach(() => {
    nowMs = 1_000;
    done = [];
    const clock: Clock = { monotonicMs: () => nowMs, wallMs: () => nowMs };
    times = new TimeAccounts(clock);
    scheduler = new Scheduler(clock, times);
  });

  /** Work of one connection: so many pieces, each of so long. */
  const workOf = (name: string, account: TimeAccount, pieces: number, pieceMs: number): ScheduledWork => {
    let left = pieces;
    return {
      account,
      failed: (error) => assert.fail(String(error)),
      work: () => {
        for (; left > 0 && !scheduler.isOver(); left--) {
          nowMs += pieceMs;
          done.push(name);
        }
        return left > 0;
      },
    };
  };
  /** As often as each name is among the first so many pieces. */
  const among = (count: number): Readonly<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const name of done.slice(0, count)) counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  };
  const allDone = async (): Promise<void> => {
    while (scheduler.waiting > 0) await turn();
  };

  test("lets work begin at once while nobody waits, until its principal has used its advance", () => {
    const alice = times.of("id:alice");
    assert.ok(scheduler.begin(alice));
    times.to(alice);
    nowMs += 3.9;
    assert.ok(scheduler.begin(alice), "it has some left");
    nowMs += 0.5;
    assert.ok(!scheduler.begin(alice), "its advance of 4 ms is used up");
    times.to(undefined);
    assert.ok(scheduler.begin(times.of("id:bob")), "another's is not");
    // A tenth of the time comes back.
    nowMs += 5;
    assert.ok(scheduler.begin(alice));
  });

  test("lets a principal that is alone go on without an advance, until another comes", () => {
    const [alice, bob] = [times.of("id:alice"), times.of("id:bob")];
    const works = (account: TimeAccount, ms: number): void => {
      times.to(account);
      nowMs += ms;
      times.to(undefined);
    };
    for (let i = 0; i < 60; i++) works(alice, 1);
    // Of the first 50 ms nobody knows whether another will come; for the rest she owes nothing.
    assert.ok(alice.creditMs(nowMs) > -46, `${alice.creditMs(nowMs)}`);
    for (let i = 0; i < 1_000; i++) works(alice, 1);
    assert.equal(alice.creditMs(nowMs), 0);
    assert.ok(scheduler.begin(alice));
    works(bob, 0.1);
    for (let i = 0; i < 49; i++) {
      works(alice, 1);
      assert.ok(!scheduler.begin(alice), "bob was there less than 50 ms ago");
    }
    works(alice, 1);
    assert.ok(scheduler.begin(alice));
  });

  test("lets nothing begin at once while others wait", async () => {
    scheduler.queue(workOf("alice", times.of("id:alice"), 1, 0.1));
    assert.ok(!scheduler.begin(times.of("id:bob")));
    await allDone();
    assert.ok(scheduler.begin(times.of("id:bob")));
  });

  test("gives principals that would use the whole loop equal parts of it, however long their pieces are", async () => {
    scheduler.queue(workOf("long", times.of("id:long"), 20, 5));
    scheduler.queue(workOf("short", times.of("id:short"), 1_000, 0.1));
    await allDone();
    // Of the first 100 ms each has about half.
    const longMs = 5 * (among(510)["long"] ?? 0);
    assert.ok(longMs >= 40 && longMs <= 60, `${longMs} ms of about 100`);
  });

  test("gives a principal equal parts however many connections it has", async () => {
    const mallory = times.of("id:mallory");
    for (let i = 0; i < 16; i++) scheduler.queue(workOf("mallory", mallory, 100, 0.5));
    scheduler.queue(workOf("alice", times.of("id:alice"), 100, 0.5));
    await allDone();
    const alice = among(180)["alice"] ?? 0;
    assert.ok(alice >= 80, `${alice} of 180 pieces`);
  });

  test("serves one that comes late, and has used little, before those that have used much", async () => {
    for (const name of ["a", "b", "c", "d"]) scheduler.queue(workOf(name, times.of(name), 40, 1));
    while (done.length < 30) await turn();
    const before = done.length;
    scheduler.queue(workOf("late", times.of("late"), 1, 0.1));
    await allDone();
    assert.equal(done.indexOf("late"), before, "nothing of the others comes before it");
  });

  test("puts none behind those that come because it was busy while it was alone", async () => {
    const alice = times.of("id:alice");
    for (let i = 0; i < 2_000; i++) {
      times.to(alice);
      nowMs += 1;
      times.to(undefined);
    }
    for (const name of ["b", "c", "d", "e"]) scheduler.queue(workOf(name, times.of(name), 200, 0.5));
    scheduler.queue(workOf("alice", alice, 200, 0.5));
    await allDone();
    // The others have 4 ms each in advance, and then all have equal parts.
    assert.ok(done.indexOf("alice") <= 4 * 9, `${done.indexOf("alice")} pieces came before`);
    assert.ok((among(200)["alice"] ?? 0) >= 30, JSON.stringify(among(200)));
  });

  test("takes none for alone while another waits, however long that other owes", async () => {
    const [alice, bob] = [times.of("id:alice"), times.of("id:bob")];
    // Alice owes 100 ms, and waits behind bob, who has time in advance.
    for (let i = 0; i < 5; i++) {
      times.to(bob);
      nowMs += 0.1;
      times.to(alice);
      nowMs += 45;
    }
    times.to(undefined);
    assert.equal(alice.creditMs(nowMs), -100);
    scheduler.queue(workOf("alice", alice, 400, 0.5));
    scheduler.queue(workOf("bob", bob, 1_000, 0.5));
    await allDone();
    const waited = done.indexOf("alice");
    assert.ok(waited <= 2 * 105, `${waited} pieces of bob came before`);
    const counts = among(800);
    assert.ok((counts["alice"] ?? 0) >= 250, JSON.stringify(counts));
  });

  test("lets the connections of one principal take turns", async () => {
    const alice = times.of("id:alice");
    for (const name of ["first", "second"]) scheduler.queue(workOf(name, alice, 4, 1));
    await allDone();
    assert.deepEqual(done.slice(0, 4).toSorted(), ["first", "first", "second", "second"]);
  });

  test("goes back to the loop after each round, so that sockets are read", async () => {
    scheduler.queue(workOf("alice", times.of("id:alice"), 10, 1));
    await turn();
    assert.ok(done.length <= 3, `${done.length} ms in one round`);
    await allDone();
    assert.equal(done.length, 10);
  });

  test("ends the connection of a work that throws, and no other", async () => {
    const failures: unknown[] = [];
    const alice = times.of("id:alice");
    const error = new Error("cannot be");
    scheduler.queue({
      account: alice,
      work: () => {
        throw error;
      },
      failed: (why) => void failures.push(why),
    });
    scheduler.queue(workOf("other", alice, 3, 0.1));
    await allDone();
    assert.deepEqual(failures, [error]);
    assert.equal(done.length, 3);
    assert.equal(scheduler.waiting, 0);
  });

  test("asks each connection once, however often it asks", async () => {
    const work = workOf("alice", times.of("id:alice"), 1, 0.1);
    for (let i = 0; i < 3; i++) scheduler.queue(work);
    await allDone();
    assert.equal(done.length, 1);
    assert.equal(scheduler.waiting, 0);
  });
});

describe("time accounts", () => {
  test("charge what is done to the account for which it is done, and nothing to nobody", () => {
    let nowMs = 0;
    const times = new TimeAccounts({ monotonicMs: () => nowMs, wallMs: () => nowMs });
    const [alice, bob] = [times.of("id:alice"), times.of("id:bob")];
    assert.equal(times.to(alice), undefined);
    nowMs += 2;
    assert.equal(times.to(bob), alice);
    nowMs += 3;
    assert.equal(times.to(alice), bob);
    nowMs += 4;
    times.to(undefined);
    nowMs += 100;
    times.to(bob);
    times.to(undefined);
    assert.deepEqual([alice.usedMs, bob.usedMs, times.principalsMs], [6, 3, 9]);
    times.endWindow();
    assert.equal(times.busiestMs, 6);
    times.endWindow();
    assert.equal(times.busiestMs, 0);
  });

  test("owe for a long piece that they begin beside others, and go on owing while the others pause", () => {
    let nowMs = 0;
    const times = new TimeAccounts({ monotonicMs: () => nowMs, wallMs: () => nowMs });
    const [alice, bob] = [times.of("id:alice"), times.of("id:bob")];
    const works = (account: TimeAccount, ms: number): void => {
      times.to(account);
      nowMs += ms;
      times.to(undefined);
    };
    works(bob, 1);
    works(alice, 80);
    assert.ok(Math.abs(alice.creditMs(nowMs) - (4 - 80)) < 10, `${alice.creditMs(nowMs)}`);
    // Bob pauses, and alice goes on: what she owes is not forgotten.
    for (let i = 0; i < 100; i++) works(alice, 1);
    assert.ok(alice.creditMs(nowMs) < -60, `${alice.creditMs(nowMs)}`);
  });

  test("owe no more than 100 ms, and are even again after a second", () => {
    let nowMs = 0;
    const times = new TimeAccounts({ monotonicMs: () => nowMs, wallMs: () => nowMs });
    const [alice, bob] = [times.of("id:alice"), times.of("id:bob")];
    // Never alone for 50 ms.
    for (let i = 0; i < 125; i++) {
      times.to(bob);
      nowMs += 1;
      times.to(alice);
      nowMs += 40;
    }
    times.to(undefined);
    assert.equal(alice.usedMs, 5_000);
    assert.equal(alice.creditMs(nowMs), -100);
    nowMs += 1_000;
    assert.ok(Math.abs(alice.creditMs(nowMs)) < 1e-9);
    nowMs += 3_600_000;
    assert.equal(alice.creditMs(nowMs), 4);
  });
});
