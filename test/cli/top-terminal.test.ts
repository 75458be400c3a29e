import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { runCommandLine } from "../../cli/run.ts";
import { WIDE_OPEN } from "../support/daemon.ts";
import { assertRestored, Terminal } from "../support/terminal.ts";
import { WatchedDaemon } from "../support/watched-daemon.ts";
import { fakeIo } from "./fake-io.ts";
import { type Ended, parsed } from "./run-cli.ts";

const SIGTERM = 15;

const CALLER = "  own: {to: caller, call: [add, fail], args: any}\n";
/** The caller may see figures, and no sessions. */
const WATCHING = "  figures: {to: caller, call: rpcd.stats, args: any}\n";

describe("rpcctl top", () => {
  let watched: WatchedDaemon;
  let env: Readonly<Record<string, string>>;
  let caller: Readonly<Record<string, string>>;
  before(async () => {
    watched = await WatchedDaemon.start(CALLER, { config: WIDE_OPEN });
    const { folder, address, hostKey } = watched.daemon;
    const known = join(folder, "known_daemons");
    writeFileSync(known, `${address} ${hostKey}\n`, { mode: 0o600 });
    const common = { HOME: folder, RPCCTL_ADDRESS: address, RPCCTL_KNOWN_DAEMONS: known };
    env = { ...common, RPCCTL_IDENTITY: join(folder, "watcher_key") };
    caller = { ...common, RPCCTL_IDENTITY: join(folder, "client_key") };
    const rpc = await watched.daemon.connect();
    for (let i = 0; i < 3; i++) await rpc.call("add", [i, 1]);
    await rpc.call("fail").catch(() => undefined);
    await rpc.call("secret", [1]).catch(() => undefined);
    await rpc.close();
  });
  after(async () => {
    assert.equal(await watched.daemon.stop(), 0);
  });

  const top = (as = env): Terminal => new Terminal(["top", "--interval", "200ms"], as);
  /** In this process: without a terminal nothing of it is the process's. */
  const once = async (as: Readonly<Record<string, string>>, ...words: string[]): Promise<Ended> => {
    const io = fakeIo({ env: as });
    const code = await runCommandLine(["top", ...words], io);
    return { code, out: io.printed.join(""), err: io.complaints.join("\n") };
  };
  const policy = (): string => join(watched.daemon.folder, "policy.yaml");

  test("draws what the daemon does on a terminal, and a refused reload loudly; q ends it with 0", async () => {
    await using terminal = top();
    const text = await terminal.shows(/\d\/s/);
    assert.match(text, /rpcd \d\S+, up .*, policy [0-9a-f]{12} \(generation 2\)\n/);
    assert.match(text, /^calls +\d+ running, [\d.]+\/s, \d+ answered/m);
    assert.match(text, /^add +0 +0 +3 +0$/m);
    assert.match(text, /^fail +0 +0 +1 +1$/m);
    assert.match(text, /^id:watcher +unix +- +\d/m);
    assert.deepEqual([terminal.page.isCursorShown, terminal.page.isWrapping], [false, false]);
    const good = readFileSync(policy());
    writeFileSync(policy(), "policy: 2\n");
    assert.equal(await watched.daemon.reload(), false);
    await terminal.shows(/^PROBLEM: a reload was refused/m);
    writeFileSync(policy(), good);
    assert.equal(await watched.daemon.reload(), true);
    await terminal.shows(/^[^\n]*\nconnections/);
    terminal.press("q");
    assertRestored(await terminal.ended, terminal, 0);
    assert.equal(terminal.page.first, "");
  });

  test("keeps within a terminal that is made smaller, and takes no arrow for a key; SIGTERM ends it with 130", async () => {
    await using terminal = top();
    await terminal.shows(/^METHODS/m);
    terminal.press("\u001b[A\u001bOq");
    terminal.resize(5, 30);
    const text = await terminal.shows(/^[^\n]*(?:\n[^\n]*){4}$/);
    for (const line of text.split("\n")) assert.ok(line.length <= 30, line);
    terminal.resize(3, 20);
    await terminal.shows(/^[^\n]*(?:\n[^\n]*){2}$/);
    terminal.signal(SIGTERM);
    assertRestored(await terminal.ended, terminal, 130);
    assert.equal(terminal.page.first, "interrupted\r\n");
  });

  test("ends by itself when the terminal is hung up", async () => {
    await using terminal = top();
    await terminal.shows(/^METHODS/m);
    terminal.hangUp();
    assert.notEqual((await terminal.ended).code, 0);
  });

  test("prints once without a terminal, the picture or one JSON object, and ends", async () => {
    const plain = await once(env);
    assert.deepEqual([plain.code, plain.err], [0, ""]);
    assert.match(plain.out, /^unix:\S+ {2}rpcd .*\n(?:.*\n)+\nMETHODS .*\n(?:.*\n)*add +- +- +3 +0\n/);
    assert.match(plain.out, /\n\nSESSIONS .*\nid:watcher .*\n$/);
    const { code, out, err } = await once(env, "--json");
    assert.deepEqual([code, err], [0, ""]);
    const { health, stats, sessions, ...rest } = parsed(out) as Record<string, Record<string, unknown>>;
    assert.deepEqual([health?.["status"], rest], ["ok", {}]);
    const denials = { no_grant: 1, args: 0, request_size: 0, limit: 0, binding: 0, error: 0 };
    assert.deepEqual(stats?.["denials"], denials);
    assert.match(JSON.stringify(stats?.["calls"]), /{"method":"fail","codes":{"internal":1}}/);
    assert.match(
      JSON.stringify(sessions),
      /^\[{"connection":"\w+","principal":"id:watcher","roles":\["admin"\]/,
    );
  });

  test("an interval that is none, or beyond its bounds, ends with 2", async () => {
    for (const [interval, code] of [
      ["200ms", 0],
      ["1m", 0],
      ["199ms", 2],
      ["61s", 2],
      ["1", 2],
    ] as const) {
      const ended = await once(env, "--json", "--interval", interval);
      assert.equal(ended.code, code, `${interval}: ${ended.err}`);
    }
  });

  test("says which grant is missing: without figures it ends with 3, without sessions it shows the rest", async () => {
    const denied = await once(caller);
    assert.deepEqual([denied.code, denied.out], [3, ""]);
    assert.match(
      denied.err,
      /^denied: rpcd\.stats \(request \S+\)\n {2}→ a grant must name rpcd\.stats itself/,
    );
    const text = readFileSync(policy(), "utf8");
    writeFileSync(policy(), text + WATCHING);
    assert.equal(await watched.daemon.reload(), true);
    const { code, out, err } = await once(caller);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(
      out,
      /\nadd .*\n(?:.*\n)*\nsessions are not shown: a grant must name rpcd\.sessions\.list itself/,
    );
    const json = await once(caller, "--json");
    assert.deepEqual([json.code, Object.keys(parsed(json.out))], [0, ["stats"]]);
    assert.match(json.err, /^the sessions are left out: a grant must name rpcd\.sessions\.list itself/);
    // A picture that is already on the screen ends when the grant does.
    await using terminal = top(caller);
    await terminal.shows(/^sessions are not shown/m);
    writeFileSync(policy(), text);
    assert.equal(await watched.daemon.reload(), true);
    assertRestored(await terminal.ended, terminal, 3);
    assert.match(terminal.page.first, /^denied: rpcd\.stats/);
  });

  test("says that the connection is lost, goes on when the daemon is back, and counts anew; Ctrl-C ends it with 130", async () => {
    await using terminal = top();
    await terminal.shows(/\d\/s/);
    watched.daemon.signal("SIGTERM");
    await watched.daemon.exited();
    await terminal.shows(/^CONNECTION LOST: /m);
    const gone = await once(env);
    assert.deepEqual([gone.code, gone.out], [7, ""]);
    await watched.daemon.restart();
    const text = await terminal.shows(/STARTED AGAIN/);
    assert.doesNotMatch(text, /CONNECTION LOST|^add/m);
    terminal.press("\u0003");
    assertRestored(await terminal.ended, terminal, 130);
    assert.equal(terminal.page.first, "interrupted\r\n");
  });
});
