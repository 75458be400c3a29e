import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { describe, test } from "node:test";
import { type Io, streamIo } from "../../cli/io.ts";
import { runCommandLine } from "../../cli/run.ts";
import { inFolder } from "../support/temp-folder.ts";
import { fakeIo } from "./fake-io.ts";

const nowhere = (): Writable => new Writable({ write: (_, __, done) => done() });

const inputIo = (input: Readable, signal = new AbortController().signal): Io => {
  return streamIo({
    stdin: () => input,
    stdout: nowhere,
    stderr: nowhere,
    write: () => Promise.resolve(),
    env: {},
    signal,
    atEnd: () => () => undefined,
  });
};

describe("runCommandLine", () => {
  test("ends with 130 where it was interrupted, whatever the command made of it", async () => {
    for (const words of [["version"], ["key", "show", "/nonexistent"], ["policy", "lint", "/nonexistent"]]) {
      assert.equal(await runCommandLine(words, fakeIo({ signal: AbortSignal.abort() })), 130);
    }
  });

  test("stops waiting for standard input when it is interrupted", async () => {
    const stop = new AbortController();
    const endless = new Readable({ read: () => stop.abort() });
    assert.equal(await runCommandLine(["policy", "lint", "-"], inputIo(endless, stop.signal)), 130);
  });
});

describe("streamIo", () => {
  test("reads standard input for -, once and within the bound", async () => {
    const io = inputIo(Readable.from([Buffer.from("ab"), Buffer.from("cd")]));
    assert.equal(Buffer.from(await io.readBytes("-", 4)).toString(), "abcd");
    assert.throws(() => io.readBytes("-", 4), { ending: "usage", message: /once only/ });
    await assert.rejects(inputIo(Readable.from(["abcde"])).readBytes("-", 4), { ending: "usage" });
  });

  test("reads a file up to the bound and not beyond it, whatever size it tells", () =>
    inFolder(async (folder) => {
      const { writeFile } = await import("node:fs/promises");
      const io = inputIo(Readable.from([]));
      await writeFile(`${folder}/f`, "x".repeat(100_000));
      assert.equal((await io.readBytes(`${folder}/f`, 100_000)).length, 100_000);
      await assert.rejects(io.readBytes(`${folder}/f`, 99_999), {
        ending: "usage",
        message: /more than 99999 bytes/,
      });
      await assert.rejects(io.readBytes("/dev/zero", 1000), { ending: "usage" });
      assert.notEqual((await io.readBytes("/proc/self/status", 100_000)).length, 0);
      await assert.rejects(io.readBytes(`${folder}/none`, 1), {
        ending: "not_found",
        message: /no such file/,
      });
      await assert.rejects(io.readBytes(folder, 1), { ending: "not_found", message: /EISDIR/ });
    }));

  test("takes an answer from a line, and none from an input that ends", async () => {
    assert.equal(await inputIo(Readable.from(["yes\nno\n"])).ask("?"), "yes");
    assert.equal(await inputIo(Readable.from([])).ask("?"), "");
  });

  test("takes no terminal for a person where only one of the two streams is one", () => {
    assert.equal(inputIo(Object.assign(Readable.from([]), { isTTY: true })).isTerminal, false);
  });
});
