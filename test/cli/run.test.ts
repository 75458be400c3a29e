import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { Readable, Writable } from "node:stream";
import { describe, test } from "node:test";
import type { Io } from "../../cli/io/io.ts";
import { streamIo } from "../../cli/io/stream-io.ts";
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
      const io = inputIo(Readable.from([]));
      await writeFile(`${folder}/f`, "x".repeat(100_000));
      assert.equal((await io.readBytes(`${folder}/f`, 100_000)).length, 100_000);
      await assert.rejects(io.readBytes(`${folder}/f`, 99_999), {
        ending: "usage",
        message: /at most 99999 bytes were expected/,
      });
      assert.notEqual((await io.readBytes("/proc/self/status", 100_000)).length, 0);
      await assert.rejects(io.readBytes(`${folder}/none`, 1), {
        ending: "not_found",
        message: /no such file/,
      });
    }));

  test("rejects at once what is no regular file, and says what it is", () =>
    inFolder(async (folder) => {
      const io = inputIo(Readable.from([]));
      execFileSync("mkfifo", [`${folder}/fifo`]);
      const server = createServer().listen(`${folder}/socket`);
      await once(server, "listening");
      for (const [path, kind] of [
        [`${folder}/fifo`, "a FIFO"],
        [`${folder}/socket`, "a socket"],
        ["/dev/zero", "a device"],
        [folder, "a folder"],
      ] as const)
        await assert.rejects(io.readBytes(path, 1000), {
          ending: "not_found",
          message: new RegExp(`^${path}: a (regular )?file was expected, but this is ${kind}$`),
        });
      server.close();
    }));

  test("gives up a FIFO that nobody writes, and reads one that somebody does", () =>
    inFolder(async (folder) => {
      execFileSync("mkfifo", [`${folder}/fifo`]);
      const stop = new AbortController();
      const io = inputIo(Readable.from([]), stop.signal);
      const silent = await io.open(`${folder}/fifo`);
      const reading = assert.rejects(silent.pieces[Symbol.asyncIterator]().next(), { name: "AbortError" });
      stop.abort();
      await reading;
      await silent.close();
      const read = inputIo(Readable.from([])).open(`${folder}/fifo`);
      const writing = writeFile(`${folder}/fifo`, "from a FIFO");
      const input = await read;
      const parts: Uint8Array[] = [];
      for await (const part of input.pieces) parts.push(part);
      await writing;
      await input.close();
      assert.equal(Buffer.concat(parts).toString(), "from a FIFO");
    }));

  test("takes an answer from a line, and none from an input that ends", async () => {
    assert.equal(await inputIo(Readable.from(["yes\nno\n"])).ask("?"), "yes");
    assert.equal(await inputIo(Readable.from([])).ask("?"), "");
  });

  test("takes no terminal for a person where only one of the two streams is one", () => {
    assert.equal(inputIo(Object.assign(Readable.from([]), { isTTY: true })).isTerminal, false);
  });
});
