import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import type { Fault } from "../../../base/fault.ts";
import { CALLBACK_BYTES_WAITING_MAX, CALLBACKS_WAITING_MAX } from "../../../daemon/base/limits.ts";
import { type PeerCall, PeerCalls, type PeerTarget } from "../../../daemon/references/peer-calls.ts";
import { Deadlines } from "../../../link/deadlines.ts";
import { Outbox } from "../../../session/outbox.ts";
import { CALL_DEADLINE_MS, CALLBACKS_IN_FLIGHT_MAX, SESSION_FRAME_MAX_BYTES } from "../../../wire/limits.ts";
import { encodeMessage, type Message } from "../../../wire/message.ts";
import { packed, readWhole } from "../../support/whole-message.ts";

/** The calls at one client, whose clock and line do what the test says. */
class Bench {
  readonly sent: Message[] = [];
  readonly settled: string[] = [];
  readonly target: PeerTarget = {
    id: 7,
    depth: 1,
    trace: undefined,
    pending: new Set<PeerCall>(),
    answers: new Map(),
  };
  /** what is charged, and the most that may be, in bytes of cost */
  cost = 0;
  most = Number.POSITIVE_INFINITY;
  readonly line = {
    isChoked: false,
    send: (frame: Uint8Array): boolean => this.sent.push(readWhole(frame)) > 0,
  };
  readonly calls: PeerCalls;
  readonly #deadlines: Deadlines;
  #nowMs = 0;

  constructor() {
    const clock = { monotonicMs: () => this.#nowMs, wallMs: () => this.#nowMs };
    this.#deadlines = new Deadlines(clock);
    this.calls = new PeerCalls(new Outbox(this.line), this.#deadlines, {
      take: (cost) => {
        if (this.cost + cost > this.most) return false;
        this.cost += cost;
        return true;
      },
      give: (cost) => {
        this.cost -= cost;
      },
    });
  }

  get pending(): number {
    return this.#deadlines.pending;
  }

  async call(...positional: readonly unknown[]): Promise<void> {
    await this.calls.call(this.target, "", positional).then(
      (value) => this.settled.push(`value ${String(value)}`),
      (fault: Fault) => this.settled.push(fault.code),
    );
  }

  move(ms: number): void {
    this.#nowMs += ms;
    mock.timers.tick(ms);
  }

  ids(kind: "call" | "cancel"): readonly number[] {
    return this.sent.flatMap((message) => (message.kind === kind ? [message.id] : []));
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("calls of the daemon at a client", () => {
  test(`are in flight up to ${CALLBACKS_IN_FLIGHT_MAX}; the next goes out when one of them is answered, oldest first`, async () => {
    const bench = new Bench();
    for (const i of upTo(CALLBACKS_IN_FLIGHT_MAX + 2)) void bench.call(i);
    assert.deepEqual(bench.ids("call"), upTo(CALLBACKS_IN_FLIGHT_MAX));
    bench.calls.answered(9, packed("nine"));
    assert.deepEqual(bench.ids("call").slice(CALLBACKS_IN_FLIGHT_MAX), [CALLBACKS_IN_FLIGHT_MAX + 1]);
    await turn();
    assert.deepEqual(bench.settled, ["value nine"]);
    assert.equal(bench.calls.size, CALLBACKS_IN_FLIGHT_MAX + 1);
  });

  test("keep their own bytes while they wait, and none once they are sent", () => {
    const bench = new Bench();
    bench.line.isChoked = true;
    for (const i of upTo(3)) void bench.call(`${i}${"x".repeat(2_000)}`);
    const frames = (): readonly Uint8Array[] => [...bench.target.pending].map(({ frame }) => frame);
    for (const frame of frames()) assert.equal(frame.buffer.byteLength, frame.length);
    bench.line.isChoked = false;
    bench.calls.flow();
    assert.deepEqual(
      frames().map(({ length }) => length),
      [0, 0, 0],
    );
    assert.equal(bench.ids("call").length, 3);
  });

  test(`wait up to ${CALLBACKS_WAITING_MAX}, and not one more`, async () => {
    const bench = new Bench();
    bench.line.isChoked = true;
    for (const i of upTo(CALLBACKS_WAITING_MAX)) void bench.call(i);
    await turn();
    assert.deepEqual(bench.settled, []);
    void bench.call("too many");
    await turn();
    assert.deepEqual(bench.settled, ["resource_exhausted"]);
    // One that goes out makes room for another.
    bench.line.isChoked = false;
    bench.calls.flow();
    void bench.call("again");
    await turn();
    assert.deepEqual(bench.settled, ["resource_exhausted"]);
  });

  test(`wait with up to ${CALLBACK_BYTES_WAITING_MAX} bytes of messages, and not one more`, async () => {
    const bench = new Bench();
    bench.line.isChoked = true;
    const text = (bytes: number): string => {
      const empty = { kind: "call", id: 1, target: 7, method: "", named: {}, deadlineMs: undefined } as const;
      const head = encodeMessage({ ...empty, positional: ["x".repeat(100_000)] }).length - 100_000;
      return "x".repeat(bytes - head);
    };
    const whole = CALLBACK_BYTES_WAITING_MAX / SESSION_FRAME_MAX_BYTES;
    for (let i = 1; i < whole; i++) void bench.call(text(SESSION_FRAME_MAX_BYTES));
    void bench.call(text(SESSION_FRAME_MAX_BYTES - 100_001));
    void bench.call(text(100_002));
    await turn();
    assert.deepEqual(bench.settled, ["resource_exhausted"], "one byte more than there is room for");
    void bench.call(text(100_001));
    await turn();
    assert.deepEqual(bench.settled, ["resource_exhausted"], "just as many bytes as there is room for");
    bench.line.isChoked = false;
    bench.calls.flow();
    assert.equal(bench.ids("call").length, whole + 1);
  });

  test("go into a message, or fail by themselves", async () => {
    const bench = new Bench();
    void bench.call("x".repeat(SESSION_FRAME_MAX_BYTES));
    void bench.call(() => undefined);
    await turn();
    assert.deepEqual(bench.settled, ["invalid_argument", "internal"]);
    assert.deepEqual(bench.sent, []);
    assert.deepEqual([bench.calls.size, bench.pending, bench.target.pending.size], [0, 0, 0]);
  });

  test("wait while the client leaves its output unread", async () => {
    const bench = new Bench();
    bench.line.isChoked = true;
    void bench.call(1);
    assert.deepEqual(bench.sent, []);
    bench.calls.flow();
    assert.deepEqual(bench.sent, [], "it still does");
    bench.line.isChoked = false;
    bench.calls.flow();
    assert.deepEqual(bench.ids("call"), [1]);
  });

  test("end when their time is over, in flight or not, and the client is told of those it knows", async () => {
    mock.timers.enable({ apis: ["setInterval"] });
    try {
      const bench = new Bench();
      void bench.call(1);
      bench.line.isChoked = true;
      void bench.call(2);
      bench.move(CALL_DEADLINE_MS - 1);
      await turn();
      assert.deepEqual(bench.settled, []);
      bench.move(20);
      await turn();
      assert.deepEqual(bench.settled, ["deadline_exceeded", "deadline_exceeded"]);
      assert.deepEqual(bench.ids("cancel"), [1]);
      // An answer may have crossed the cancel.
      bench.calls.answered(1, packed("late"));
      assert.throws(() => bench.calls.answered(3, packed("to nothing")), { code: "protocol_error" });
      assert.deepEqual([bench.calls.size, bench.pending, bench.target.pending.size], [0, 0, 0]);
      assert.equal(bench.settled.length, 2);
    } finally {
      mock.timers.reset();
    }
  });
});
