import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, pipelined, RpcError, withNamed, withOptions } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { TestDaemon } from "../support/daemon.ts";
import { failure } from "../support/failure.ts";

const SERVICE = `
import { callback, defineInterface, defineService, method, param, RpcFault, signature, stream, z } from "rpcd/service";
const cursor = defineInterface("cursor", { next: signature({ params: [param("n", z.int())], returns: z.int() }) });
export default defineService("t", {
  any: method({ params: [param("value", z.any())], run: ({ value }) => value }),
  add: method({ params: [param("a", z.int()), param("b", z.int())], run: ({ a, b }) => a + b }),
  four: method({ params: ["a", "b", "c", "d"].map((name) => param(name, z.int())), run: () => 1 }),
  call: method({ params: [param("f", callback())], run: async ({ f }) => await f() }),
  swallow: method({ params: [param("f", callback())], run: async ({ f }) => { await f().catch(() => {}); throw new RpcFault("not_found", "nothing there"); } }),
  both: method({ params: [param("f", callback()), param("g", callback())], run: async ({ f, g }) => { const all = await Promise.allSettled([f(), g()]); throw all[0].reason; } }),
  often: method({ params: [param("f", callback()), param("n", z.int())], run: async ({ f, n }) => { const all = await Promise.allSettled(Array.from({ length: n }, () => f())); throw all[0].reason; } }),
  int: method({ params: [param("f", callback({ returns: z.int() }))], run: async ({ f }) => await f() }),
  texts: method({ params: [param("s", stream(z.string()))], run: async ({ s }) => { let n = 0; for await (const _one of s) n++; return n; } }),
  hang: method({ params: [], run: (_args, ctx) => new Promise((_resolve, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason))) }),
  open: method({ params: [], returns: cursor, run: () => cursor.make({ next: () => { throw new RpcFault("out_of_range", "the end"); } }) }),
});
`;

const GRANTS = `
grants:
  data: {to: caller, call: [t.any, t.add, t.four, t.hang, t.open, "cursor.*"], args: any, returns: cursor}
  callbacks: {to: caller, call: [t.call, t.swallow, t.int], args: {f: callback}}
  often: {to: caller, call: t.often, args: {f: callback, n: int}}
  both: {to: caller, call: t.both, args: {f: callback, g: callback}}
  streams: {to: caller, call: t.texts, args: {s: stream}}
`;

let daemon: TestDaemon;
let rpc: Rpc;
before(async () => {
  daemon = await TestDaemon.start({ service: SERVICE, grants: GRANTS });
  rpc = await daemon.connect();
});
after(async () => {
  await rpc.close();
  await daemon.stop();
});

/** A caller whose name a stack shows. */
async function thisVeryCaller(call: () => Promise<unknown>): Promise<unknown> {
  return await call();
}

describe("the error of a call", () => {
  test("names the method and the request, and its stack shows who called", async () => {
    const error = await failure(thisVeryCaller(() => rpc.call("no.such")));
    assert.equal(error.message, `no.such: the policy does not allow this call (request ${error.id})`);
    assert.equal(error.text, "the policy does not allow this call");
    assert.equal(error.method, "no.such");
    assert.match(error.id, new RegExp(`^${rpc.connection}-\\d+$`));
    assert.match(error.stack ?? "", /at async thisVeryCaller/);
  });

  test("shows who called through a proxy, by name, in a batch, and on what another call returns", async () => {
    const t = rpc.service("t");
    const calls: readonly (() => Promise<unknown>)[] = [
      () => t["nope"]?.() ?? assert.fail(),
      () => withNamed(Object(t["nope"]))({ a: 1 }),
      () => rpc.call("t.texts", [[1].values()]),
      () => Object(pipelined(rpc.call("t.open"))).next(1),
    ];
    for (const call of calls)
      assert.match((await failure(thisVeryCaller(call))).stack ?? "", /at async thisVeryCaller/);
    const [one] = await rpc.batch([{ method: "t.nope" }]);
    assert.match(one?.status === "rejected" ? one.reason.message : "", /^t\.nope: .* \(request /);
  });

  test("quotes what is wrong with the arguments, the first three of it", async () => {
    const error = await failure(rpc.call("t.add", [1]));
    assert.match(error.message, /^t\.add: .+: b: missing \(request .+\)$/);
    assert.match(
      (await failure(rpc.call("t.four"))).message,
      /: a: missing; b: missing; c: missing; and 1 more \(/,
    );
  });

  test("of one that was cancelled or was late has the id of the request; of one that was never sent it has none", async () => {
    const late = await failure(rpc.call("t.hang", [], {}, { timeoutMs: 200 }));
    assert.deepEqual([late.code, late.id.startsWith(rpc.connection)], ["deadline_exceeded", true]);
    const stop = new AbortController();
    const hung = rpc.call("t.hang", [], {}, { signal: stop.signal });
    stop.abort(new Error("enough"));
    const cancelled = await failure(hung);
    assert.deepEqual([cancelled.code, cancelled.id.startsWith(rpc.connection)], ["cancelled", true]);
    assert.equal(String(cancelled.cause), "Error: enough");
    const unsent = await failure(rpc.call("t.any", [Symbol("x")]));
    assert.deepEqual([unsent.code, unsent.id, unsent.method], ["invalid_argument", "", "t.any"]);
    const over = await failure(rpc.call("t.any", [1], {}, { signal: stop.signal }));
    assert.deepEqual([over.code, over.id], ["cancelled", ""]);
  });

  test("is one of its own for each call, also where the connection ends for all of them", async () => {
    const other = await daemon.connect();
    const hung = [other.call("t.hang"), other.call("t.hang")].map(failure);
    await other.ping();
    await other.close();
    const [one, two] = await Promise.all(hung);
    assert.ok(one !== undefined && two !== undefined && one !== two);
    assert.notEqual(one.id, two.id);
    assert.equal(one.code, "unavailable");
  });
});

describe("what fails on this side while a call runs", () => {
  test("is the cause of the call's error, and the daemon learns no more than that it failed", async () => {
    const mine = new Error("mine");
    const error = await failure(
      rpc.call("t.call", [
        () => {
          throw mine;
        },
      ]),
    );
    assert.equal(error.cause, mine);
    assert.deepEqual([error.code, error.text], ["internal", "what the caller passed has failed"]);
    const later = await failure(
      rpc.call("t.call", [
        async () => {
          throw mine;
        },
      ]),
    );
    assert.equal(later.cause, mine);
    assert.equal(
      daemon.log.some((line) => line.includes("mine")),
      false,
    );
  });

  test("in a stream is the cause too, and so is an answer that cannot be sent", async () => {
    const mine = new Error("the disk");
    const broken = (function* () {
      yield "one";
      throw mine;
    })();
    assert.equal((await failure(rpc.call("t.texts", [broken]))).cause, mine);
    const unsendable = await failure(rpc.call("t.call", [() => new Map()]));
    assert.match(String(unsendable.cause), /a Map cannot be sent; pass an object/);
  });

  test("is named whole where several of a call failed", async () => {
    const [a, b] = [new Error("a"), new Error("b")];
    const error = await failure(
      rpc.call("t.both", [
        () => {
          throw a;
        },
        () => {
          throw b;
        },
      ]),
    );
    assert.ok(error.cause instanceof AggregateError);
    assert.deepEqual(error.cause.errors, [a, b]);
  });

  test("is kept up to eight failures of a call", async () => {
    for (const [calls, kept] of [
      [8, 8],
      [9, 8],
    ] as const) {
      const fails = (): never => {
        throw new Error("mine");
      };
      const { cause } = await failure(rpc.call("t.often", [fails, calls]));
      assert.ok(cause instanceof AggregateError);
      assert.equal(cause.errors.length, kept);
    }
  });

  test("is no cause of what the method failed with by itself", async () => {
    const error = await failure(
      rpc.call("t.swallow", [
        () => {
          throw new Error("mine");
        },
      ]),
    );
    assert.deepEqual([error.code, error.text, error.cause], ["not_found", "nothing there", undefined]);
  });

  test("with an RpcError tells the daemon what that says", async () => {
    const told = new RpcError("not_found", "no such line");
    const error = await failure(
      rpc.call("t.call", [
        () => {
          throw told;
        },
      ]),
    );
    assert.deepEqual([error.code, error.text, error.cause], ["not_found", "no such line", told]);
  });
});

describe("a signal", () => {
  test("may be that of any number of calls and connections, without a warning", async (t) => {
    const warnings: Error[] = [];
    const hear = (warning: Error): void => {
      // Others are about what other tests leave to the garbage collector.
      if (warning.name === "MaxListenersExceededWarning") warnings.push(warning);
    };
    process.on("warning", hear);
    t.after(() => process.off("warning", hear));
    const stop = new AbortController();
    const { signal } = stop;
    const more = await Promise.all(Array.from({ length: 12 }, () => daemon.connect({ signal })));
    const hung = Array.from({ length: 100 }, () => failure(rpc.call("t.hang", [], {}, { signal })));
    await Promise.all(Array.from({ length: 30 }, () => rpc.call("t.any", [1], {}, { signal })));
    stop.abort();
    assert.deepEqual(new Set((await Promise.all(hung)).map(({ code }) => code)), new Set(["cancelled"]));
    await Promise.all(more.map((one) => one.close()));
    // Node emits warnings behind the current turn.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(warnings, []);
  });
});

describe("options of a call", () => {
  const WRONG: readonly [name: string, options: object, said: RegExp][] = [
    [
      "a time as a text",
      { timeoutMs: "5s" },
      /timeoutMs: a number of milliseconds was expected, not the text '5s'/,
    ],
    ["no number", { timeoutMs: Number.NaN }, /timeoutMs: .+ not NaN/],
    ["null", { timeoutMs: null }, /timeoutMs: .+ not null/],
    ["a bigint", { timeoutMs: 5n }, /timeoutMs: .+ not a bigint/],
    ["no signal", { signal: "x" }, /signal: an AbortSignal was expected/],
    ["no function", { onProgress: 1 }, /onProgress: a function was expected, not 1/],
    [
      "another name",
      { timeout: 5 },
      /there is no option 'timeout'; there are timeoutMs, signal, onProgress, trace/,
    ],
  ];
  for (const [name, wrong, said] of WRONG)
    test(`that are none are refused before anything is sent: ${name}`, async () => {
      await assert.rejects(rpc.call("t.any", [1], {}, wrong), { name: "TypeError", message: said });
      await assert.rejects(rpc.catalogue(wrong), { name: "TypeError", message: said });
      assert.throws(() => withOptions(Object(rpc.service("t")["any"]), wrong), {
        name: "TypeError",
        message: said,
      });
    });

  test("may be a time that is over, a part of a millisecond, or none at all", async () => {
    assert.equal(await rpc.call("t.any", [1], {}, { timeoutMs: Number.POSITIVE_INFINITY }), 1);
    assert.equal(await rpc.call("t.any", [1], {}, { timeoutMs: undefined, signal: undefined }), 1);
    for (const timeoutMs of [0, -1, Number.NEGATIVE_INFINITY])
      assert.equal((await failure(rpc.call("t.any", [1], {}, { timeoutMs }))).code, "deadline_exceeded");
  });

  test("to connect are looked at too", async () => {
    const good = { identity: daemon.identity, hostKeyFingerprints: [daemon.hostKey] };
    const wrong: readonly [object, RegExp][] = [
      [{ ...good, timeoutMs: "5s" }, /timeoutMs: /],
      [{ ...good, hostKeyFingerprints: daemon.hostKey }, /hostKeyFingerprints: a list of fingerprints/],
      [{ ...good, identity: "id_ed25519" }, /identity: a key that loadKey gives was expected/],
      [
        { identity: daemon.identity, hostKeys: [daemon.hostKey] },
        /the option 'hostKeys' is called 'hostKeyFingerprints' now/,
      ],
      [{ ...good, owner: "rpcd" }, /there is no option 'owner'/],
      [{ ...good, owners: "rpcd" }, /owners: a list of user names/],
    ];
    for (const [given, message] of wrong)
      await assert.rejects(connect(daemon.address, Object(given)), { name: "TypeError", message });
    await assert.rejects(rpc.ping(Object("5s")), { name: "TypeError" });
  });
});

describe("an argument that cannot be sent", () => {
  class Foo {
    readonly x = 1;
  }
  const WRONG: readonly [name: string, value: unknown, said: RegExp][] = [
    ["a Map", new Map(), /a Map cannot be sent as data.+; pass an object, or a list of pairs/],
    [
      "a Map in a list",
      [new Map()],
      /argument 1\[0\]: a Map cannot be sent; pass an object, or a list of pairs/,
    ],
    ["a Set", new Set(), /a Set cannot be sent.+; pass a list/],
    ["an object of a class", new Foo(), /an instance of Foo cannot be sent; pass a plain object or a list/],
    ["a promise", Promise.resolve(1), /a Promise cannot be sent; await it first/],
    ["a bigint", 1n, /a bigint cannot be sent; pass a number/],
    ["an absent value", [undefined], /undefined cannot be sent; leave it out, or pass null/],
    ["an error", new Error("x"), /an Error cannot be sent; pass its message/],
    ["numbers of a typed array", new Float64Array(2), /a typed array cannot be sent.+bytes as a Uint8Array/],
    [
      "a function",
      () => 1,
      /argument 'value': a function cannot be sent as data, and the method takes nothing by reference/,
    ],
  ];
  for (const [name, value, said] of WRONG)
    test(`says what can be sent in its place: ${name}`, async () => {
      const error = await failure(rpc.call("t.any", [value]));
      assert.deepEqual([error.code, error.outcome], ["invalid_argument", "not_started"]);
      assert.match(error.message, said);
    });

  test("says that there is no such method for this client, where that is why", async () => {
    assert.match(
      (await failure(rpc.call("t.nope", [() => 1]))).message,
      /this client may call no method t\.nope/,
    );
  });
});

describe("data where a reference is expected", () => {
  const WRONG: readonly [name: string, value: unknown, said: RegExp][] = [
    [
      "a list",
      ["a"],
      /s: stream of string was expected, passed by reference; a list is data: pass an iterator of it/,
    ],
    ["a text", "abc", /s: stream of string was expected, passed by reference \(/],
    ["null", null, /s: stream of string was expected/],
  ];
  for (const [name, value, said] of WRONG)
    test(`is an invalid argument, not a denied call: ${name}`, async () => {
      for (const call of [rpc.call("t.texts", [value]), rpc.call("t.texts", [], { s: value })]) {
        const error = await failure(call);
        assert.deepEqual([error.code, error.outcome], ["invalid_argument", "not_started"]);
        assert.match(error.message, said);
      }
    });

  test("is told to nobody who may not call the method", async () => {
    const [hidden, unknown] = [
      await failure(rpc.call("rpcd.stats", [[]])),
      await failure(rpc.call("t.nope", [[]])),
    ];
    assert.deepEqual([hidden.code, hidden.issues], [unknown.code, unknown.issues]);
    assert.equal(hidden.code, "permission_denied");
  });

  test("what iterates without being data is a stream", async () => {
    assert.equal(await rpc.call("t.texts", [new Set(["a", "b"])]), 2);
    assert.equal(await rpc.call("t.texts", [["a", "b"].values()]), 2);
  });
});
