import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { HandshakeTurns } from "../../link/handshake-turns.ts";
import { TlsServer } from "../../link/tls.ts";

/** Handshakes of a length, by a clock that only they move on. */
function turns() {
  let nowMs = 0;
  const made = new HandshakeTurns(() => nowMs);
  const done: string[] = [];
  const run = (name: string, ms: number): void =>
    made.run(() => {
      nowMs += ms;
      done.push(name);
    });
  return { turns: made, done, run };
}

describe("handshakes that come together", () => {
  test("go on at once while a turn has time for them, and one past it waits", () => {
    const { turns: made, run } = turns();
    run("a", 0.4);
    run("b", 0.5);
    assert.equal(made.isFree, true);
    run("c", 0.1);
    assert.equal(made.isFree, false);
  });

  test("have one turn each where each takes all of it, in their order", async () => {
    const { turns: made, done, run } = turns();
    run("first", 3);
    for (const name of ["a", "b", "c"]) made.wait(() => run(name, 3));
    assert.equal(made.waiting, 3);
    for (const expected of [
      ["first", "a"],
      ["first", "a", "b"],
      ["first", "a", "b", "c"],
    ]) {
      await setImmediate();
      assert.deepEqual(done, expected);
    }
    assert.equal(made.waiting, 0);
  });

  test("share a turn where they are short", async () => {
    const { turns: made, done, run } = turns();
    run("first", 3);
    for (const name of ["a", "b", "c"]) made.wait(() => run(name, 0.6));
    await setImmediate();
    assert.deepEqual(done, ["first", "a", "b"]);
    await setImmediate();
    assert.deepEqual(done, ["first", "a", "b", "c"]);
  });

  test("leave nothing behind when their connection is gone; those behind them go on", async () => {
    const { turns: made, done, run } = turns();
    run("first", 3);
    const gone = (): void => run("gone", 3);
    made.wait(gone);
    made.wait(() => run("next", 3));
    made.forget(gone);
    made.forget(gone);
    await setImmediate();
    assert.deepEqual([done, made.waiting], [["first", "next"], 0]);
  });

  test("begin anew in each turn", async () => {
    const { turns: made, run } = turns();
    run("first", 3);
    assert.equal(made.isFree, false);
    await setImmediate();
    assert.equal(made.isFree, true);
  });
});

describe("streams on which TLS is to begin", () => {
  const silent = (): Duplex =>
    new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });

  test("end with one error, closed, when they fail while they wait, though they do not close by themselves", async () => {
    const server = new TlsServer();
    const streams = Array.from({ length: 40 }, () => {
      const stream = silent();
      return { stream, seen: [] as unknown[] };
    });
    for (const { stream, seen } of streams) server.accept(stream, (outcome) => seen.push(outcome));
    const last = streams.at(-1) ?? assert.fail();
    last.stream.emit("error", new Error("odd"));
    assert.equal(last.seen.length, 1);
    assert.ok(last.seen[0] instanceof Error);
    assert.ok(last.stream.destroyed);
    for (const { stream } of streams) stream.destroy();
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    for (const { seen } of streams) assert.equal(seen.length, 1);
  });

  test("end each with one error when they are destroyed, those that wait for their turn too", async () => {
    const server = new TlsServer();
    const streams = Array.from({ length: 40 }, silent);
    const outcomes = streams.map((stream) => {
      const seen: unknown[] = [];
      server.accept(stream, (outcome) => seen.push(outcome));
      return seen;
    });
    // Some have begun, and most wait. A reset is no end of the process.
    for (const stream of streams) stream.destroy(new Error("reset"));
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    for (const [i, seen] of outcomes.entries()) {
      assert.equal(seen.length, 1, `stream ${i}`);
      assert.ok(seen[0] instanceof Error, `stream ${i}`);
    }
  });
});
