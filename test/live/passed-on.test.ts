import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type PrivateKey } from "../../certs/ed25519.ts";
import { createKeyFiles, loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { formatPublicKey } from "../../certs/public-key.ts";
import { release } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { until } from "../support/failure.ts";
import { LiveDaemon } from "../support/live-daemon.ts";
import { tempFolder } from "../support/temp-folder.ts";

/*
 * The tester passes something; the middle one takes it, and passes it on with a call of its own; the last one takes it from there:
 *
 *     tester --keep "hall"--> daemon --enter "hall"--> middle --keep "attic"--> daemon --enter "attic"--> last
 */

const SERVICE = `
import { callback, defineInterface, defineService, method, param, signature, z } from "rpcd/service";
const room = defineInterface("room", {
  say: signature({ params: [param("text", z.string())], returns: z.string() }),
  shut: signature({ params: [] }),
});
const line = callback({ args: [z.string()], returns: z.string() });
const box = defineInterface("box", { size: signature({ params: [], returns: z.int() }) });
const kept = new Map();
let disposed = 0;
const hold = (name, thing, ctx) => new Promise((resolve) => { kept.set(name, thing); ctx.progress(1); ctx.signal.addEventListener("abort", () => resolve(null)); });
export default defineService({
  keep: method({ params: [param("name", z.string()), param("room", room, { share: true })], run: ({ name, room: one }, ctx) => hold(name, one, ctx) }),
  keepPrivate: method({ params: [param("name", z.string()), param("room", room)], run: ({ name, room: one }, ctx) => hold(name, one, ctx) }),
  enter: method({ params: [param("name", z.string())], returns: room, run: ({ name }) => kept.get(name) }),
  keepLine: method({ params: [param("name", z.string()), param("f", line, { share: true })], run: ({ name, f }, ctx) => hold(name, f, ctx) }),
  takeLine: method({ params: [param("name", z.string())], returns: line, run: ({ name }) => kept.get(name) }),
  callLine: method({ params: [param("f", line), param("text", z.string())], run: ({ f, text }) => f(text) }),
  makeLine: method({ params: [], returns: line, run: () => (text) => text.toUpperCase() }),
  makeBox: method({ params: [], returns: box, run: () => box.make({ size: () => 3, [Symbol.dispose]: () => { disposed++; } }) }),
  useBox: method({ params: [param("box", box), param("wait", callback())], run: async ({ box: one, wait }, ctx) => { await wait(); return [one.size({}, ctx), disposed]; } }),
  disposed: method({ params: [], run: () => disposed }),
});
`;

/** @param middle - what the middle one's grant says of what it passes on */
const grants = (owner: string, middle: string): string => `
grants:
  calls: {to: everybody, call: [enter, takeLine, makeLine, makeBox, disposed, room.say, room.shut, takeLine.call, makeLine.call, box.size], args: any, returns: [room, callback, box]}
  owner: {to: caller, call: [keep, keepPrivate], args: {name: string, room: {object: {methods: [say, shut], ${owner}}}}}
  owner-line: {to: caller, call: keepLine, args: {name: string, f: {callback: {${owner}}}}}
  line: {to: everybody, call: callLine, args: {f: callback, text: string}}
  box: {to: everybody, call: useBox, args: {box: {object: {methods: size}}, wait: callback}}
  middle: {to: "id:middle", call: keep, args: {name: string, room: {object: {${middle}}}}}
  middle-line: {to: "id:middle", call: keepLine, args: {name: string, f: {callback: {${middle.replace(/methods: say(?:, )?/, "")}}}}}
`;

// oxlint-disable-next-line typescript/no-explicit-any -- what is untyped is called by its names
const untyped = (standIn: unknown): any => standIn;

interface Hall {
  readonly live: LiveDaemon;
  readonly owner: Rpc;
  readonly middle: Rpc;
  readonly last: Rpc;
  readonly said: string[];
  /** Runs a call that passes something and goes on until it is stopped; settles when the daemon has it. */
  readonly pass: (from: Rpc, method: string, name: string, thing: unknown) => Promise<() => Promise<void>>;
  readonly revoke: (name: string) => Promise<void>;
}

async function inHall(
  { owner: ownerBounds = "calls: 3, share: true", middle: middleBounds = "methods: say, share: true" },
  use: (hall: Hall) => Promise<void>,
): Promise<void> {
  const { path, remove } = tempFolder();
  const keys = new Map<string, PrivateKey>();
  const lines = new Map<string, string>();
  for (const name of ["middle", "last"]) {
    const publicKey = await createKeyFiles(join(path, name), name);
    keys.set(name, loadPrivateKeyFile(join(path, name)).key);
    lines.set(name, `  ${name}:\n    keys: ["${formatPublicKey(publicKey)}"]\n`);
  }
  const text = grants(ownerBounds, middleBounds).replaceAll(
    "to: everybody",
    'to: [caller, "id:middle", "id:last"]',
  );
  const live = await LiveDaemon.start({
    service: SERVICE,
    grants: text,
    identities: [...lines.values()].join(""),
  });
  const as = (name: string): Promise<Rpc> => live.connect({ identity: keys.get(name) ?? assert.fail(name) });
  const [owner, middle, last] = [await live.connect(), await as("middle"), await as("last")];
  try {
    await use({
      live,
      owner,
      middle,
      last,
      said: [],
      pass: (from, method, name, thing) =>
        new Promise((resolve, reject) => {
          const stop = new AbortController();
          const over = from.call(
            method,
            [name, thing],
            {},
            {
              signal: stop.signal,
              onProgress: () =>
                resolve(async () => {
                  stop.abort();
                  await assert.rejects(over);
                }),
            },
          );
          over.catch(reject);
        }),
      revoke: async (name) => {
        lines.delete(name);
        const left = text.replaceAll(`, "id:${name}"`, "").replaceAll(`to: "id:${name}"`, "to: admin");
        live.state.writePolicy(left, [...lines.values()].join(""));
        assert.equal(await live.daemon.reload(), true);
      },
    });
  } finally {
    await Promise.all([owner.close(), middle.close(), last.close()]);
    await live.has();
    await live.stop();
    remove();
  }
}

/** A room of the tester's that says back what is said in it. */
const roomOf = (said: string[]): object => ({
  say: (text: string) => `${said.push(text)}: ${text}`,
  shut: () => null,
});

describe("what is passed on by whoever was given it", () => {
  test("is used within the bounds of the first, and counts there", () =>
    inHall({ owner: "calls: 2, share: true" }, async ({ owner, middle, last, said, pass }) => {
      await pass(owner, "keep", "hall", roomOf(said));
      const hall = untyped(await middle.call("enter", ["hall"]));
      await pass(middle, "keep", "attic", hall);
      const attic = untyped(await last.call("enter", ["attic"]));
      assert.equal(await attic.say("from the last"), "1: from the last");
      assert.equal(await hall.say("from the middle"), "2: from the middle");
      for (const one of [attic, hall])
        await assert.rejects(one.say("once more"), { code: "resource_exhausted", origin: "limit" });
      assert.deepEqual(said, ["from the last", "from the middle"]);
    }));

  test("is used within the bounds of the middle one too: calls, and methods", () =>
    inHall({ middle: "methods: say, calls: 1, share: true" }, async ({ owner, middle, last, said, pass }) => {
      await pass(owner, "keep", "hall", roomOf(said));
      const hall = untyped(await middle.call("enter", ["hall"]));
      await pass(middle, "keep", "attic", hall);
      const attic = untyped(await last.call("enter", ["attic"]));
      await assert.rejects(attic.shut(), { code: "permission_denied" });
      assert.equal(await attic.say("one"), "1: one");
      await assert.rejects(attic.say("two"), { code: "resource_exhausted" });
      assert.equal(await hall.shut(), null, "the middle one itself has what the first gave");
    }));

  test("goes to no third client where the middle one's grant, or the method, does not share it", async () => {
    await inHall({ middle: "methods: say, calls: 9" }, async ({ owner, middle, last, said, pass }) => {
      await pass(owner, "keep", "hall", roomOf(said));
      await pass(middle, "keep", "attic", await middle.call("enter", ["hall"]));
      await assert.rejects(last.call("enter", ["attic"]), { code: "internal" });
    });
    await inHall({}, async ({ owner, middle, said, pass }) => {
      await pass(owner, "keepPrivate", "hall", roomOf(said));
      await assert.rejects(middle.call("enter", ["hall"]), { code: "internal" });
    });
  });

  const ENDS: readonly [
    name: string,
    end: (
      hall: Hall & { readonly stop: readonly (() => Promise<void>)[]; readonly held: unknown },
    ) => Promise<unknown>,
  ][] = [
    ["with the call of the first", ({ stop: [first] }) => first?.() ?? assert.fail()],
    ["with the call of the middle one", ({ stop: [, second] }) => second?.() ?? assert.fail()],
    ["with the connection of the first", ({ owner }) => owner.close()],
    ["with the connection of the middle one", ({ middle }) => middle.close()],
    ["with the key of the middle one", ({ revoke }) => revoke("middle")],
  ];
  for (const [name, end] of ENDS)
    test(`ends ${name}, and whoever waits for it is told`, () =>
      inHall({}, async (hall) => {
        const { owner, middle, last, pass } = hall;
        const never = { say: () => new Promise(() => undefined), shut: () => null };
        const first = await pass(owner, "keep", "hall", never);
        const held = await middle.call("enter", ["hall"]);
        const second = await pass(middle, "keep", "attic", held);
        const attic = untyped(await last.call("enter", ["attic"]));
        const waiting = assert.rejects(attic.say("anybody?"), ({ code }) => code !== "internal");
        await last.ping();
        await end({ ...hall, stop: [first, second], held });
        await waiting;
        await assert.rejects(attic.say("again"), { code: "reference_gone" });
      }));

  test("goes on where the middle one has only released what it was given: its call still runs", () =>
    inHall({}, async ({ owner, middle, last, said, pass }) => {
      await pass(owner, "keep", "hall", roomOf(said));
      const held = Object(await middle.call("enter", ["hall"]));
      await pass(middle, "keep", "attic", held);
      release(held);
      await middle.ping();
      const attic = untyped(await last.call("enter", ["attic"]));
      assert.equal(await attic.say("still here"), "1: still here");
    }));

  test("comes back to its owner as what it is", () =>
    inHall({}, async ({ owner, middle, said, pass }) => {
      const mine = roomOf(said);
      await pass(owner, "keep", "hall", mine);
      await pass(middle, "keep", "attic", await middle.call("enter", ["hall"]));
      assert.equal(await owner.call("enter", ["attic"]), mine);
    }));

  test("may be a function, within the bounds of both", () =>
    inHall({ middle: "methods: say, calls: 1, share: true" }, async ({ owner, middle, last, pass }) => {
      await pass(owner, "keepLine", "wire", (text: string) => `heard ${text}`);
      const wire = untyped(await middle.call("takeLine", ["wire"]));
      assert.equal(await middle.call("callLine", [wire, "a"]), "heard a");
      await pass(middle, "keepLine", "far", wire);
      const far = untyped(await last.call("takeLine", ["far"]));
      assert.equal(await far("b"), "heard b");
      await assert.rejects(far("c"), { code: "resource_exhausted" });
    }));
});

describe("what the daemon made, given back as an argument", () => {
  test("is a function where it is one", () =>
    inHall({}, async ({ owner }) => {
      const shout = await owner.call("makeLine");
      assert.equal(await owner.call("callLine", [shout, "loud"]), "LOUD");
    }));

  test("is not disposed of while a call runs that uses it, though it is released meanwhile", () =>
    inHall({}, async ({ owner }) => {
      const box = Object(await owner.call("makeBox"));
      let go: (() => void) | undefined;
      const begun = new Promise<void>((began) => {
        go = began;
      });
      let used: Promise<unknown> | undefined;
      await new Promise<void>((running) => {
        const wait = async (): Promise<void> => {
          running();
          await begun;
        };
        used = owner.call("useBox", [box, wait]);
      });
      release(box);
      await owner.ping();
      assert.equal(await owner.call("disposed"), 0);
      go?.();
      assert.deepEqual(await used, [3, 0]);
      await until(async () => (await owner.call("disposed")) === 1);
    }));
});
