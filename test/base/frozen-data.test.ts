import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { freezeData, frozenCopy, type Settable, Snapshot, sameSettable } from "../../base/frozen-data.ts";

const sample = (): { list: unknown[]; map: Record<string, unknown> } => ({
  list: [1, ["a"], new Date(5)],
  map: { bytes: Uint8Array.of(1, 2), none: null },
});

describe("frozen data", () => {
  test("cannot be written to, at any depth; its dates and byte strings are named", () => {
    const value = sample();
    const settable: Settable[] = [];
    freezeData(value, settable);
    assert.throws(() => value.list.push(1), TypeError);
    assert.throws(() => (value.list[1] as unknown[]).push(1), TypeError);
    assert.throws(() => (value.map["more"] = 1), TypeError);
    assert.throws(() => Object.assign(value.list[2] as Date, { more: 1 }), TypeError);
    assert.deepEqual(settable, [value.list[2], value.map["bytes"]]);
  });

  test("is copied without anything that two copies share", () => {
    const value = sample();
    const copy = frozenCopy(value) as typeof value;
    assert.deepEqual(copy, value);
    assert.notEqual(copy.list[2], value.list[2]);
    assert.notEqual(copy.map["bytes"], value.map["bytes"]);
    assert.equal(Object.isFrozen(copy.list[1]), true);
    assert.equal(Object.isFrozen(value.list), false);
  });

  for (const [what, change] of [
    ["the time of a date", ({ list }: ReturnType<typeof sample>) => (list[2] as Date).setTime(6)],
    ["a byte", ({ map }: ReturnType<typeof sample>) => ((map["bytes"] as Uint8Array)[1] = 9)],
    [
      "the memory of a byte string",
      ({ map }: ReturnType<typeof sample>) =>
        structuredClone(map["bytes"], { transfer: [(map["bytes"] as Uint8Array<ArrayBuffer>).buffer] }),
    ],
  ] as const)
    test(`shows that ${what} was changed, against a snapshot and against the original`, () => {
      const value = sample();
      const settable: Settable[] = [];
      freezeData(value, settable);
      const snapshot = new Snapshot(settable);
      assert.deepEqual([snapshot.isUnchanged(), sameSettable(value, sample())], [true, true]);
      change(value);
      assert.deepEqual([snapshot.isUnchanged(), sameSettable(value, sample())], [false, false]);
    });

  test("is compared with views of byte strings too", () => {
    const frame = Uint8Array.of(0, 1, 2, 3);
    const original = { list: [1, ["a"], new Date(5)], map: { bytes: frame.subarray(1, 3), none: null } };
    assert.equal(sameSettable(sample(), original), true);
  });
});
