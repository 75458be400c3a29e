import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type DaemonSetup, PACKAGE, TestDaemon } from "../../support/daemon.ts";
import { failure, until } from "../../support/failure.ts";
import { memoryKib } from "../../support/memory.ts";
import { HOSTILE_THINGS } from "../../support/peers/hostile-things.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const CALLS = 6_000;
/** Of one line that a method writes, in characters: all of them are 20 MB. */
const LINE_CHARS = 3_500;
const GROWTH_MAX_KIB = 48 * 1024;

const SERVICE = `
import { defineService, method, param, z } from "rpcd/service";
import { HOSTILE_THINGS } from ${JSON.stringify(join(PACKAGE, "dist/test/support/peers/hostile-things.js"))};
export default defineService({
  add: method({ params: [param("a", z.int()), param("b", z.int())], returns: z.int(), run: ({ a, b }) => a + b }),
  fail: method({ params: [], run: (_args, ctx) => { ctx.log.error("x".repeat(${LINE_CHARS})); throw new Error("broken"); } }),
  hurl: method({ params: [param("what", z.string())], run: ({ what }) => { throw HOSTILE_THINGS[what](); } }),
  hurlLater: method({ params: [param("what", z.string())], run: async ({ what }) => { throw HOSTILE_THINGS[what](); } }),
  hurlFromWithin: method({ params: [param("what", z.string())], run: ({ what }) => ({ get it() { throw HOSTILE_THINGS[what](); } }) }),
  note: method({ params: [param("what", z.string())], run: ({ what }, ctx) => { ctx.log.info(HOSTILE_THINGS[what]()); return "noted"; } }),
});
`;
const GRANTS = `
grants:
  all: {to: caller, call: ["**"], args: any}
  stats: {to: caller, call: rpcd.stats, args: any}
`;

/** A method that fails and logs in a loop, 64 calls at a time. @returns by how many KiB the daemon grew */
async function flood(daemon: TestDaemon): Promise<number> {
  const rpc = await daemon.connect();
  const before = memoryKib(daemon.pid);
  for (let done = 0; done < CALLS; done += 64)
    await Promise.all(
      Array.from({ length: 64 }, async () =>
        assert.equal((await failure(rpc.call("fail"))).code, "internal"),
      ),
    );
  assert.equal(await rpc.call("add", [2, 3]), 5);
  const { log } = (await rpc.call("rpcd.stats")) as { readonly log: { readonly dropped: number } };
  assert.equal(log.dropped > CALLS / 2, true, `${log.dropped} lines were dropped`);
  await rpc.close();
  return memoryKib(daemon.pid) - before;
}

describe("a log that nobody reads, under methods that fail and write in a loop", () => {
  const setup: DaemonSetup = { service: SERVICE, grants: GRANTS };

  test("71: is a pipe: calls are answered, memory stays flat, and lines that were dropped are told when it is read again", async () => {
    const { path, remove } = tempFolder();
    const pipe = join(path, "log");
    execFileSync("mkfifo", [pipe]);
    const stdout = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    await TestDaemon.during({ ...setup, stdout }, async (daemon) => {
      const grown = await flood(daemon);
      assert.equal(grown < GROWTH_MAX_KIB, true, `${grown} KiB more than before`);
      let text = "";
      await until(() => {
        text = (text + readWaiting(stdout)).slice(-2_000_000);
        return /"msg":"\d+ lines of the log were dropped/.test(text);
      });
    });
    closeSync(stdout);
    remove();
  });

  test("71: is a pipe that is never read again: the daemon ends all the same", async () => {
    const { path, remove } = tempFolder();
    const pipe = join(path, "log");
    execFileSync("mkfifo", [pipe]);
    const stdout = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    await TestDaemon.during({ ...setup, stdout }, async (daemon) => {
      await flood(daemon);
    });
    closeSync(stdout);
    remove();
  });

  test("71: is a terminal that is stopped: calls are answered, and memory stays flat", async () => {
    const nowhere = openSync("/dev/null", "w");
    const launch = (): readonly string[] => ["python3", "-c", ON_A_STOPPED_TERMINAL];
    await TestDaemon.during({ ...setup, stdout: nowhere, launch }, async (daemon) => {
      const grown = await flood(daemon);
      assert.equal(grown < GROWTH_MAX_KIB, true, `${grown} KiB more than before`);
    });
    closeSync(nowhere);
  });

  test("71: a method that fails is told a few times with its stack, then counted", () =>
    TestDaemon.during(setup, async (daemon) => {
      const rpc = await daemon.connect();
      for (let i = 0; i < 20; i++) await failure(rpc.call("fail"));
      await rpc.close();
      const counted = daemon.nextLine("only counted");
      daemon.signal("SIGTERM");
      assert.equal(JSON.parse(await counted)["count"], 17);
      const told = daemon.log.filter((line) => line.includes('"msg":"a call failed"'));
      assert.equal(told.length, 3);
    }));

  test("whatever a method throws or logs, its caller reads internal, and the connection goes on", () =>
    TestDaemon.during(setup, async (daemon) => {
      const rpc = await daemon.connect();
      for (const what of Object.keys(HOSTILE_THINGS)) {
        assert.equal((await failure(rpc.call("hurl", [what]))).code, "internal", what);
        assert.equal((await failure(rpc.call("hurlLater", [what]))).code, "internal", what);
        assert.equal((await failure(rpc.call("hurlFromWithin", [what]))).code, "internal", what);
        assert.equal(await rpc.call("note", [what]), "noted", what);
      }
      await rpc.close();
    }));
});

/** What waits in a pipe. */
function readWaiting(pipe: number): string {
  const piece = Buffer.alloc(256 * 1024);
  try {
    return piece.toString("utf8", 0, readSync(pipe, piece));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return "";
    throw error;
  }
}

/** Becomes the program of its words, whose output is a terminal; its other end is open in the same process, and nobody reads it. */
const ON_A_STOPPED_TERMINAL = `
import os, pty, sys
other, terminal = pty.openpty()
os.set_inheritable(other, True)
os.dup2(terminal, 1)
os.execvp(sys.argv[1], sys.argv[1:])
`;
