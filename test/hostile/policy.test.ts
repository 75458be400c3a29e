import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Rpc } from "../../client/rpc.ts";
import { KINDS, type ListenerKind, OVER, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";

const SERVICE = `
import { defineService, method, param, z } from "rpcd/service";
const text = z.string();
const any = z.any();
const calls = [];
const counted = (name, params) => method({ params, run: (args) => { calls.push(name); return Object.keys(args).length; } });
export default defineService({
  "file.read": counted("file.read", [param("path", text), param("options", any.optional())]),
  "file.readAll": counted("file.readAll", [param("path", text)]),
  "file.read-x": counted("file.read-x", []),
  "admin.reset": counted("admin.reset", []),
  pick: counted("pick", [param("unit", any), param("count", any.optional()), param("note", any.optional())]),
  calls: method({ params: [], run: () => calls.splice(0) }),
});
`;

const GRANTS = `
grants:
  read:
    to: caller
    call: file.read
    args: {path: {path: /var/log/**}}
  pick:
    to: caller
    call: pick
    args:
      unit: {enum: [web, api, 3]}
      count?: {int: 1..5}
  counting: {to: caller, call: calls, args: none}
`;

for (const over of OVER) describe(`around the policy, over ${over}`, () => suite(over));

function suite(over: ListenerKind): void {
  let daemon: TestDaemon;
  let rpc: Rpc;
  before(async () => {
    daemon = await TestDaemon.start({ service: SERVICE, grants: GRANTS, config: WIDE_OPEN });
    rpc = await daemon.connect({}, over);
  });
  after(async () => {
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });
  const denied = async (
    method: string,
    positional: unknown[],
    named: Record<string, unknown> = {},
  ): Promise<void> => {
    const error = await rpc.call(method, positional, named).then(
      (value) =>
        assert.fail(`${method} ${JSON.stringify([positional, named])} answered ${JSON.stringify(value)}`),
      (found: unknown) => found as { code: string },
    );
    assert.match(error.code, /^(permission_denied|invalid_argument)$/);
  };
  /** What has run since it was asked last: what was denied must not be among it. */
  const ran = (): Promise<unknown> => rpc.call("calls");

  test("what is granted runs: the denials below are not for nothing", async () => {
    assert.equal(await rpc.call("file.read", ["/var/log/app/a.log"]), 1);
    assert.equal(await rpc.call("pick", ["web"], { count: 5 }), 2);
    assert.equal(await rpc.call("pick", [3]), 1);
    assert.deepEqual(await ran(), ["file.read", "pick", "pick"]);
  });

  test("38: case, dots, blanks, normal forms and letters that look alike make another method", async () => {
    for (const name of [
      "File.read",
      "FILE.READ",
      "file.Read",
      "file.read.",
      ".file.read",
      "file..read",
      "file/read",

      "file.read\0",
      "file.read\n",
      " file.read",
      "file.read ",
      "file.re\u0301ad",
      "file.réad",
      "ｆile.read",
      "fіle.read",
      "file．read",
      "file.read\u200b",
      "file",
      "file.",
      "read",
      "file.read.path",
    ])
      await denied(name, ["/var/log/a"]);
    assert.deepEqual(await ran(), []);
  });

  test("39: a longer name, a name within it and a name beside it are not granted with it", async () => {
    for (const name of ["file.readAll", "file.read-x", "file.read.x", "admin.reset"]) await denied(name, []);
    assert.deepEqual(await ran(), []);
  });

  test("40: a missing, empty, additional or wrongly typed argument does not pass", async () => {
    const wrong: readonly (readonly [unknown[], Record<string, unknown>])[] = [
      [[], {}],
      [[null], {}],
      [[["web"]], {}],
      [[{ unit: "web" }], {}],
      [["Web"], {}],
      [["web "], {}],
      [["web\0"], {}],
      [["3"], {}],
      [[3.5], {}],
      [[true], {}],
      [[new Uint8Array([0x77, 0x65, 0x62])], {}],
      [["web", 0], {}],
      [["web", 6], {}],
      [["web", "1"], {}],
      [["web", 1.5], {}],
      [["web", null], {}],
      [["web", [1]], {}],
      [["web", 1, "note"], {}],
      [["web"], { note: "x" }],
      [["web"], { unit: "web" }],
      [[], { unit: "db" }],
      [[], { count: 1 }],
      [["web"], { extra: 1 }],
      [["web", 1, 2, 3], {}],
    ];
    for (const [positional, named] of wrong) await denied("pick", [...positional], named);
    assert.deepEqual(await ran(), []);
  });

  test("40: −0, 2.0 and other encodings of a number are that number, for the policy and for the method", async () => {
    const peer = await RawPeer.loggedIn(daemon.at(over), daemon.identity);
    // pick("web", 2.0) as a double, a single and a half.
    for (const [id, number] of [
      [1, "fb4000000000000000"],
      [2, "fa40000000"],
      [3, "f94000"],
    ] as const) {
      peer.frame(
        Buffer.from(`8710 0${id} 00 64 7069636b 82 63 776562 ${number} a0 a0`.replaceAll(" ", ""), "hex"),
      );
      assert.deepEqual(await peer.next(), [17, id, 2]);
    }
    // −0 is 0, and 0 is not within 1..5.
    peer.frame(Buffer.from("87100400647069636b8263776562f98000a0a0", "hex"));
    const [kind] = (await peer.next()) as [number];
    assert.equal(kind, 18);
    await peer.destroy();
    assert.deepEqual(await ran(), ["pick", "pick", "pick"]);
  });

  test("41: by position, by name, one after another, all at once and from another connection: one verdict", async () => {
    const forms = [
      ["web", true],
      ["db", false],
    ] as const;
    for (const [unit, allowed] of forms) {
      const other = await daemon.connect({}, over);
      const all = [
        rpc.call("pick", [unit]),
        rpc.call("pick", [], { unit }),
        rpc.service()["pick"]?.(unit) ?? assert.fail("a method"),
        other.call("pick", [unit]),
        ...Array.from({ length: 50 }, () => rpc.call("pick", [unit])),
      ];
      const verdicts = await Promise.allSettled(all);
      assert.deepEqual(new Set(verdicts.map(({ status }) => status === "fulfilled")), new Set([allowed]));
      assert.equal(await rpc.call("rpcd.can", ["pick", [unit], {}]), allowed);
      assert.equal(await rpc.call("rpcd.can", ["pick", [], { unit }]), allowed);
      await other.close();
    }
    assert.equal(((await ran()) as unknown[]).length, 54);
  });

  test("45: who is named in the arguments is nobody's identity", async () => {
    for (const named of [{ user: "root" }, { principal: "id:admin" }, { roles: ["admin"] }, { key: "x" }])
      await denied("pick", ["web"], named);
    await denied("admin.reset", [], { as: "admin" });
    assert.deepEqual(await ran(), []);
  });

  test("46: discovery lists what may be called, and nothing of the rest", async () => {
    const names = [...(await rpc.catalogue()).keys()];
    assert.deepEqual(names, ["calls", "file.read", "pick", "rpcd.can", "rpcd.catalogue", "rpcd.whoami"]);
  });

  test("47: a path that leaves its folder, by any way of writing it, is denied", async () => {
    for (const path of [
      "/var/log/../../etc/passwd",
      "/var/log/..",
      "/var/log/./a",
      "/var/log//a",
      "//var/log/a",
      "/var/log/a/",

      "var/log/a",
      "/var/logs/a",
      "/var/log",
      "/VAR/log/a",
      "/var/log/a\0.log",
      "/var/log/a\n",
      "/etc/passwd",
      "/var/log/a/../b",
      "file:///var/log/a",
      "",
      "/",
      "/var/log/\u0085",
      "\ufeff/var/log/a",
    ])
      await denied("file.read", [path]);
    assert.deepEqual(await ran(), []);
  });
}

describe("44: a policy that lets nobody in, or nobody do anything", () => {
  test("with no grants a login shows three methods about itself, and all else is denied", async () => {
    const daemon = await TestDaemon.start({ grants: "grants: {}\n" });
    for (const kind of KINDS) {
      const rpc = await daemon.connect({}, kind);
      assert.deepEqual([...(await rpc.catalogue()).keys()], ["rpcd.can", "rpcd.catalogue", "rpcd.whoami"]);
      await assert.rejects(rpc.call("add", [2, 3]), { code: "permission_denied" });
      await rpc.close();
    }
    assert.equal(await daemon.stop(), 0);
  });
});
