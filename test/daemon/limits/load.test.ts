import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PRINCIPAL_CALLS_IN_FLIGHT_MAX } from "../../../daemon/base/limits.ts";
import { Loads, type Share } from "../../../daemon/limits/load.ts";

const HELD_MAX = 4_000_000;

const loadsOf = (connectionsPerPrincipal = 16): Loads =>
  new Loads({ connectionsPerPrincipal, heldMax: HELD_MAX });

const entered = (loads: Loads, principal = "id:a"): Share =>
  loads.enter(principal) ?? assert.fail("no place for a connection");

describe("what a principal has under way", () => {
  test("as many connections as it may, and not one more until one has gone", () => {
    const loads = loadsOf(2);
    const first = entered(loads);
    entered(loads);
    assert.equal(loads.enter("id:a"), undefined);
    assert.notEqual(loads.enter("id:b"), undefined, "another principal has its own");
    first.leave();
    first.leave();
    entered(loads);
    assert.equal(loads.enter("id:a"), undefined, "leaving twice is leaving once");
  });

  test("two connections more, and not a third, if it is an operator", () => {
    const loads = loadsOf(2);
    const isOperator = (): boolean => true;
    for (let i = 0; i < 4; i++)
      assert.notEqual(loads.enter("id:a", isOperator), undefined, `connection ${i}`);
    assert.equal(loads.enter("id:a", isOperator), undefined);
    assert.equal(loads.enter("id:b", () => assert.fail("nobody asks before it matters"))?.cost, 0);
  });

  test("69: slots stay taken when their connection has gone, until the work has ended", () => {
    const loads = loadsOf();
    const gone = entered(loads);
    for (let i = 0; i < PRINCIPAL_CALLS_IN_FLIGHT_MAX; i++) assert.equal(gone.takeSlot("own"), true);
    gone.leave();
    const back = entered(loads);
    assert.equal(back.takeSlot("own"), false);
    for (let i = 0; i < PRINCIPAL_CALLS_IN_FLIGHT_MAX; i++)
      assert.equal(back.takeSlot("nested"), true, "those are apart");
    assert.equal(back.takeSlot("nested"), false);
    gone.endCall(0, "own");
    assert.equal(back.takeSlot("own"), true);
    assert.equal(back.takeSlot("own"), false);
    assert.equal(entered(loads, "id:b").takeSlot("own"), true, "others go on");
  });

  test("a slot that is free is told to the connections that wait for one, in the order in which they asked", () => {
    const loads = loadsOf();
    const [first, second, third] = [entered(loads), entered(loads), entered(loads)];
    for (let i = 0; i < PRINCIPAL_CALLS_IN_FLIGHT_MAX; i++) first.takeSlot("own");
    const told: string[] = [];
    const tell = [() => told.push("second"), () => told.push("third")] as const;
    assert.equal(second.takeSlot("own"), false);
    second.awaitSlot(tell[0]);
    third.awaitSlot(tell[1]);
    second.awaitSlot(tell[0]);
    first.endCall(0, undefined);
    assert.deepEqual(told, [], "that call had none");
    first.endCall(0, "own");
    assert.deepEqual(told, ["second", "third"], "the first one may not want it any longer");
    first.endCall(0, "own");
    assert.equal(told.length, 2, "each is told once");
    third.awaitSlot(tell[1]);
    third.forgetWaiting(tell[1]);
    first.endCall(0, "own");
    assert.equal(told.length, 2);
  });

  test("all that is held counts together, up to a quarter of all for one principal", () => {
    const loads = loadsOf();
    const share = entered(loads);
    share.held(HELD_MAX / 4 - 100);
    assert.deepEqual([share.hasRoomFor(100), share.hasRoomFor(101)], [true, false]);
    assert.equal(share.beginCall(100), undefined, "exactly at the bound");
    const full = share.beginCall(1);
    assert.deepEqual([full?.code, full?.parts.outcome], ["resource_exhausted", "not_started"]);
    assert.equal(share.take(1), false);
    assert.equal(share.hasRoom(), true);
    share.held(-1);
    assert.equal(share.take(1), true);
  });

  test("it may hold a quarter of what the others leave: there is always something left for one more", () => {
    const loads = loadsOf();
    const held: number[] = [];
    for (let i = 0; i < 40; i++) {
      const share = entered(loads, `id:${i}`);
      let cost = 0;
      while (share.take(1_000)) cost += 1_000;
      held.push(cost);
    }
    assert.equal(held[0], HELD_MAX / 4);
    assert.equal(held[1], 750_000, "a quarter of three million");
    assert.ok(
      held.every((cost, i) => i === 0 || cost <= (held[i - 1] ?? 0)),
      "each one less than the one before",
    );
    assert.ok(loads.cost < HELD_MAX);
    assert.ok(entered(loads, "id:late").hasRoom());
  });

  test("what is there already is charged, room or not, and leaves no room for more", () => {
    const loads = loadsOf();
    const share = entered(loads);
    share.held(HELD_MAX);
    assert.equal(share.hasRoom(), false);
    assert.equal(entered(loads, "id:b").beginCall(1)?.code, "resource_exhausted");
    share.held(-HELD_MAX);
    assert.equal(loads.cost, 0);
  });

  test("other limits count from now on, and what is held stays held", () => {
    const loads = loadsOf();
    const share = entered(loads);
    assert.equal(share.take(HELD_MAX / 4), true);
    loads.limitTo({ connectionsPerPrincipal: 1, heldMax: 2 * HELD_MAX });
    assert.equal(share.take(HELD_MAX / 4), true);
    loads.limitTo({ connectionsPerPrincipal: 1, heldMax: HELD_MAX });
    assert.equal(share.take(1), false);
    assert.equal(share.cost, HELD_MAX / 2);
  });

  test("what ends late, of a time before, leaves what its principal has now", () => {
    const loads = loadsOf(1);
    const old = entered(loads);
    old.leave();
    assert.equal(loads.size, 0);
    entered(loads);
    old.leave();
    old.give(0);
    assert.equal(loads.enter("id:a"), undefined, "it has its one connection still");
  });

  test("when all has ended nothing is kept", () => {
    const loads = loadsOf();
    const share = entered(loads);
    share.beginCall(5);
    share.held(7);
    assert.equal(share.take(11), true);
    share.leave();
    share.held(-7);
    share.give(11);
    assert.equal(loads.size, 1, "a call still runs");
    share.endCall(5, undefined);
    assert.deepEqual([loads.size, loads.cost], [0, 0]);
  });
});
