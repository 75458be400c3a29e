import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { after, before, describe, test } from "node:test";
import { streamIo } from "../../cli/io/stream-io.ts";
import { runCommandLine } from "../../cli/run.ts";
import { rpcd } from "../support/rpcd.ts";
import { sample } from "../support/sample.ts";
import { TestState } from "../support/state.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { rpcctl } from "./run-cli.ts";

/** What there is in place of a regular file, and what it is called. */
const KINDS = [
  ["fifo", "a FIFO"],
  ["socket", "a socket"],
  ["/dev/null", "a device"],
  ["folder", "a folder"],
] as const;

describe("a path that leads to no regular file", () => {
  const { path: folder, remove } = tempFolder();
  let server: Server;
  before(async () => {
    execFileSync("mkfifo", [join(folder, "fifo")]);
    execFileSync("mkdir", [join(folder, "folder")]);
    writeFileSync(join(folder, "policy.yaml"), "policy: 1\n", { mode: 0o600 });
    server = createServer().listen(join(folder, "socket"));
    await once(server, "listening");
  });
  after(() => {
    server.close();
    remove();
  });
  const env = { HOME: folder, RPCCTL_ADDRESS: "unix:/nonexistent/rpcd.sock" };

  /** In this process, as the program does: most of what a process of its own costs is to load the program. */
  const here = async (words: readonly string[]): Promise<{ readonly code: number; readonly err: string }> => {
    const said: string[] = [];
    const stream = (): Writable =>
      new Writable({
        write: (chunk, _, done) => {
          said.push(String(chunk));
          done();
        },
      });
    const io = streamIo({
      stdin: () => Readable.from([]),
      stdout: stream,
      stderr: stream,
      write: () => Promise.resolve(),
      env,
      signal: new AbortController().signal,
      atEnd: () => () => undefined,
    });
    return { code: await runCommandLine(words, io), err: said.join("") };
  };

  test("is rejected at once by every option and word of rpcctl that names a file, with what it is", async () => {
    const policy = join(folder, "policy.yaml");
    for (const [name, kind] of KINDS) {
      const path = join(name.startsWith("/") ? "/" : folder, name);
      for (const [words, ends] of [
        [["policy", "lint", path], 6],
        [["policy", "lint", "--fix", path], 6],
        [["policy", "lint", "--catalogue", path, policy], 6],
        [["policy", "lint", "--severity-file", path, policy], 6],
        [["policy", "fmt", path], 6],
        [["policy", "test", path], 6],
        [["policy", "test", "--catalogue", path, policy], 6],
        [["policy", "show", "--file", path], 6],
        [["policy", "can", "--file", path, "alice"], 6],
        [["policy", "explain", "--file", path, "alice", "add()"], 6],
        [["ping", "--config", path], 4],
        [["ping", "--identity", path], 4],
        [["key", "show", path], 4],
        [["key", "fingerprint", path], 4],
        [["enrol", "--identity", path], 4],
        [
          ["trust", "unix:/x", "SHA256:uNiVztksCsDhcc0u9e8BrrhXkOYe0/SbIRn1xSf9Z3o", "--known-daemons", path],
          4,
        ],
      ] as const) {
        const { code, err } = await here(words);
        assert.equal(code, ends, `${words.join(" ")}: ${err}`);
        assert.ok(err.includes(`but this is ${kind}`), `${words.join(" ")}: ${err}`);
        assert.match(err, /\n {2}→ |a folder/, words.join(" "));
      }
    }
  });

  test("keeps no process of rpcctl", async () => {
    for (const words of [
      ["policy", "lint", "fifo"],
      ["policy", "lint", "--catalogue", "fifo", "policy.yaml"],
      ["ping", "--identity", "fifo"],
    ])
      assert.match((await rpcctl(words, { env, cwd: folder })).err, /but this is a FIFO/, words.join(" "));
  });

  test("is rejected by rpcd, in its options and in what its configuration names", async () => {
    const state = await TestState.make();
    try {
      for (const [name, kind] of sample(KINDS, 3)) {
        const path = join(name.startsWith("/") ? "/" : folder, name);
        for (const words of [
          ["--config", path],
          ["--check", "--config", path],
          ["reload", path],
        ]) {
          const { code, err } = await rpcd(words);
          assert.equal(code, 78, `${words.join(" ")}: ${err}`);
          assert.ok(err.includes(`but this is ${kind}`), `${words.join(" ")}: ${err}`);
        }
        if (kind !== "a folder") {
          const made = await rpcd(["init", path]);
          assert.equal(made.code, 78, made.err);
          assert.ok(
            made.err.includes(`${path}: a new or empty folder was expected, but this is ${kind}`),
            made.err,
          );
        }
        const config = join(state.path, "odd.yaml");
        const named = ["host_key", "other_host_keys", "policy", "services"].map(
          (option) => `${option}: ${JSON.stringify(path)}\n`,
        );
        writeFileSync(config, `listen: unix:odd.sock\n${named.join("")}`, { mode: 0o600 });
        const { code, err } = await rpcd(["--check", "--config", config]);
        assert.equal(code, 78, err);
        assert.equal(
          err.split(`${path}: `).filter((report) => report.includes(`but this is ${kind}`)).length,
          named.length,
          err,
        );
      }
    } finally {
      state.remove();
    }
  });
});
