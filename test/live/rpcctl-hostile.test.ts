import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { after, before, describe, test } from "node:test";
import { createKeyFiles } from "../../certs/private-key-file.ts";
import { streamIo } from "../../cli/io/stream-io.ts";
import { runCommandLine } from "../../cli/run.ts";
import { encodeMessage, type Message } from "../../wire/message.ts";
import { WireReference } from "../../wire/reference.ts";
import { type Ended, rpcctl, rpcctlProcess, startRpcctl } from "../cli/run-cli.ts";
import { peakMemoryKib } from "../support/memory.ts";
import { afterLogin, framed, HOST_FINGERPRINT, HostileDaemon } from "../support/peers/hostile-daemon.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { readWhole } from "../support/whole-message.ts";

/** Texts that would do something to a terminal or a shell. */
const NASTY =
  "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp.exe\r\nroot# $(touch owned) `touch owned` --help\u2028";
// oxlint-disable-next-line no-control-regex -- it is the control characters that are looked for
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

const ANY = { type: "any" };
const LINES = { name: "lines", shape: { type: "stream", of: { type: "string" } }, optional: true };
const TOLD = {
  name: "f",
  shape: { type: "callback", args: [ANY], returns: { type: "null" } },
  optional: true,
};

describe("a hostile daemon against what rpcctl passes and prints by reference", () => {
  let daemon: HostileDaemon;
  const { path: home, remove } = tempFolder();
  let env: Readonly<Record<string, string>>;
  before(async () => {
    daemon = await HostileDaemon.start("unix");
    await createKeyFiles(join(home, "key"), "me");
    writeFileSync(join(home, "known"), `${daemon.address} ${HOST_FINGERPRINT}\n`, { mode: 0o600 });
    env = {
      HOME: home,
      PATH: process.env["PATH"] ?? "",
      RPCCTL_ADDRESS: daemon.address,
      RPCCTL_IDENTITY: join(home, "key"),
      RPCCTL_KNOWN_DAEMONS: join(home, "known"),
      RPCCTL_TIMEOUT: "1m",
    };
  });
  after(() => {
    daemon.stop();
    remove();
  });

  /** Answers the catalogue with a method `m`, and what comes then by `answer`. */
  const answering = (
    returns: object,
    answer: (message: Message, send: (message: Message) => void) => void,
  ): void => {
    const method = { name: "m", doc: "", params: [LINES, TOLD], returns, errors: {} };
    const page = { methods: [{ ...method, effect: "read", idempotent: true, reserved: false }], next: null };
    daemon.script = afterLogin((frame, peer) => {
      const send = (message: Message): void => peer.write(framed(encodeMessage(message)));
      const message = readWhole(frame);
      if (message.kind === "call" && message.method === "rpcd.catalogue")
        send({ kind: "value", id: message.id, value: page });
      else answer(message, send);
    });
  };
  /** A stream with these items, as the result of each call. */
  const streaming = (
    returns: object,
    items: readonly unknown[],
    last: Message = { kind: "end", ref: 1 },
  ): void =>
    answering(returns, (message, send) => {
      if (message.kind === "call")
        send({ kind: "value", id: message.id, value: new WireReference("stream", 1) });
      if (message.kind !== "credit") return;
      for (const item of items) send({ kind: "item", ref: 1, item });
      send(last);
    });
  const run = (...words: string[]): Promise<Ended> => rpcctl(words, { env, cwd: home });
  const harmless = ({ code, out, err }: Ended, what: string): void => {
    assert.doesNotMatch(out, RAW, `${what}: stdout`);
    assert.doesNotMatch(err, RAW, `${what}: stderr`);
    assert.doesNotMatch(err, /made a mistake/, what);
    assert.notEqual(code, null, what);
  };

  test("the items of a stream forge nothing on the terminal, and one that is no bytes is never taken for bytes", async () => {
    const stream = { type: "stream", of: ANY };
    streaming(stream, [NASTY, { a: [NASTY] }, new Uint8Array([27, 91])]);
    for (const words of [
      ["call", "m"],
      ["call", "--json", "m"],
    ]) {
      const ended = await run(...words);
      harmless(ended, words.join(" "));
      assert.equal(ended.code, 0, ended.err);
      assert.deepEqual(
        ended.out.split("\n").map((line) => line && JSON.parse(line)),
        [NASTY, { a: [NASTY] }, { $bytes: "G1s=" }, ""],
      );
    }
    streaming({ type: "stream", of: { type: "bytes" } }, [NASTY]);
    const wrong = await run("call", "m");
    harmless(wrong, "a text among bytes");
    assert.deepEqual([wrong.code, wrong.out], [10, ""]);
    const fault = { code: "internal", message: NASTY, id: "" } as const;
    streaming(stream, [1], { kind: "gone", ref: 1, fault });
    const broken = await run("call", "m");
    harmless(broken, "a stream that breaks off");
    assert.deepEqual([broken.code, broken.out], [11, "1\n"]);
  });

  test("a result that was not declared is named, and let go", async () => {
    for (const kind of ["callback", "object", "stream"] as const) {
      answering(ANY, (message, send) => {
        if (message.kind === "call")
          send({ kind: "value", id: message.id, value: new WireReference(kind, 1) });
        if (message.kind === "credit") send({ kind: "end", ref: 1 });
      });
      const ended = await run("call", "m");
      harmless(ended, kind);
      assert.equal(ended.code, 0);
      assert.match(
        ended.out,
        kind === "stream" ? /^$/ : /^something by reference, which the method does not declare/,
      );
    }
  });

  /** Calls the callback so often, and then answers. */
  const calling = (times: number, args: readonly unknown[]): void => {
    let left = times;
    let caller = 0;
    answering(ANY, (message, send) => {
      if (message.kind === "call") {
        caller = message.id;
        left = times;
        const f = message.named["f"];
        assert.ok(f instanceof WireReference);
        for (let id = 1; id <= times; id++)
          send({
            kind: "call",
            id,
            target: f.id,
            method: "",
            positional: args,
            named: {},
            deadlineMs: undefined,
          });
      } else if (message.kind === "value" || message.kind === "fault") {
        if (--left === 0) send({ kind: "value", id: caller, value: "done" });
      }
    });
  };

  test("what a callback is called with is printed as data, and gets to a command as data", async () => {
    calling(3, [NASTY, { [NASTY.replaceAll(/\p{C}/gu, "x")]: NASTY }]);
    for (const value of ["-", "cat", "sh -c cat", "xargs -d '\\n' -n 1 echo"]) {
      // What a command prints goes where the process prints.
      const ended = await rpcctlProcess(["call", "--callback", `f=${value}`, "m"], { env, cwd: home });
      harmless(ended, value);
      const lines = ended.out.split("\n").slice(0, 3);
      assert.deepEqual(
        lines.map((line) => JSON.parse(line)[0]),
        [NASTY, NASTY, NASTY],
        value,
      );
      assert.match(ended.out, /\ndone\n$/);
    }
    assert.ok(!existsSync(join(home, "owned")));
  });

  test("calls of a callback beyond what runs at once are answered all the same", async () => {
    calling(200, ["x"]);
    const ended = await run("call", "--timeout", "1m", "--callback", "f=true", "m");
    assert.deepEqual([ended.code, ended.out, ended.err], [0, "done\n", ""]);
    calling(200, ["x"]);
    const failing = await run("call", "--timeout", "1m", "--callback", "f=false", "m");
    assert.deepEqual([failing.code, failing.err], [0, "--callback f: the command ended with 1\n"]);
  });

  test("progress without end is drawn a few times, escaped, and takes no memory", async () => {
    const times = 200_000;
    answering(ANY, (message, send) => {
      if (message.kind !== "call") return;
      for (let i = 0; i < times; i++)
        send({ kind: "progress", id: message.id, done: i, total: i % 2 === 0 ? 0 : undefined, note: NASTY });
      send({ kind: "value", id: message.id, value: "done" });
    });
    const child = startRpcctl(["call", "--timeout", "2m", "m"], { env });
    let peakKib = 0;
    const look = setInterval(() => {
      if (existsSync(`/proc/${child.pid}/status`)) peakKib = Math.max(peakKib, peakOf(child.pid ?? 0));
    }, 20);
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => said.push(part));
    const [code] = await once(child, "close");
    clearInterval(look);
    assert.deepEqual(
      [code, Buffer.concat(said).toString()],
      [0, "done\n"],
      "without a terminal nothing is drawn",
    );
    assert.ok(peakKib > 0 && peakKib < 150 * 1024, `${peakKib} KiB`);
  });

  test("progress on a terminal forges nothing there", async () => {
    answering(ANY, (message, send) => {
      if (message.kind !== "call") return;
      for (let i = 0; i < 20_000; i++)
        send({ kind: "progress", id: message.id, done: i, total: 20_000, note: NASTY });
      send({ kind: "value", id: message.id, value: "done" });
    });
    const written: string[] = [];
    const stream = (): Writable =>
      new Writable({
        write: (chunk, _, done) => {
          written.push(String(chunk));
          done();
        },
      });
    const io = streamIo({
      stdin: () => Readable.from([]),
      stdout: stream,
      stderr: () => Object.assign(stream(), { isTTY: true, columns: 60 }),
      write: (bytes) => Promise.resolve(void written.push(Buffer.from(bytes).toString())),
      env,
      signal: new AbortController().signal,
      atEnd: () => () => undefined,
    });
    const from = performance.now();
    assert.equal(await runCommandLine(["call", "m"], io), 0);
    const drawn = written.filter((text) => text.startsWith("\r\u001b[K") && text.length > 4);
    assert.ok(
      drawn.length >= 1 && drawn.length <= 2 + (performance.now() - from) / 100,
      `${drawn.length} times`,
    );
    for (const text of drawn) {
      assert.doesNotMatch(text.slice(4), RAW);
      assert.ok(text.length - 4 < 60);
      assert.match(text.slice(4), /^\d+\/20000 \d+% \\u\{1b\}/);
    }
    assert.deepEqual(written.slice(-2), ["\r\u001b[K", "done\n"]);
  });

  test("a stream without end is written as it comes, and not kept", async () => {
    answering({ type: "stream", of: { type: "bytes" } }, (message, send) => {
      if (message.kind === "call")
        send({ kind: "value", id: message.id, value: new WireReference("stream", 1) });
      if (message.kind !== "credit") return;
      // As much as it may, again and again.
      for (let bytes = 0; bytes < message.bytes; bytes += 65_536)
        send({ kind: "item", ref: 1, item: new Uint8Array(65_000) });
    });
    const child = startRpcctl(["call", "m"], { env });
    let taken = 0;
    let peakKib = 0;
    child.stdout.on("data", (part: Buffer) => {
      taken += part.length;
      if (taken < 2 ** 30 / 8) return;
      peakKib = Math.max(peakKib, peakOf(child.pid ?? 0));
      child.stdout.destroy();
    });
    assert.deepEqual(await once(child, "close"), [141, null]);
    assert.ok(peakKib < 150 * 1024, `${peakKib} KiB`);
  });
});

/** A process that has just ended has no memory any more. */
function peakOf(pid: number): number {
  try {
    return peakMemoryKib(pid);
  } catch {
    return 0;
  }
}
