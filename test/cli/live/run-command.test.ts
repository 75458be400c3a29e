import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { checkProgram } from "../../../cli/live/check-program.ts";
import { ANSWER_MAX_BYTES, CommandRunner, RUNNING_MAX } from "../../../cli/live/run-command.ts";
import type { CommandWords } from "../../../cli/words/split-command.ts";
import { inFolder } from "../../support/temp-folder.ts";

const run = async (words: CommandWords, input = "", runner = new CommandRunner()): Promise<string> =>
  Buffer.from(await runner.run(words, input, true)).toString();
const script = (text: string, ...args: string[]): CommandWords => [process.execPath, "-e", text, ...args];

describe("CommandRunner", () => {
  test("gives a command its input and takes its output", async () => {
    assert.equal(await run(["cat"], '["x"]\n'), '["x"]\n');
    assert.equal(await run(["true"], "x".repeat(1_000_000)), "", "it need not read its input");
  });

  test("tells how a command failed", async () => {
    await assert.rejects(run(["false"]), { name: "CommandFailed", message: "the command ended with 1" });
    await assert.rejects(run(["sh", "-c", "kill -9 $$"]), { message: "the command ended with SIGKILL" });
    await assert.rejects(run(["/nonexistent/x"]), { message: "the command cannot be run (ENOENT)" });
  });

  test("takes an answer of exactly the limit, and ends a command that says one byte more", async () => {
    const say = (bytes: number): CommandWords => ["head", "-c", String(bytes), "/dev/zero"];
    assert.equal((await run(say(ANSWER_MAX_BYTES))).length, ANSWER_MAX_BYTES);
    await assert.rejects(run(say(ANSWER_MAX_BYTES + 1)), { message: /more than 1048512 bytes/ });
    await assert.rejects(run(["cat", "/dev/zero"]), { message: /more than/ });
  });

  test("runs eight at once, and one more when one of them has ended", () =>
    inFolder(async (folder) => {
      const runner = new CommandRunner();
      const begin = `touch ${folder}/$0 && while [ ! -e ${folder}/go$0 ]; do sleep 0.01; done`;
      const all = Array.from({ length: RUNNING_MAX + 1 }, (_, i) =>
        runner.run(["sh", "-c", begin, String(i)], "", false),
      );
      const begun = (): number => readdirSync(folder).filter((name) => !name.startsWith("go")).length;
      const { writeFileSync } = await import("node:fs");
      while (begun() < RUNNING_MAX) await sleep(10);
      await sleep(100);
      assert.equal(begun(), RUNNING_MAX);
      writeFileSync(join(folder, "go3"), "");
      while (begun() < RUNNING_MAX + 1) await sleep(10);
      for (let i = 0; i <= RUNNING_MAX; i++) writeFileSync(join(folder, `go${i}`), "");
      await Promise.all(all);
    }));

  test("ends what runs, what that has started, and what waits, when the call is over", () =>
    inFolder(async (folder) => {
      const runner = new CommandRunner();
      const begin = `sleep 1000 & echo $! > ${folder}/$0.new && mv ${folder}/$0.new ${folder}/$0.pid; wait`;
      const all = Array.from({ length: RUNNING_MAX + 2 }, (_, i) =>
        runner.run(["sh", "-c", begin, String(i)], "", false),
      );
      const results = Promise.allSettled(all);
      const pids = (): string[] => readdirSync(folder).filter((name) => name.endsWith(".pid"));
      while (pids().length < RUNNING_MAX) await sleep(10);
      runner.close();
      for (const { status } of await results) assert.equal(status, "rejected");
      assert.equal(pids().length, RUNNING_MAX);
      for (const name of pids()) {
        const pid = readFileSync(join(folder, name), "utf8").trim();
        const stat = `/proc/${pid}/stat`;
        for (let i = 0; i < 100 && existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8")); i++)
          await sleep(10);
        assert.ok(!existsSync(stat) || / Z /.test(readFileSync(stat, "utf8")), `process ${pid} is left`);
      }
    }));

  test("knows no shell: what would be one's language is text", async () => {
    const seen = JSON.parse(
      await run(
        script("console.log(JSON.stringify(process.argv.slice(1)))", "$(id)", "`id`", "a|b", "*", ">x"),
      ),
    );
    assert.deepEqual(seen, ["$(id)", "`id`", "a|b", "*", ">x"]);
  });
});

describe("checkProgram", () => {
  const check = (program: string, PATH = process.env["PATH"]): Promise<void> =>
    checkProgram(program, "--callback f", { PATH });

  test("finds a program as the system would", async () => {
    await check("cat");
    await check(process.execPath, "");
    await check("sh", "/nonexistent::/bin");
  });

  test("refuses what is none, with 6", () =>
    inFolder(async (folder) => {
      for (const program of ["no-such-program", "./no/such", folder, "cd"]) {
        const refused = check(program, folder);
        await assert.rejects(refused, { name: "Failure", ending: "not_found" }, program);
      }
    }));
});
