import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { constants as system } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { systemCode } from "../../files/file-problem.ts";
import { type Ended, rpcctl, rpcctlProcess, startRpcctl } from "../cli/run-cli.ts";
import { TestDaemon } from "../support/daemon.ts";
import { LIVE_GRANTS, LIVE_SERVICE } from "../support/live-service.ts";
import { peakMemoryKib } from "../support/memory.ts";

const TEXT = "Simple\nis\nbetter than $(complex).\n";
const AS_CALLS = '["Simple\\n"]\n["is\\n"]\n["better than $(complex).\\n"]\n';

type Env = Readonly<Record<string, string>>;

async function start(): Promise<{ readonly daemon: TestDaemon; readonly env: Env }> {
  const started = await TestDaemon.start({ service: LIVE_SERVICE, grants: LIVE_GRANTS });
  const { folder, address, hostKey } = started;
  writeFileSync(join(folder, "known"), `${address} ${hostKey}\n`, { mode: 0o600 });
  return {
    daemon: started,
    env: {
      HOME: folder,
      PATH: process.env["PATH"] ?? "",
      RPCCTL_ADDRESS: address,
      RPCCTL_IDENTITY: join(folder, "client_key"),
      RPCCTL_KNOWN_DAEMONS: join(folder, "known"),
    },
  };
}

/** How large the file is that goes through both ends; continuous integration asks for four gibibytes. */
const COPY_MIB = Number(process.env["RPCD_COPY_MIB"] ?? 24);

/**
 * What each end may have at its peak, whatever the file's size. Newer lines of Node let more garbage lie before they collect it: the
 * daemon was seen at 168 MiB on Node 24, with 117 to 123 on Node 20.
 */
const MEMORY_MIB = Number.parseInt(process.versions.node, 10) < 22 ? 150 : 220;

let daemon: TestDaemon;
let env: Env;
let path: string;
before(async () => {
  ({ daemon, env } = await start());
  path = join(daemon.folder, "a.txt");
  writeFileSync(path, TEXT);
});
after(() => daemon.stop());

const run = (words: readonly string[], more: Parameters<typeof rpcctl>[1] = {}): Promise<Ended> =>
  rpcctl(words, { env, cwd: daemon.folder, ...more });
const call = (...words: string[]): Promise<Ended> => run(["call", ...words]);
const ok = async (ended: Promise<Ended>, out: string): Promise<void> =>
  assert.deepEqual(await ended, { code: 0, out, err: "" });
const counts = async (): Promise<Readonly<Record<string, number>>> =>
  JSON.parse((await call("--json", "counts")).out);

describe("rpcctl call with what is passed by reference", () => {
  test("the daemon iterates an open file, and calls back for each line, in one command line", async () => {
    await ok(call("--file", `lines=${path}`, "--callback", "on_line=-", "countLines"), `${AS_CALLS}3\n`);
    await ok(call("--file", "lines=a.txt", "--callback", "on_line=-", "countLines", "--"), `${AS_CALLS}3\n`);
    await ok(
      run(["call", "--file", "lines=-", "--callback", "on_line=-", "countLines"], { input: TEXT }),
      `${AS_CALLS}3\n`,
    );
  });

  test("bytes go there and back as they are, and a part of standard input is enough", async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    writeFileSync(join(daemon.folder, "bytes"), bytes);
    const child = startRpcctl(["call", "--file", "src=bytes", "copy"], { env, cwd: daemon.folder });
    const parts: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => parts.push(part));
    const [code] = await once(child, "close");
    assert.equal(code, 0);
    assert.ok(Buffer.concat(parts).equals(bytes));
    await ok(call("--json", "--file", "src=a.txt", "copy"), `{"$bytes":"${btoa(TEXT)}"}\n`);
    await ok(run(["call", "--file", "items=-", "first"], { input: `{"a": 1}\n\n"x"\n` }), "a: 1\n");
  });

  test("items are read from lines of JSON, and printed as such; --raw writes texts as they are", async () => {
    await ok(
      run(["call", "--json", "--file", "items=-", "take", "3"], { input: '1\r\n[true]\n"text"\n' }),
      '[1,[true],"text"]\n',
    );
    await ok(call("numbers", "3"), "0\n1\n2\n");
    await ok(
      call("--file", "lines=a.txt", "upper"),
      TEXT.toUpperCase().replace(/.*\n/g, (line) => `${JSON.stringify(line)}\n`),
    );
    await ok(call("--raw", "--file", "lines=a.txt", "upper"), TEXT.toUpperCase());
    await ok(call("--raw", "data", "as it is"), "as it is");
  });

  test("what is wrong with the words is said here, and nothing is sent", async () => {
    const sent = (): number =>
      daemon.audit.filter(({ kind, method }) => kind === "call" && method !== "rpcd.catalogue").length;
    const sentBefore = sent();
    for (const [code, words] of [
      [2, ["countLines"]],
      [2, ["--file", "lines=a.txt", "countLines"]],
      [2, ["--file", "lines=a.txt", "--callback", "on_line='a", "countLines"]],
      [2, ["--callback", "f=-", "twice", "3"]],
      [2, ["countLines", "--file", "lines=a.txt", "--callback", "on_line=-"]],
      [2, ["--file", "lines=-", "--input", "-", "upper"]],
      [2, ["watch"]],
      [2, ["cursor.next"]],
      [6, ["--file", "src=/nonexistent", "copy"]],
      [6, ["--file", `src=${daemon.folder}`, "copy"]],
      [6, ["--callback", "f=no-such-program x", "twice", "3"]],
    ] as const) {
      const ended = await call(...words);
      assert.deepEqual([ended.code, ended.out], [code, ""], `${words.join(" ")}: ${ended.err}`);
    }
    assert.equal(sent(), sentBefore);
    const hidden = await call("--file", "x=/nonexistent", "no.such");
    assert.equal(
      hidden.code,
      3,
      "a method that is not known is the daemon's to deny, and no file is opened for it",
    );
  });

  test("a value never becomes a file, a command or an option", async () => {
    for (const value of [
      "--file",
      "--file=value=/etc/hostname",
      "value=x",
      "value@=/etc/hostname",
      "--help",
      "--json",
      "-",
    ]) {
      await ok(call("data", value), `${value}\n`);
      await ok(call("data", "--", value), `${value}\n`);
      await ok(call("--arg", `value=${value}`, "data"), `${value}\n`);
    }
    await ok(call("data", "--", "--"), "--\n");
    await ok(call("--", "data", "--", "--json"), "--json\n");
    assert.equal((await call("--", "--json", "--", "x")).code, 3, "a method that does not exist");
    for (const words of [
      ["data", "--file", "value=a.txt"],
      ["--file", "items=/dev/null", "take", "--callback", "items=-"],
      ["--file", "items=/dev/null", "take", "3", "--file", "items=a.txt"],
      ["--file", "items=/dev/null", "take", "--", "--file", "items=a.txt"],
      ["--file", "items=/dev/null", "take", "--file", "items=a.txt"],
      ["--file", "items=/dev/null", "take", "n@=a.txt"],
      ["--file", "lines=/dev/null", "countLines", "--callback", "on_line=touch owned"],
    ]) {
      const { code, out } = await call(...words);
      assert.deepEqual([code, out], [2, ""], words.join(" "));
    }
    assert.ok(!existsSync(join(daemon.folder, "owned")));
  });

  test("a file gives its content to what takes data, and its items to a stream", async () => {
    await ok(call("--json", "--file", "value=a.txt", "data"), `{"$bytes":"${btoa(TEXT)}"}\n`);
    writeFileSync(join(daemon.folder, "n"), "2\n");
    await ok(
      run(["call", "--json", "--file", "items=-", "--file", "n=n", "take"], { input: "1\n2\n3\n" }),
      "[1,2]\n",
    );
  });

  test("a line of a file that does not fit ends the command, and is named", async () => {
    for (const [file, method, said] of [
      ['1\n{"a": 1\n', "take", /^--file items: line 2: a value in JSON was expected, but it is not JSON/],
      ["1\n\ntext\n", "take", /^--file items: line 3: /],
      ['1\n{"a": 1, "a": 2}\n', "take", /^--file items: line 2: .*the key 'a' stands twice/],
      [
        "one\n\ufefftwo\n",
        "upper",
        /^(broken off midway: )?--file lines: line 2: the text begins with a byte order mark/,
      ],
      [
        "\ufeffone\n",
        "upper",
        /^(broken off midway: )?--file lines: line 1: the text begins with a byte order mark/,
      ],
    ] as const) {
      const options = ["--file", method === "take" ? "items=-" : "lines=-"];
      const words = method === "take" ? ["take", "9"] : [method];
      const { code, err } = await run(["call", ...options, ...words], { input: file });
      assert.match(err, said);
      assert.ok(code === 2 || (method === "upper" && code === 11), `${code}: ${err}`);
    }
    const latin = await run(["call", "--file", "lines=-", "upper"], {
      input: Buffer.from([0x61, 0x0a, 0xff, 0x0a]),
    });
    assert.match(latin.err, /--file lines: line 2: .*UTF-8/);
    assert.notEqual(latin.code, 0);
  });

  test("--help behind METHOD prints what describe prints, unless the method takes this text", async () => {
    for (const method of ["countLines", "twice", "take"]) {
      const shown = await run(["describe", method]);
      assert.equal(shown.code, 0);
      assert.deepEqual(await call(method, "--help"), shown);
      assert.deepEqual(await run(["can-i", method, "--help"]), shown);
    }
    assert.deepEqual(await call("--json", "take", "--help"), await run(["describe", "--json", "take"]));
    await ok(call("data", "--help"), "--help\n");
    assert.equal((await call("secret", "--help")).code, 3);
    assert.equal((await call("--file", "items=/dev/null", "take", "--", "--help")).code, 2);
  });

  test("a command answers, or its failure is the callback's", async () => {
    await ok(call("--callback", `f=sh -c 'read x; x=\${x#[}; echo $((\${x%]} * 3))'`, "twice", "7"), "63\n");
    for (const [command, said] of [
      ["false", "the command ended with 1"],
      ["echo x", "the command's answer: int was expected"],
      ["head -c 2000000 /dev/zero", "the command's answer has more than"],
    ]) {
      const { code, err } = await call("--callback", `f=${command}`, "twice", "7");
      assert.equal(code, 1, err);
      assert.equal(err.split("\n").filter((line) => line.startsWith(`--callback f: ${said}`)).length, 1, err);
    }
  });

  test("what a command gets stands on its standard input alone, whatever language it would be", async () => {
    const nasty = "$(touch owned) `touch owned` ; touch owned | touch owned > owned\u001b[2J ' \" \\\n";
    const look = 'sh -c \'cat; tr "\\0" "\\n" < /proc/$$/cmdline; env\'';
    // The environment of a command is that of the process.
    const { code, out } = await rpcctlProcess(
      ["call", "--file", "lines=-", "--callback", `on_line=${look}`, "countLines"],
      { env, cwd: daemon.folder, input: nasty },
    );
    assert.equal(code, 0);
    const [first = "", ...rest] = out.split("\n");
    assert.deepEqual(JSON.parse(first), [nasty]);
    assert.ok(!first.includes("\u001b"));
    assert.doesNotMatch(rest.join("\n"), /owned/);
    assert.ok(!existsSync(join(daemon.folder, "owned")));
  });

  test("what lives only as long as the command is named and let go", async () => {
    const { disposed = 0 } = await counts();
    await ok(call("open", "3"), "an object 'cursor': it lives only as long as this command\n");
    await ok(call("counter"), "a function: it lives only as long as this command\n");
    await ok(call("--json", "open"), '{"$reference":"cursor"}\n');
    await ok(call("--callback", "f=-", "giveBack"), "what was passed as 'f' comes back\n");
    assert.equal((await counts())["disposed"], disposed + 2);
  });

  test("a stream that breaks off ends with 11 behind what has come; one that never begins as any fault", async () => {
    for (const method of ["broken", "brokenOnPurpose", "wrongItem"]) {
      const { code, out, err } = await call(method);
      assert.deepEqual([code, out], [11, "1\n"], err);
      assert.match(err, /^broken off midway: /);
    }
    assert.equal((await call("--timeout", "10s", "--callback", "f=-", "recurse")).code, 0);
    assert.equal((await call("openNever")).code, 1);
  });

  test("describe and ls tell the options, can-i leaves out what is passed by reference", async () => {
    assert.match((await run(["describe", "countLines"])).out, /--file lines=PATH[^]*--callback on_line=-/);
    assert.match(
      (await run(["ls", "cursor.*"])).out,
      /^cursor\.next .*on a 'cursor' that a method returns: The next number\.$/m,
    );
    await ok(run(["can-i", "take", "3"]), "yes\n");
    await ok(run(["can-i", "copy"]), "yes, with the right arguments\n");
    assert.deepEqual(await run(["can-i", "keep", "a", "b"]).then(({ code }) => code), 2);
    await ok(run(["can-i", "--arg", "name=a", "keep"]), "yes\n");
    await ok(run(["can-i", "--file", "items=/nonexistent", "take", "3"]), "yes\n");
    assert.equal((await run(["can-i", "--arg", "items=x", "take", "3"])).code, 2);
  });
});

/** @returns false where a pipe that does not wait has no room for all of it */
function fits(pipe: number, bytes: Uint8Array): boolean {
  try {
    writeSync(pipe, bytes);
    return true;
  } catch (error) {
    assert.equal(systemCode(error), "EAGAIN");
    return false;
  }
}

/** Whether a process listens to a signal, by the mask that the kernel shows. */
function catches(pid: number | undefined, signal: number): boolean {
  const [, mask = ""] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

describe("rpcctl call that ends before its method", () => {
  /** The daemon has stopped making what nobody reads. */
  const producersEnded = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      const { opened, ended } = await counts();
      if (opened === ended) return;
      await sleep(20);
    }
    assert.fail("a producer goes on");
  };

  test("a reader that has enough ends it quietly, and the producer too", async () => {
    const child = startRpcctl(["call", "numbers", "1000000000"], { env });
    const err: Buffer[] = [];
    child.stderr.on("data", (part: Buffer) => err.push(part));
    child.stdout.once("data", () => child.stdout.destroy());
    assert.deepEqual(await once(child, "close"), [141, null]);
    assert.equal(Buffer.concat(err).toString(), "");
    await producersEnded();
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`${signal} cancels the call at the daemon and ends with 130`, async () => {
      const child = startRpcctl(["call", "numbers", "1000000000"], { env });
      child.stdout.once("data", () => child.kill(signal));
      child.stdout.resume();
      assert.deepEqual(await once(child, "close"), [130, null]);
      await producersEnded();
    });
  }

  test("SIGINT ends a command that answers a callback, with what it has started", async () => {
    const pidFile = join(daemon.folder, "pid");
    const command = `sh -c 'sleep 1000 & echo $! > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; wait'`;
    const child = startRpcctl(["call", "--callback", `f=${command}`, "recurse"], { env });
    while (!existsSync(pidFile)) await sleep(20);
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "close"), [130, null]);
    const stat = `/proc/${readFileSync(pidFile, "utf8").trim()}/stat`;
    for (let i = 0; i < 50 && existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8")); i++)
      await sleep(20);
    assert.ok(!existsSync(stat) || /\) Z /.test(readFileSync(stat, "utf8")));
  });

  test("a second signal ends it at once, also where its output is not taken", async (context) => {
    const fifo = join(daemon.folder, "output");
    execFileSync("mkfifo", [fifo]);
    const ours = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    context.after(() => closeSync(ours));
    const page = Buffer.alloc(4096);
    while (fits(ours, page));
    // One page has room: when it no longer has, rpcctl has begun to write, and has far more to write than that.
    readSync(ours, page);
    const child = startRpcctl(["call", "numbers", "1000000000"], { env, output: fifo });
    while (fits(ours, page)) {
      readSync(ours, page);
      assert.equal(child.exitCode, null, "rpcctl has ended");
      await sleep(20);
    }
    while (fits(ours, page.subarray(0, 1)));
    child.kill("SIGINT");
    while (catches(child.pid, system.signals.SIGTERM)) await sleep(5);
    child.kill("SIGTERM");
    const [, signal] = await once(child, "exit");
    // By the signal itself: in an orderly end it would have had a code.
    assert.equal(signal, "SIGTERM");
  });
});

test(`a file of ${COPY_MIB} MiB goes through both ends within ${MEMORY_MIB} MiB of memory each`, async (context) => {
  // One that has done nothing else: what is asked about is its peak.
  const fresh = await start();
  context.after(() => fresh.daemon.stop());
  const big = join(daemon.folder, "big");
  const file = openSync(big, "w");
  const hash = createHash("sha256");
  for (let i = 0; i < COPY_MIB; i++) {
    const part = Buffer.alloc(1024 * 1024, `${i} of many parts; `);
    writeSync(file, part);
    hash.update(part);
  }
  const child = startRpcctl(["call", "--file", `src=${big}`, "copy"], {
    env: fresh.env,
    // As long as the daemon gives a stream: for gigabytes on a slow disk.
    tooLongMs: 300_000,
  });
  const back = createHash("sha256");
  let peakKib = 0;
  child.stdout.on("data", (part: Buffer) => {
    back.update(part);
    if (existsSync(`/proc/${child.pid}/status`)) peakKib = Math.max(peakKib, peakOf(child.pid ?? 0));
  });
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  assert.equal(back.digest("hex"), hash.digest("hex"));
  const daemonKib = peakMemoryKib(fresh.daemon.pid);
  context.diagnostic(`peak memory: rpcctl ${peakKib >> 10} MiB, rpcd ${daemonKib >> 10} MiB`);
  assert.ok(peakKib > 0 && peakKib < MEMORY_MIB * 1024, `rpcctl had ${peakKib} KiB`);
  assert.ok(daemonKib < MEMORY_MIB * 1024, `rpcd had ${daemonKib} KiB`);
});

/** A process that has just ended has no memory any more. */
function peakOf(pid: number): number {
  try {
    return peakMemoryKib(pid);
  } catch {
    return 0;
  }
}
