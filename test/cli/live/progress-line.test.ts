import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { describe, test } from "node:test";
import { streamIo } from "../../../cli/io/stream-io.ts";
import { ProgressLine, progressText, REDRAW_MS } from "../../../cli/live/progress-line.ts";

const progress = (done: number, total?: number, note?: string) => ({ done, total, note });

describe("progressText", () => {
  test("says how much of how much, the share and the note, as far as they are known", () => {
    assert.equal(progressText(progress(30, 120, "step 30")), "30/120 25% step 30");
    assert.equal(progressText(progress(30)), "30");
    assert.equal(progressText(progress(0, 0)), "0/0");
    assert.equal(progressText(progress(5, 3)), "5/3 100%");
  });

  test("lets no escape sequence of a daemon through", () => {
    assert.equal(
      progressText(progress(1, 2, "\u001b[2J\u009b31m\r\n\u202e")),
      "1/2 50% \\u{1b}[2J\\u{9b}31m\\r\\n\\u{202e}",
    );
  });
});

describe("ProgressLine", () => {
  test("draws ten times a second at most, and what was said last", async () => {
    const shown: string[] = [];
    let nowMs = 1000;
    const line = new ProgressLine({ columns: 80, show: (text) => void shown.push(text) }, () => nowMs);
    line.show(progress(0));
    nowMs += REDRAW_MS - 1;
    for (let i = 1; i <= 100_000; i++) line.show(progress(i));
    assert.deepEqual(shown, ["0"]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(shown, ["0", "100000"]);
    nowMs += REDRAW_MS;
    line.show(progress(7));
    assert.deepEqual(shown.slice(2), ["7"]);
    line.show(progress(8));
    line.end();
    await new Promise((resolve) => setTimeout(resolve, 2 * REDRAW_MS));
    assert.deepEqual(shown.slice(3), [""]);
  });

  test("fills a line to the last column but one, and never more", () => {
    const shown: string[] = [];
    const draw = (note: string): string => {
      new ProgressLine({ columns: 10, show: (text) => void shown.push(text) }).show(
        progress(1, undefined, note),
      );
      return shown.at(-1) ?? "";
    };
    assert.equal(draw("1234567"), "1 1234567");
    assert.equal(draw("12345678"), "1 1234567");
    // Wide ones take two columns each.
    assert.equal(draw("漢漢漢漢"), "1 漢漢漢");
    assert.equal(draw("x".repeat(1_000_000)), "1 xxxxxxx");
  });
});

describe("the status line", () => {
  const terminal = (env: Readonly<Record<string, string>> = {}, isTTY = true) => {
    const written: string[] = [];
    const stream = (): Writable =>
      new Writable({ write: (chunk, _, done) => (written.push(String(chunk)), done()) });
    const io = streamIo({
      stdin: () => Readable.from([]),
      stdout: stream,
      stderr: () => Object.assign(stream(), { isTTY, columns: 40 }),
      write: async (bytes) => void written.push(Buffer.from(bytes).toString()),
      env,
      signal: new AbortController().signal,
      atEnd: () => () => undefined,
    });
    return { io, written };
  };

  test("is erased before anything else is printed, and at its end", async () => {
    const { io, written } = terminal();
    assert.equal(io.status?.columns, 40);
    io.status.show("one");
    io.out("out");
    io.err("err");
    io.status.show("two");
    await io.write(Buffer.from("bytes"));
    io.status.show("three");
    io.status.show("");
    io.status.show("");
    const erase = "\r\u001b[K";
    assert.deepEqual(written, [
      `${erase}one`,
      erase,
      "out\n",
      "err\n",
      `${erase}two`,
      erase,
      "bytes",
      `${erase}three`,
      erase,
    ]);
  });

  test("is none where standard error is no terminal, or one that can do nothing", () => {
    assert.equal(terminal({}, false).io.status, undefined);
    assert.equal(terminal({ TERM: "dumb" }).io.status, undefined);
  });
});
