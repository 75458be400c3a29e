import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { IncomingCalls } from "../../../session/calls/incoming.ts";
import { OutgoingCalls } from "../../../session/calls/outgoing.ts";
import { CALL_COST_IN_FLIGHT_MAX, CALLS_IN_FLIGHT_MAX, NESTED_CALLS_MAX } from "../../../wire/limits.ts";

describe("incoming calls", () => {
  test("ids only grow: one that was used, or is smaller, ends the connection", () => {
    const calls = new IncomingCalls();
    assert.equal(calls.begin(5, 1), undefined);
    for (const id of [5, 4, 1]) assert.throws(() => calls.begin(id, 1), { code: "protocol_error" });
    calls.end(5);
    assert.throws(() => calls.begin(5, 1), { code: "protocol_error" });
    assert.equal(calls.begin(6, 1), undefined);
  });

  for (const [kind, max] of [["own", CALLS_IN_FLIGHT_MAX] as const, ["nested", NESTED_CALLS_MAX] as const])
    test(`exactly so many have an ${kind} slot, one more waits, and a slot is free when its call has ended`, () => {
      const calls = new IncomingCalls();
      const begun = (id: number): number => {
        assert.equal(calls.begin(id, 1), undefined);
        return id;
      };
      for (let id = 1; id <= max; id++) assert.equal(calls.takeSlot(begun(id), kind), true);
      assert.equal(calls.hasSlot(kind), false);
      assert.equal(calls.takeSlot(begun(1000), kind), false);
      assert.equal(calls.slotOf(1000), undefined);
      assert.equal(calls.hasSlot(kind === "own" ? "nested" : "own"), true, "the others are apart");
      assert.deepEqual(calls.end(1)?.slot, kind);
      assert.equal(calls.takeSlot(1000, kind), true);
      assert.equal(calls.slotOf(1000), kind);
      assert.equal(calls.size, max);
    });

  test("a call that never had a slot frees none", () => {
    const calls = new IncomingCalls({ own: 1 });
    for (const id of [1, 2]) calls.begin(id, 1);
    calls.takeSlot(1, "own");
    assert.equal(calls.end(2)?.slot, undefined);
    assert.equal(calls.hasSlot("own"), false);
  });

  test("calls may cost exactly the limit together, and one more byte is answered with a fault", () => {
    const calls = new IncomingCalls();
    assert.equal(calls.begin(1, CALL_COST_IN_FLIGHT_MAX), undefined);
    assert.equal(calls.begin(2, 1)?.code, "resource_exhausted");
    calls.end(1);
    assert.equal(calls.begin(3, CALL_COST_IN_FLIGHT_MAX + 1)?.code, "resource_exhausted");
    assert.equal(calls.begin(4, 1), undefined);
  });

  test("a call may be charged for more while it goes on, and gives all of it back", () => {
    const calls = new IncomingCalls();
    calls.begin(1, 100);
    assert.deepEqual(
      [calls.hasRoomFor(CALL_COST_IN_FLIGHT_MAX - 100), calls.hasRoomFor(CALL_COST_IN_FLIGHT_MAX - 99)],
      [true, false],
    );
    calls.charge(1, CALL_COST_IN_FLIGHT_MAX - 100);
    assert.equal(calls.begin(2, 1)?.code, "resource_exhausted");
    assert.equal(calls.end(1)?.cost, CALL_COST_IN_FLIGHT_MAX);
    calls.charge(1, 5);
    assert.equal(calls.hasRoomFor(CALL_COST_IN_FLIGHT_MAX), true, "one that has ended is charged nothing");
  });

  test("a cancelled call keeps its slot until its work has ended", () => {
    const calls = new IncomingCalls();
    calls.begin(1, 10);
    calls.takeSlot(1, "own");
    assert.equal(calls.cancels(1), true);
    assert.equal(calls.answer(1), true);
    assert.equal(calls.cancels(1), false);
    assert.equal(calls.size, 1);
    calls.end(1);
    assert.equal(calls.size, 0);
  });

  test("a call is answered once, whatever is tried", () => {
    const calls = new IncomingCalls();
    calls.begin(1, 1);
    assert.deepEqual([calls.answer(1), calls.answer(1)], [true, false]);
    calls.end(1);
    calls.end(1);
    assert.equal(calls.answer(1), false);
    assert.equal(calls.answer(99), false);
  });

  test("a cancel for a call that ended means nothing, for one never made it ends the connection", () => {
    const calls = new IncomingCalls();
    calls.begin(1, 1);
    calls.end(1);
    assert.equal(calls.cancels(1), false);
    assert.throws(() => calls.cancels(2), { code: "protocol_error" });
  });
});

function open(calls: OutgoingCalls<string>, kept: string): number {
  const id = calls.issue();
  calls.open(id, kept);
  return id;
}

describe("outgoing calls", () => {
  test("have ids from 1, each once", () => {
    const calls = new OutgoingCalls<string>();
    assert.deepEqual([open(calls, "a"), open(calls, "b")], [1, 2]);
    assert.equal(calls.take(1), "a");
    assert.equal(open(calls, "c"), 3);
  });

  test("an answer that comes late or twice finds nothing, one to a call never made ends the connection", () => {
    const calls = new OutgoingCalls<string>();
    open(calls, "a");
    assert.equal(calls.takeAnswered(1), "a");
    assert.equal(calls.takeAnswered(1), undefined);
    assert.throws(() => calls.takeAnswered(2), { code: "protocol_error" });
  });

  test("all that is open is given up at once, and nothing is left", () => {
    const calls = new OutgoingCalls<string>();
    open(calls, "a");
    open(calls, "b");
    assert.deepEqual(calls.takeAll(), ["a", "b"]);
    assert.equal(calls.size, 0);
  });
});
