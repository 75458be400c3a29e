import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { TestDaemon } from "../support/daemon.ts";
import { type Ended, parsed, rpcctl } from "./run-cli.ts";

describe("rpcctl can-i", () => {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start({
      grants: `
grants:
  narrow:
    to: caller
    call: add
    args: {a: {int: 0..100}, b: {int: 0..100}}
  free: {to: caller, call: nothing, args: none}
`,
    });
    writeFileSync(join(daemon.folder, "known"), `${daemon.address} ${daemon.hostKey}\n`, { mode: 0o600 });
  });
  after(async () => {
    await daemon.stop();
  });
  const canI = (...words: string[]): Promise<Ended> =>
    rpcctl(["can-i", ...words], {
      env: {
        HOME: daemon.folder,
        RPCCTL_ADDRESS: daemon.address,
        RPCCTL_IDENTITY: join(daemon.folder, "client_key"),
        RPCCTL_KNOWN_DAEMONS: join(daemon.folder, "known"),
      },
    });

  test("says yes with 0 and no with 3, by the arguments, and nothing is run", async () => {
    assert.deepEqual(await canI("add", "2", "3"), { code: 0, out: "yes\n", err: "" });
    assert.deepEqual(await canI("--arg", "b=3", "--arg", "a=100", "add"), { code: 0, out: "yes\n", err: "" });
    assert.deepEqual(await canI("add", "2", "101"), { code: 3, out: "no\n", err: "" });
    assert.deepEqual(parsed((await canI("--json", "add", "2", "101")).out), { can: false });
    assert.equal(daemon.audit.filter(({ method }) => method === "add").length, 0);
  });

  test("without arguments says whether there are any with which it may be called", async () => {
    assert.deepEqual(await canI("add"), { code: 0, out: "yes, with the right arguments\n", err: "" });
    assert.deepEqual(await canI("nothing"), { code: 0, out: "yes\n", err: "" });
  });

  test("answers alike for a method that may not be called and one that is not there", async () => {
    for (const words of [[], ["1"], ["--json", "1"].slice(1)]) {
      assert.deepEqual(await canI("secret", ...words), await canI("no.such", ...words));
      assert.deepEqual(await canI("secret", ...words), { code: 3, out: "no\n", err: "" });
    }
  });

  test("lists what may be called", async () => {
    const { code, out } = await canI("--list");
    assert.equal(code, 0);
    assert.match(out, /^add /m);
    assert.doesNotMatch(out, /secret/);
  });

  test("an argument of the wrong type, and a line that asks nothing, are usage errors", async () => {
    for (const words of [["add", "x", "3"], ["add", "2"], [], ["--list", "add"]]) {
      const { code, out } = await canI(...words);
      assert.deepEqual([code, out], [2, ""], words.join(" "));
    }
  });
});
