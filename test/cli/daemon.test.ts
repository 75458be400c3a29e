import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { TestDaemon } from "../support/daemon.ts";
import { type Ended, rpcctl as run } from "./run-cli.ts";

/** Calls are few enough here that each may run as its own process, as a user's would. */
describe("rpcctl against a real daemon", () => {
  let daemon: TestDaemon;
  let known: string;
  before(async () => {
    daemon = await TestDaemon.start({
      grants: `
grants:
  narrow:
    to: caller
    call: add
    args: {a: {int: 0..100}, b: {int: 0..100}}
  rest:
    to: caller
    call: ["**"]
    except: [add, secret]
    args: any
`,
    });
    known = join(daemon.folder, "known_daemons");
    writeFileSync(known, `${daemon.address} ${daemon.hostKey}\n`, { mode: 0o600 });
  });
  after(async () => {
    await daemon.stop();
  });

  const rpcctl = (...words: string[]): Promise<Ended> =>
    run(words, {
      env: {
        HOME: daemon.folder,
        RPCCTL_ADDRESS: daemon.address,
        RPCCTL_IDENTITY: join(daemon.folder, "client_key"),
        RPCCTL_KNOWN_DAEMONS: known,
      },
    });
  const calls = (): number =>
    daemon.audit.filter(({ kind, method }) => kind === "call" && method !== "rpcd.catalogue").length;

  test("call add 2 3 prints 5", async () => {
    assert.deepEqual(await rpcctl("call", "add", "2", "3"), { code: 0, out: "5\n", err: "" });
    for (const words of [
      ["--arg", "b=3", "--arg", "a=2", "add"],
      ["--arg=b=3", "add", "2"],
      ["add", "--", "2", "3"],
      ["--kwargs", '{"a": 2, "b": 3}', "add"],
      ["--", "add", "2", "3"],
    ])
      assert.deepEqual(await rpcctl("call", ...words), { code: 0, out: "5\n", err: "" }, words.join(" "));
    assert.deepEqual(await rpcctl("call", "--json", "echo", '{"a":[1,null]}'), {
      code: 0,
      out: '{"a":[1,null]}\n',
      err: "",
    });
  });

  test("an argument of the wrong type ends with 2, names the parameter, and nothing is sent", async () => {
    const sent = calls();
    const { code, out, err } = await rpcctl("call", "add", "2", "x");
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /\bb\b/);
    assert.match(err, /whole number|int/);
    for (const words of [
      ["2"],
      ["2", "3", "4"],
      ["2", "2.5"],
      ["2", ""],
      ["2", "1e400"],
      ["2", "9007199254740992"],
    ]) {
      assert.equal((await rpcctl("call", "add", ...words)).code, 2, words.join(" "));
    }
    assert.equal(calls(), sent);
  });

  test("a method without a grant ends with 3, as does one that does not exist", async () => {
    const hidden = await rpcctl("call", "secret", "1");
    const unknown = await rpcctl("call", "no.such", "1");
    assert.deepEqual([hidden.code, unknown.code, hidden.out], [3, 3, ""]);
    assert.match(hidden.err, /^denied: secret \(request [0-9a-z]{16}-\d+\)\n/);
    const shape = ({ err }: Ended): string =>
      err.replace(/request \S+\)/, "").replace(/secret|no\.such/g, "M");
    assert.equal(shape(hidden), shape(unknown));
  });

  test("arguments that the policy refuses end with 3 and say which", async () => {
    const { code, err } = await rpcctl("call", "add", "2", "101");
    assert.equal(code, 3);
    assert.match(err, /^denied: add/);
    assert.match(err, /\bb\b/);
  });

  test("a fault of the method ends with 1, one by mistake with 13, and a deadline with 8", async () => {
    const fault = await rpcctl("call", "--json", "fault", "full");
    assert.equal(fault.code, 1);
    const { code, reason, message } = JSON.parse(fault.err);
    assert.deepEqual([code, reason], ["failed_precondition", "full"]);
    assert.match(message, /the disk is full/);
    assert.equal((await rpcctl("call", "fail")).code, 13);
    assert.equal((await rpcctl("call", "--timeout", "100ms", "hang")).code, 8);
  });

  test("a wrong host key ends with 4, shows both fingerprints, and the daemon hears of no login", async () => {
    const logins = daemon.audit.length;
    const wrong = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    writeFileSync(known, `${daemon.address} ${wrong}\n`);
    const { code, err, out } = await rpcctl("call", "add", "2", "3");
    assert.deepEqual([code, out], [4, ""]);
    assert.equal(err.includes(wrong) && err.includes(daemon.hostKey), true, err);
    writeFileSync(known, "");
    const unknown = await rpcctl("call", "add", "2", "3");
    assert.equal(unknown.code, 4);
    assert.equal(unknown.err.includes(`rpcctl trust ${daemon.address} ${daemon.hostKey}`), true, unknown.err);
    assert.equal(daemon.audit.length, logins);
    assert.equal((await rpcctl("trust", daemon.address, daemon.hostKey)).code, 0);
    assert.equal((await rpcctl("call", "add", "2", "3")).out, "5\n");
  });

  test("a key that is not enrolled ends with 4, and enrol prints the lines that let it in", async () => {
    const key = join(daemon.folder, "stranger");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "stranger", "-f", key]);
    const { code, err } = await rpcctl("call", "--identity", key, "add", "2", "3");
    assert.equal(code, 4);
    assert.match(err, /login refused/);
    const enrol = await rpcctl("enrol", "--identity", key, "--name", "stranger");
    assert.equal(enrol.code, 0);
    assert.equal(enrol.out.includes(readFileSync(`${key}.pub`, "utf8").trim().split(" ")[1] ?? "-"), true);
  });

  test("a key of ssh-keygen logs in once the policy has it", async () => {
    const other = await TestDaemon.start();
    const key = join(other.folder, "made_by_ssh_keygen");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    const line = readFileSync(`${key}.pub`, "utf8").trim();
    const policy = join(other.folder, "policy.yaml");
    const text = readFileSync(policy, "utf8").replace(
      "identities:\n",
      `identities:\n  another:\n    keys: ["${line}"]\n    roles: [caller]\n`,
    );
    const next = await TestDaemon.start();
    writeFileSync(join(next.folder, "policy.yaml"), text);
    next.signal("SIGTERM");
    await next.exited();
    await next.restart();
    writeFileSync(known, `${next.address} ${next.hostKey}\n`);
    const { code, out } = await rpcctl("ping", "--address", next.address, "--identity", key);
    assert.deepEqual([code, out.startsWith("id:another (roles caller)")], [0, true], out);
    await next.stop();
    await other.stop();
    writeFileSync(known, `${daemon.address} ${daemon.hostKey}\n`);
  });

  test("ls and describe show what this caller may call, and nothing else", async () => {
    const ls = await rpcctl("ls");
    assert.equal(ls.code, 0);
    assert.match(ls.out, /^add /m);
    assert.doesNotMatch(ls.out, /secret/);
    const describeAdd = await rpcctl("describe", "add");
    assert.match(describeAdd.out, /Adds\./);
    assert.equal((await rpcctl("describe", "secret")).code, 3);
  });

  test("whatever a method returns reaches a terminal escaped", async () => {
    const { out } = await rpcctl("call", "echo", "\u001b]52;c;eA==\u0007\u202e");
    assert.equal(out, "\\u{1b}]52;c;eA==\\u{7}\\u{202e}\n");
  });

  test("the daemon stopped: 7", async () => {
    const gone = await TestDaemon.start();
    await gone.stop();
    const { code, err, out } = await rpcctl("call", "--address", gone.address, "add", "2", "3");
    assert.deepEqual([code, out], [7, ""]);
    assert.match(err, /^unavailable: /);
  });
});
