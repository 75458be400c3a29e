import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PipelinedCalls } from "../../../session/calls/pipelined.ts";
import { ExportTable } from "../../../session/references/exports.ts";
import { ImportTable } from "../../../session/references/imports.ts";
import { PIPELINED_MAX } from "../../../wire/limits.ts";

describe("references of this side", () => {
  test("have numbers from 1 that are never given again", () => {
    const own = new ExportTable<number>();
    const numbers = Array.from({ length: 4 }, () => own.pass((id) => id));
    assert.deepEqual(numbers, [1, 2, 3, 4]);
    assert.equal(own.end(2), true);
    assert.equal(own.end(2), false);
    assert.equal(own.end(77), false);
    assert.equal(
      own.pass((id) => id),
      5,
    );
    assert.deepEqual([own.size, own.all()], [4, [1, 3, 4, 5]]);
  });

  test("are found by a call in one way, and by a word on one in another", () => {
    const own = new ExportTable<string>();
    own.pass(() => "a");
    own.pass(() => "b");
    own.end(1);
    for (const gone of [0, -1, 1, 3, 2 ** 53 - 1]) assert.equal(own.get(gone), undefined);
    assert.equal(own.get(2), "b");
    assert.equal(own.named(1), undefined);
    assert.equal(own.named(2), "b");
    assert.throws(() => own.named(3), { code: "protocol_error" });
  });

  test("whose thing cannot be made are not kept, and their number is not given again", () => {
    const own = new ExportTable<number>();
    assert.throws(() =>
      own.pass(() => {
        throw new Error("cannot be");
      }),
    );
    assert.equal(own.size, 0);
    assert.equal(
      own.pass((id) => id),
      2,
    );
  });
});

describe("references of the other side", () => {
  test("have numbers that grow, whatever became of those before", () => {
    const peer = new ImportTable<string>();
    peer.take(1, "a");
    peer.take(5, "b");
    peer.end(5);
    for (const id of [5, 4, 1, 0, -1]) assert.throws(() => peer.take(id, "x"), { code: "protocol_error" });
    peer.take(6, "c");
    assert.deepEqual([peer.size, peer.all()], [2, ["a", "c"]]);
  });

  test("are found by their owner's words until they end", () => {
    const peer = new ImportTable<string>();
    peer.take(3, "a");
    assert.deepEqual([peer.named(3), peer.named(2)], ["a", undefined]);
    assert.throws(() => peer.named(4), { code: "protocol_error" });
    assert.equal(peer.end(3), true);
    assert.equal(peer.end(3), false);
    assert.equal(peer.named(3), undefined);
  });
});

describe("calls that hang on another", () => {
  test("have their turn when that one is answered, and those on them when they are", () => {
    const calls = new PipelinedCalls<string>();
    for (const [id, on] of [
      [2, 1],
      [3, 2],
      [4, 1],
    ] as const)
      assert.equal(calls.add(id, on, `call ${id}`), undefined);
    assert.deepEqual(calls.answered(1), ["call 2", "call 4"]);
    assert.equal(calls.size, 1);
    assert.deepEqual(calls.answered(1), []);
    assert.deepEqual(calls.answered(2), ["call 3"]);
    assert.equal(calls.size, 0);
  });

  test(`are ${PIPELINED_MAX} on one call without an answer, directly or through others, and not one more`, () => {
    const chain = new PipelinedCalls<number>();
    for (let id = 2; id <= PIPELINED_MAX + 1; id++) assert.equal(chain.add(id, id - 1, id), undefined);
    assert.equal(chain.add(100, PIPELINED_MAX + 1, 100)?.code, "resource_exhausted");
    assert.equal(chain.add(101, 1, 101)?.code, "resource_exhausted");
    assert.equal(chain.add(102, 99, 102), undefined, "another call has its own");
    assert.deepEqual(chain.answered(1), [2]);
    assert.equal(
      chain.add(103, PIPELINED_MAX + 1, 103),
      undefined,
      "one is answered, so there is room for one",
    );
    assert.equal(chain.add(104, PIPELINED_MAX + 1, 104)?.code, "resource_exhausted");
  });
});
