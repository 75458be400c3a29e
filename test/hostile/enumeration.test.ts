import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { encode } from "../../wire/cbor.ts";
import { KINDS, type ListenerKind, SERVICE, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { RawPeer } from "../support/raw-peer.ts";

for (const over of KINDS) describe(`what a stranger to a method learns, over ${over}`, () => suite(over));

function suite(over: ListenerKind): void {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start({ service: SERVICE, config: WIDE_OPEN });
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
