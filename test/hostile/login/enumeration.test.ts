import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { encode } from "../../../wire/cbor.ts";
import { type ListenerKind, OVER, SERVICE, TestDaemon, WIDE_OPEN } from "../../support/daemon.ts";
import { RawPeer } from "../../support/peers/raw-peer.ts";

/**
 * `secret` is taken away from the caller's own grant, `before` is another role's, and the others are the caller's: over
 * another channel, from elsewhere, at another time, or on trial.
 */
const SOME_HIDDEN = `
grants:
  most:
    to: caller
    call: ["**"]
    except: [secret, before, echo, large, madeLarge, liar, deadline]
    args: any
  admins: {to: admin, call: before, args: any}
  elsewhere: {to: caller, call: echo, args: any, via: stream}
  far: {to: caller, call: large, args: any, from: 192.0.2.0/24}
  gone: {to: caller, call: madeLarge, args: any, valid: {until: 2020-01-01T00:00:00Z}}
  to-come: {to: caller, call: liar, args: any, valid: {since: 2999-01-01T00:00:00Z}}
shadow:
  on-trial: {to: caller, call: deadline, args: any}
never:
  nobody: {call: secret}
`;

/** Guesses of each sort. */
const GUESSES = 10_000;
/** Sent together; a connection has 128 calls in flight. */
const WINDOW = 120;

for (const over of OVER) describe(`what a stranger to a method learns, over ${over}`, () => suite(over));

function suite(over: ListenerKind): void {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start({ service: SERVICE, grants: SOME_HIDDEN, config: WIDE_OPEN });
  });
  after(async () => {
    assert.equal(await daemon.stop(), 0);
  });

  /** The answer to a first call, with the connection's own name taken out. */
  const answer = async (method: string, positional: unknown[], named: object = {}): Promise<string> => {
    const peer = await RawPeer.connect(daemon.at(over));
    await peer.hello();
    peer.login(daemon.identity);
    await peer.next();
    peer.frame(encode([16, 1, 0, method, positional, named, {}]));
    const [, , fault] = (await peer.next()) as [number, number, { id: string }];
    await peer.destroy();
    const connection = fault.id.replace(/-1$/, "");
    return Buffer.from(peer.raw[2] ?? [])
      .toString("latin1")
      .replaceAll(connection, "C");
  };

  test("46, 70: hidden, forbidden and unknown methods are the same bytes, whatever comes with them", async () => {
    const expected = await answer("no.such.method", []);
    const names = [
      "secret",
      "before",
      "echo",
      "large",
      "madeLarge",
      "liar",
      "deadline",
      "secre",
      "Secret",
      "SECRET",
      "secret.",
      ".secret",
      "secret.x",
      "secret ",
      "secret\0",
      "ｓecret",
      "sеcret",
      "secret\u0301",
      "",
      "rpcd.policy",
      "*",
      "**",
      "constructor",
      "__proto__",
      "hasOwnProperty",
      "toString",
      "__defineGetter__",
      "then",
      "x".repeat(10_000),
    ];
    for (const name of names) assert.equal(await answer(name, []), expected, name.slice(0, 40));
    const loads: readonly (readonly [unknown[], object])[] = [
      [[1], {}],
      [[1, 2, 3], {}],
      [[], { a: 1 }],
      [[1], { a: 1 }],
      [[], { nope: 1 }],
      [["x".repeat(50_000)], {}],
    ];
    for (const [positional, named] of loads) {
      assert.equal(await answer("secret", positional, named), expected);
      assert.equal(await answer("no.such.method", positional, named), expected);
    }
  });

  test("70: ten thousand pipelined guesses of each sort are answered by the same bytes, and in the same times", async (t) => {
    const sorts = { hidden: "before", forbidden: "secret", "on trial": "deadline", unknown: "sought" };
    const names = Object.values(sorts);
    const times = new Map(names.map((name) => [name, new Float64Array(GUESSES)]));
    const peer = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
    let expected: string | undefined;
    const asked: { readonly name: string; readonly at: number }[] = [];
    for (let from = 0; from < names.length * GUESSES; from += WINDOW) {
      const window = Math.min(WINDOW, names.length * GUESSES - from);
      for (let i = 0; i < window; i++) {
        // In turns, each sort as often in each place.
        const name = names[(from / WINDOW + i) % names.length] ?? "";
        asked.push({ name, at: performance.now() });
        peer.send([16, asked.length, 0, name, [1], {}, {}]);
      }
      for (let i = 0; i < window; i++) {
        const [kind, id, { id: request, ...rest }] = (await peer.next()) as [number, number, { id: string }];
        assert.equal(request.endsWith(`-${id}`), true);
        const said = JSON.stringify([kind, rest]);
        expected ??= said;
        assert.equal(said, expected);
        const { name, at } = asked[id - 1] ?? assert.fail("an answer to nothing");
        const own = times.get(name) ?? assert.fail(name);
        own[Math.floor((id - 1) / names.length)] = performance.now() - at;
      }
    }
    // The request ids are as long as each other where the ids are: so are the frames.
    const lengths = new Set(peer.raw.slice(-1_000).map(({ length }) => length));
    assert.equal(lengths.size, 1);
    await peer.destroy();
    for (const [sort, name] of Object.entries(sorts)) {
      const sorted = (times.get(name) ?? assert.fail(sort)).toSorted();
      const at = (part: number): string =>
        `${((sorted[Math.floor(part * (GUESSES - 1))] ?? 0) * 1_000).toFixed(0)} µs`;
      t.diagnostic(`${sort}: 10 % ${at(0.1)}, median ${at(0.5)}, 90 % ${at(0.9)}, 99 % ${at(0.99)}`);
    }
  });

  test("37: names that JavaScript knows are looked up like any other, and found nowhere", async () => {
    const rpc = await daemon.connect({}, over);
    for (const name of [
      "constructor",
      "prototype",
      "valueOf",
      "isPrototypeOf",
      "toLocaleString",
      "__lookupSetter__",
    ]) {
      await assert.rejects(rpc.call(name), { code: "permission_denied" });
      assert.equal(await rpc.call("rpcd.can", [name]), false);
    }
    await rpc.close();
  });

  test("45: a name among the arguments changes nothing about who calls", async () => {
    const rpc = await daemon.connect({}, over);
    const error = await rpc
      .call("add", [1, 2], { user: "root", principal: "id:admin" })
      .catch((found: unknown) => found);
    assert.deepEqual(
      (error as { issues: { path: string }[] }).issues.map(({ path }) => path),
      ["user", "principal"],
    );
    await rpc.close();
  });
}
