import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Loads, type Share } from "../../daemon/load.ts";
import {
  HELD_BYTES_MAX,
  PRINCIPAL_CALLS_IN_FLIGHT_MAX,
  PRINCIPAL_HELD_BYTES_MAX,
} from "../../wire/limits.ts";

const entered = (loads: Loads, principal = "id:a"): Share =>
  loads.enter(principal) ?? assert.fail("no place for a connection");

describe("what a principal has under way", () => {
  test("as many connections as it may, and not one more until one has gone", () => {
    const loads = new Loads(2);
    const first = entered(loads);
    entered(loads);
    assert.equal(loads.enter("id:a"), undefined);
    assert.notEqual(loads.enter("id:b"), undefined, "another principal has its own");
    first.leave();
    first.leave();
    entered(loads);
    assert.equal(loads.enter("id:a"), undefined, "leaving twice is leaving once");
  });

  test("69: slots stay taken when their connection has gone, until the work has ended", () => {
    const loads = new Loads(16);
    const gone = entered(loads);
    for (let i = 0; i < PRINCIPAL_CALLS_IN_FLIGHT_MAX; i++) assert.equal(gone.beginCall(10), undefined);
    gone.leave();
    const back = entered(loads);
    assert.equal(back.beginCall(10)?.code, "resource_exhausted");
    gone.endCall(10);
    assert.equal(back.beginCall(10), undefined);
    assert.equal(back.beginCall(10)?.code, "resource_exhausted");
    assert.equal(entered(loads, "id:b").beginCall(10), undefined, "others go on");
  });

  test("bytes of calls and of unread output count together, up to a quarter of all for one principal", () => {
    const loads = new Loads(16);
    const share = entered(loads);
    share.held(PRINCIPAL_HELD_BYTES_MAX - 100);
    assert.deepEqual([share.hasRoomFor(100), share.hasRoomFor(101)], [true, false]);
    assert.equal(share.beginCall(100), undefined, "exactly at the bound");
    const full = share.beginCall(1);
    assert.deepEqual([full?.code, full?.parts.outcome], ["resource_exhausted", "not_started"]);
    share.held(-1);
    assert.equal(share.beginCall(1), undefined);
  });

  test("over all principals there is a bound, whoever holds the bytes", () => {
    const loads = new Loads(16);
    const shares = ["a", "b", "c", "d"].map((name) => entered(loads, name));
    for (const share of shares) share.held(HELD_BYTES_MAX / 4);
    const late = entered(loads, "e");
    assert.equal(late.beginCall(1)?.code, "resource_exhausted");
    shares[0]?.held(-1);
    assert.equal(late.beginCall(1), undefined);
  });

  test("when all has ended nothing is kept", () => {
    const loads = new Loads(16);
    const share = entered(loads);
    share.beginCall(5);
    share.held(7);
    share.leave();
    share.held(-7);
    assert.equal(loads.size, 1, "a call still runs");
    share.endCall(5);
    assert.equal(loads.size, 0);
  });
});
