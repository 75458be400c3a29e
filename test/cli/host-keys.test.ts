import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createKeyFiles } from "../../certs/private-key-file.ts";
import { fingerprint } from "../../certs/public-key.ts";
import { HostKeyError } from "../../client/index.ts";
import { TestDaemon } from "../support/daemon.ts";
import { type Ended, rpcctl } from "./run-cli.ts";

describe("a daemon that changes its host key", () => {
  let daemon: TestDaemon;
  let known: string;
  let next: string;
  before(async () => {
    daemon = await TestDaemon.start();
    known = join(daemon.folder, "known");
    next = fingerprint(await createKeyFiles(join(daemon.folder, "next_host_key"), "next"));
  });
  after(async () => {
    await daemon.stop();
  });
  const run = (...words: string[]): Promise<Ended> =>
    rpcctl(words, {
      env: {
        HOME: daemon.folder,
        RPCCTL_ADDRESS: daemon.address,
        RPCCTL_IDENTITY: join(daemon.folder, "client_key"),
        RPCCTL_KNOWN_DAEMONS: known,
      },
    });
  const pins = (): string[] =>
    readFileSync(known, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.slice(daemon.address.length + 1));
  const configure = async (text: string): Promise<void> => {
    daemon.signal("SIGTERM");
    await daemon.exited();
    const file = join(daemon.folder, "rpcd.yaml");
    const kept = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => !line.includes("host_key"));
    writeFileSync(file, [...kept, text].join("\n"), { mode: 0o600 });
    await daemon.restart();
  };

  test("names the next one first: clients pin it beside the old one and say so", async () => {
    writeFileSync(known, `${daemon.address} ${daemon.hostKey}\n`, { mode: 0o600 });
    await configure("other_host_keys: [next_host_key]");
    const first = await run("call", "add", "2", "3");
    assert.deepEqual([first.code, first.out], [0, "5\n"]);
    assert.match(first.err, /changes its host keys: .* is good too/);
    assert.equal(first.err.includes(next), true);
    assert.deepEqual(pins(), [daemon.hostKey, next]);
    assert.deepEqual(await run("call", "add", "2", "3"), { code: 0, out: "5\n", err: "" }, "said once");
    const rpc = await daemon.connect();
    assert.deepEqual(rpc.hostKeyFingerprints, [daemon.hostKey, next]);
    await rpc.close();
  });

  test("then changes over: who has learnt the new one goes on and forgets the old one, and says so", async () => {
    await configure("host_key: next_host_key");
    const ended = await run("call", "add", "2", "3");
    assert.deepEqual([ended.code, ended.out], [0, "5\n"]);
    assert.match(ended.err, /is good no longer/);
    assert.deepEqual(pins(), [next]);
  });

  test("who was away the whole time is told of a changed key, and nothing is pinned", async () => {
    writeFileSync(known, `${daemon.address} ${daemon.hostKey}\n`, { mode: 0o600 });
    const ended = await run("call", "add", "2", "3");
    assert.equal(ended.code, 4);
    assert.match(ended.err, /changed host key/);
    assert.deepEqual(pins(), [daemon.hostKey]);
    await assert.rejects(daemon.connect(), (error) => error instanceof HostKeyError);
  });

  test("leaves other daemons' pins as they were, and survives a file that cannot be written", async () => {
    const others = `unix:/a ${daemon.hostKey}\ntls://b:1 ${next}\n`;
    writeFileSync(known, `${others}${daemon.address} ${next}\n${daemon.address} ${daemon.hostKey}\n`, {
      mode: 0o600,
    });
    assert.equal((await run("ping")).code, 0);
    assert.equal(readFileSync(known, "utf8"), `${others}${daemon.address} ${next}\n`);
    // A file that is only read is not written: here a folder stands in its way.
    rmSync(known);
    mkdirSync(known);
    assert.notEqual((await run("ping")).code, 0);
    rmSync(known, { recursive: true });
  });

  test("no more than three others can be named", async () => {
    daemon.signal("SIGTERM");
    await daemon.exited();
    const file = join(daemon.folder, "rpcd.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, `${text}\nother_host_keys: [a, b, c, d]\n`, { mode: 0o600 });
    await assert.rejects(daemon.restart(), /other_host_keys: at most 3, not 4/);
    writeFileSync(file, text, { mode: 0o600 });
    await daemon.restart();
  });
});
