import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { currentTrace, type RpcError } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { KINDS, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";
import {
  BAD_TRACEPARENTS,
  BAD_TRACESTATES,
  LATER_TRACEPARENT,
  OTHER_TRACE,
  OTHER_TRACE_ID,
  TRACE,
  TRACE_ID,
  TRACEPARENT,
} from "../support/traces.ts";

const SERVICE = `
import { callback, defineInterface, defineService, method, object, param, signature, stream, z } from "rpcd/service";
const room = defineInterface("room", { say: signature({ params: [param("text", z.string())], returns: z.any() }) });
const cursor = defineInterface("cursor", { next: signature({ params: [], returns: z.any() }) });
let kept;
export default defineService({
  add: method({ params: [param("a", z.int()), param("b", z.int())], returns: z.int(), run: ({ a, b }) => a + b }),
  seen: method({ params: [], run: (_args, ctx) => { ctx.log.info("seen"); return ctx.trace ?? null; } }),
  fail: method({ params: [], run: () => { throw new Error("out of order"); } }),
  failLater: method({ params: [], run: async () => { throw new Error("out of order"); } }),
  unsendable: method({ params: [], run: () => () => 1 }),
  broken: method({ params: [], returns: stream(z.int()), run: async function* () { yield 1; throw new Error("out of order"); } }),
  hear: method({ params: [param("f", callback())], run: ({ f }) => f() }),
  watch: method({ params: [param("sink", object({ methods: { write: callback() } }))], run: ({ sink }) => sink.write() }),
  open: method({ params: [], returns: cursor, run: () => cursor.make({ next: (_args, ctx) => ctx.trace ?? null }) }),
  keep: method({ params: [param("room", room, { share: true })], run: ({ room: one }, ctx) => new Promise((resolve) => { kept = one; ctx.signal.addEventListener("abort", () => resolve(null)); }) }),
  enter: method({ params: [], returns: room, run: () => kept }),
  secret: method({ params: [], run: () => "never" }),
});
`;

const GRANTS = `
grants:
  sums: {to: caller, call: add, args: {a: {int: 0..100}, b: {int: 0..100}}}
  data: {to: caller, call: ["**"], except: [secret, add], args: any, returns: [stream, cursor, room]}
  hear: {to: caller, call: hear, args: {f: callback}}
  watch: {to: caller, call: watch, args: {sink: {object: {methods: write}}}}
  keep: {to: caller, call: keep, args: {room: {object: {methods: say, share: true}}}}
`;

const setup = { service: SERVICE, grants: GRANTS, config: WIDE_OPEN };

describe("a trace", () => {
  let daemon: TestDaemon;
  let rpc: Rpc;
  before(async () => {
    daemon = await TestDaemon.start(setup);
  });
  after(async () => {
    assert.equal(await daemon.stop(), 0);
  });
  beforeEach(async () => {
    rpc = await daemon.connect();
  });
  afterEach(() => rpc.close());

  const traced = (method: string, positional: readonly unknown[] = [], trace = TRACE): Promise<unknown> =>
    rpc.call(method, positional, {}, { trace });
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      (value) => `value ${JSON.stringify(value)}`,
      (error: RpcError) => error.code,
    );
  /** Of the calls of this connection, in their order. */
  const audited = (): readonly Readonly<Record<string, unknown>>[] =>
    daemon.audit.filter(({ kind, id }) => kind === "call" && String(id).startsWith(`${rpc.connection}-`));
  /** The next line of the log with this text, when the work was done. */
  const logged = async (text: string, work: () => Promise<unknown>): Promise<Record<string, unknown>> => {
    const line = daemon.nextLine(text);
    await work().catch(() => undefined);
    return JSON.parse(await line);
  };

  for (const over of KINDS)
    test(`comes to the handler as its caller gave it, over ${over}`, async () => {
      await using one = await daemon.connect({}, over);
      assert.deepEqual(await one.call("seen", [], {}, { trace: TRACE }), TRACE);
      assert.deepEqual(await one.call("seen", [], {}, { trace: OTHER_TRACE }), OTHER_TRACE);
      assert.equal(await one.call("seen"), null);
    });

  test("is each call's own, also on what a call has returned", async () => {
    assert.deepEqual(await Promise.all([traced("seen"), rpc.call("seen"), traced("seen", [], OTHER_TRACE)]), [
      TRACE,
      null,
      OTHER_TRACE,
    ]);
    const cursor = rpc.service()["open"];
    const opened = Object(await cursor?.());
    assert.equal(await opened.next(), null, "the call on it says of none");
  });

  test("has its id in the audit line of the call, allowed or not, and no line has one otherwise", async () => {
    await traced("add", [2, 3]);
    await rpc.call("add", [2, 3]);
    for (const [method, positional] of [
      ["add", [2, 300]],
      ["add", [2]],
      ["secret", []],
      ["no.such", []],
    ] as const)
      await assert.rejects(traced(method, positional));
    await assert.rejects(rpc.call("secret"));
    assert.deepEqual(
      audited().map(({ method, decision, trace }) => [method, decision, trace]),
      [
        ["add", "allow", TRACE_ID],
        ["add", "allow", undefined],
        ["add", "deny", TRACE_ID],
        ["add", "invalid", TRACE_ID],
        ["secret", "deny", TRACE_ID],
        ["no.such", "deny", TRACE_ID],
        ["secret", "deny", undefined],
      ],
    );
  });

  test("has its id in the lines of the handler's log, and of calls and streams that fail", async () => {
    const drain = async (): Promise<void> => {
      for await (const item of Object(await traced("broken"))) assert.equal(item, 1);
    };
    for (const [text, work] of [
      ["seen", () => traced("seen")],
      ["a call failed", () => traced("fail")],
      ["a call failed", () => traced("failLater")],
      ["a result cannot be sent", () => traced("unsendable")],
      ["a stream broke off", drain],
    ] as const) {
      const { trace, request } = await logged(text, work);
      assert.equal(trace, TRACE_ID, text);
      assert.match(String(request), new RegExp(`^${rpc.connection}-\\d+$`));
    }
    for (const [text, work] of [
      ["seen", () => rpc.call("seen")],
      ["a call failed", () => rpc.call("fail")],
    ] as const)
      assert.equal("trace" in (await logged(text, work)), false, text);
  });

  test("leaves its state, and the parent's id, out of every record", async () => {
    await traced("seen");
    await assert.rejects(traced("fail"));
    const audit = readFileSync(join(daemon.folder, "audit.jsonl"), "utf8");
    for (const text of [audit, daemon.log.join("\n")]) {
      assert.ok(text.includes(TRACE_ID));
      for (const part of ["rojo", "b7ad6b7169203331"]) assert.equal(text.includes(part), false, part);
    }
  });

  test("never changes what becomes of a call", async () => {
    const calls = [
      ["add", [2, 3]],
      ["add", [2, 300]],
      ["add", [2]],
      ["add", ["x", 3]],
      ["secret", []],
      ["no.such", []],
      ["rpcd.can", ["secret", [], {}]],
      ["rpcd.can", ["add", [2, 3], {}]],
      ["rpcd.whoami", []],
      ["rpcd.policy.reload", []],
    ] as const;
    /** What the caller reads, and what is recorded, without what differs for each call. */
    const outcomes = async (trace: typeof TRACE | undefined): Promise<unknown> => {
      const from = audited().length;
      const read: unknown[] = [];
      for (const [method, positional] of calls)
        read.push(
          await rpc.call(method, positional, {}, { trace }).catch((error: RpcError) => {
            const { id: _, code, text, outcome, origin, issues } = error;
            return { code, text, outcome, origin, issues };
          }),
        );
      const written = audited()
        .slice(from)
        .map(({ at: _at, id: _id, trace: _trace, ...rest }) => rest);
      assert.equal(written.length, calls.length);
      return { read, written };
    };
    const without = await outcomes(undefined);
    const [first] = (without as { read: unknown[] }).read;
    assert.equal(first, 5);
    for (const trace of [TRACE, OTHER_TRACE, { ...TRACE, tracestate: "grant=admin,role=admin,allow=1" }])
      assert.deepEqual(await outcomes(trace), without);
  });

  describe("in what the daemon calls", () => {
    test("is that of the call which it was passed with", async () => {
      const heard = (trace?: typeof TRACE): Promise<unknown> =>
        rpc.call("hear", [() => currentTrace() ?? null], {}, { trace });
      assert.deepEqual(await heard(TRACE), TRACE);
      assert.deepEqual(await traced("watch", [{ write: () => currentTrace() }]), TRACE);
      assert.deepEqual(await Promise.all([heard(TRACE), heard(), heard(OTHER_TRACE)]), [
        TRACE,
        null,
        OTHER_TRACE,
      ]);
      assert.equal(currentTrace(), undefined);
    });

    test("is carried on by the calls that it begins, also later and to another daemon, unless they have another", async () => {
      const second = await TestDaemon.start(setup);
      const other = await second.connect();
      const waiting: Promise<unknown>[] = [];
      const heard = await traced("hear", [
        async () => {
          const own = await rpc.call("seen");
          await new Promise((resolve) => setImmediate(resolve));
          const elsewhere = await other.call("seen");
          const given = await rpc.call("seen", [], {}, { trace: OTHER_TRACE });
          const nested = await rpc.call("hear", [() => other.call("seen")]);
          // Nobody waits for this one: the call is over before it is made.
          waiting.push(new Promise((resolve) => setTimeout(() => resolve(rpc.call("seen")), 20)));
          return [own, elsewhere, given, nested];
        },
      ]);
      assert.deepEqual(heard, [TRACE, TRACE, OTHER_TRACE, TRACE]);
      assert.deepEqual(await Promise.all(waiting), [TRACE]);
      assert.equal(await rpc.call("seen"), null, "and not by those beside it");
      assert.deepEqual(
        second.audit.flatMap(({ kind, trace }) => (kind === "call" ? [trace] : [])),
        [TRACE_ID, TRACE_ID],
      );
      await other.close();
      assert.equal(await second.stop(), 0);
    });

    test("is none where the call that it was passed with has none, whoever began that", async () => {
      const nested = traced("hear", [
        () => rpc.call("hear", [() => currentTrace()?.traceparent], {}, { trace: OTHER_TRACE }),
      ]);
      assert.equal(await nested, OTHER_TRACE.traceparent);
      const inside = await rpc.call("hear", [() => rpc.call("seen")]);
      assert.equal(inside, null);
    });

    test("is that of who shared it, where another client has it called: neither learns the other's", async () => {
      const stop = new AbortController();
      const shared = { say: () => currentTrace() ?? null };
      const kept = rpc.call("keep", [shared], {}, { trace: TRACE, signal: stop.signal });
      const second = await daemon.connect();
      // Both are on their way at once: the daemon may not have it yet.
      let entered: unknown;
      for (let turn = 0; turn < 1_000 && typeof entered !== "function"; turn++)
        entered = await second.call("enter").catch(() => undefined);
      const said = second.call("hear", [() => Object(entered).say("x")], {}, { trace: OTHER_TRACE });
      assert.deepEqual(await said, TRACE);
      const own = daemon.audit.find(({ method, trace }) => method === "room.say" && trace === OTHER_TRACE_ID);
      assert.ok(own, "the second client's call on it is in its own trace");
      stop.abort();
      await assert.rejects(kept, { code: "cancelled" });
      await second.close();
    });
  });

  describe("that is none", () => {
    const bad: readonly (readonly [what: string, options: object])[] = [
      ...Object.entries(BAD_TRACEPARENTS).map(([what, traceparent]) => [what, { traceparent }] as const),
      ...Object.entries(BAD_TRACESTATES).map(
        ([what, tracestate]) => [`${what} in the state`, { traceparent: TRACEPARENT, tracestate }] as const,
      ),
      ["version 01, with more behind it", { traceparent: LATER_TRACEPARENT }],
      ["no text", { traceparent: 1 }],
      ["an empty state", { traceparent: TRACEPARENT, tracestate: "" }],
      ["a state alone", { tracestate: "a=1" }],
    ];

    for (const over of KINDS)
      test(`ends the connection, over ${over}, and leaves nothing of itself in a record`, async () => {
        const call = (options: object): unknown => [16, 1, 0, "seen", [], {}, options];
        for (const [what, options] of bad) {
          const peer = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
          peer.send(call(options));
          assert.equal(await peer.next(), undefined, what);
          await peer.destroy();
        }
        const good = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
        good.send(call({ traceparent: TRACEPARENT, tracestate: "x".repeat(512) }));
        const answer = { traceparent: TRACEPARENT, tracestate: "x".repeat(512) };
        assert.deepEqual(await good.next(), [17, 1, answer], "one that is good is answered");
        await good.destroy();
        const audit = readFileSync(join(daemon.folder, "audit.jsonl"), "utf8");
        for (const line of [...audit.split("\n"), ...daemon.log]) {
          assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
          const { trace = TRACE_ID } = line === "" ? {} : JSON.parse(line);
          assert.match(String(trace), /^[0-9a-f]{32}$/);
        }
      });

    test("is refused by the client, which would send it to no daemon", async () => {
      const from = audited().length;
      assert.equal(
        await codeOf(traced("seen", [], { traceparent: TRACEPARENT.slice(1) })),
        "invalid_argument",
      );
      assert.equal(audited().length, from);
      assert.equal(await rpc.call("add", [2, 3]), 5);
    });
  });
});
