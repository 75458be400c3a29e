import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { COMMANDS } from "../../cli/commands.ts";
import { EXIT_CODES } from "../../cli/io/exit.ts";
import { runCommandLine } from "../../cli/run.ts";
import { TOPICS } from "../../cli/words/topics.ts";
import { inFolder } from "../support/temp-folder.ts";
import { fakeIo } from "./fake-io.ts";
import { type Ended, parsed, rpcctl } from "./run-cli.ts";

// oxlint-disable-next-line no-control-regex -- the control characters are what this is about
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/;

/** Runs a command line in this process: many of them, in the time of one. */
async function here(words: readonly string[]): Promise<Ended> {
  const io = fakeIo();
  const code = await runCommandLine(words, io);
  return { code, out: io.printed.join("\n"), err: io.complaints.join("\n") };
}

const HOSTILE_WORDS: readonly (readonly string[])[] = [
  ["--toString=1"],
  ["--__proto__.x=1"],
  ["--__proto__"],
  ["--constructor"],
  ["--constructor.prototype.polluted=1"],
  ["--hasOwnProperty", "1"],
  ["constructor"],
  ["__proto__"],
  ["version", "--toString=1"],
  ["version", "--__proto__.x=1"],
  ["version", "--constructor"],
  ["call", "--toString=1", "add"],
  ["call", "--__proto__.x=1", "add"],
  ["help", "--valueOf=1"],
  ["help", "constructor"],
  ["help", "__proto__"],
  ["\u001b]52;c;eA==\u0007"],
  ["--\u001b[31m\u009b\u202e=1"],
  ["version", "\u001b[31m\u009b\u202e"],
  ["version", "--\u001b[31m\u009b\u202e"],
  ["-\u009b"],
  [""],
  ["-"],
  ["--"],
  ["---"],
  ["--=x"],
  ["version", "--=x"],
  ["--", "version", "x"],
  ["--json"],
  ["--address"],
  ["x".repeat(100_000)],
  [`--${"x".repeat(100_000)}`],
];

describe("rpcctl", () => {
  test("refuses hostile words with exit code 2, a line on standard error and no escape sequence", async () => {
    for (const words of HOSTILE_WORDS) {
      const shown = JSON.stringify(words).slice(0, 80);
      const { code, out, err } = await here(words);
      assert.equal(code, 2, shown);
      assert.equal(out, "", shown);
      assert.notEqual(err, "", shown);
      assert.doesNotMatch(err, UNSAFE, shown);
      assert.doesNotMatch(err, /made a mistake| at .*\.js/, shown);
    }
  });

  test("outlives as a process the words that end yargs", async () => {
    for (const words of [
      ["--toString=1"],
      ["version", "--__proto__.x=1"],
      ["call", "--constructor", "add"],
    ]) {
      const { code, err } = await rpcctl(words);
      assert.equal(code, 2);
      assert.match(err, /^there is no option '--[^\n]*\n$/);
    }
  });

  test("prints its help on standard error, and 2, where no words are given", async () => {
    const { code, out, err } = await rpcctl([]);
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.match(err, /^Examples:\n/);
  });

  test("prints the package's version", async () => {
    const { version } = parsed(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
    for (const words of [["version"], ["--version"]]) {
      assert.deepEqual(await rpcctl(words), { code: 0, out: `rpcctl ${String(version)}\n`, err: "" });
    }
    assert.equal((await rpcctl(["--json", "version"])).out, `{"version":"${String(version)}"}\n`);
  });

  test("shows examples first in the help of every command", async () => {
    for (const { name } of COMMANDS.entries) {
      const words = name.split(" ");
      const { code, out, err } = await here([...words, "--help"]);
      assert.deepEqual([code, err], [0, ""], name);
      assert.match(out, new RegExp(`^Examples:\\n *rpcctl ${name}[^]*\\n\\nUsage: rpcctl ${name}`));
      assert.equal((await here(["help", ...words])).out, out);
    }
  });

  test("shows the help of a group of commands, examples first", async () => {
    for (const group of COMMANDS.groups) {
      const { code, out, err } = await here([group, "--help"]);
      assert.deepEqual([code, err], [0, ""], group);
      assert.match(
        out,
        new RegExp(`^Examples:\\n *rpcctl ${group} [^]*\\n\\nUsage: rpcctl ${group} COMMAND`),
      );
      for (const { name } of COMMANDS.of(group)) assert.ok(out.includes(name), name);
      for (const words of [
        ["help", group],
        [group, "-h"],
        ["--help", group],
        ["--json", group, "--help"],
      ])
        assert.equal((await here(words)).out, out, words.join(" "));
      const alone = await here([group]);
      assert.deepEqual([alone.code, alone.out], [2, ""]);
      assert.match(alone.err, new RegExp(`^'${group}' needs one more word: ${group} `));
    }
    const wrong = await here(["policy", "lnit", "--help"]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /did you mean 'rpcctl policy lint'\?/);
    assert.match((await here(["help", "polcy"])).err, /did you mean 'rpcctl help policy'\?/);
    assert.match((await here(["polcy"])).err, /did you mean 'rpcctl policy'\?/);
  });

  test("explains its topics, and the exit codes from their table", async () => {
    for (const topic of TOPICS) {
      const { code, out } = await rpcctl(["help", topic]);
      assert.equal(code, 0);
      assert.ok(out.length > 500, topic);
      assert.match(out, /^Examples:\n/, topic);
    }
    const shown = (await rpcctl(["help", "exit-codes"])).out;
    for (const { code, text } of EXIT_CODES)
      assert.ok(shown.includes(`  ${code}  ${text}\n`), `${code}: ${shown}`);
    assert.match((await rpcctl(["help", "exit-code"])).err, /did you mean 'rpcctl help exit-codes'\?/);
  });

  test("does without HOME and with an empty environment", async () => {
    for (const env of [
      {},
      { HOME: "" },
      { HOME: "/nonexistent" },
      { NO_COLOR: "1" },
      { XDG_STATE_HOME: "relative" },
    ]) {
      assert.equal((await rpcctl(["version"], { env })).code, 0);
      const { code, err } = await rpcctl(["call", "add", "2", "3"], { env });
      assert.ok(code === 2 || code === 6, `${code}: ${err}`);
      assert.doesNotMatch(err, /made a mistake/);
    }
  });

  test("ends quietly where nobody reads its output", async () => {
    for (const words of [["help", "arguments"], ["version"], ["help"], ["version", "--json"]]) {
      const { code, err } = await rpcctl(words, { closeOutput: true });
      assert.ok(code === 141 || code === 0, `${words.join(" ")}: ${code}`);
      assert.equal(err, "");
    }
  });

  test("neither asks nor waits without a terminal, and says where no daemon is", () =>
    inFolder(async (folder) => {
      const key = `${folder}/key`;
      await rpcctl(["key", "new", key]);
      const connection = ["--address", `unix:${folder}/none.sock`, "--identity", key];
      for (const words of [["ping"], ["ls"], ["describe", "add"], ["call", "add", "2", "3"]]) {
        const { code, out, err } = await rpcctl([...connection, ...words], {
          env: { XDG_STATE_HOME: folder },
        });
        assert.deepEqual([code, out], [7, ""], words.join(" "));
        assert.match(err, /^unavailable: /);
      }
      const { code, err } = await rpcctl(["--json", ...connection, "ping"], {
        env: { XDG_STATE_HOME: folder },
      });
      assert.equal(code, 7);
      assert.equal(parsed(err)["code"], "unavailable");
    }));

  test("prints wrong words as JSON too where JSON is asked for, and looks for that only among its own", async () => {
    for (const words of [
      ["--json", "nope"],
      ["version", "--json", "x"],
      ["call", "--json", "--nope", "add"],
    ]) {
      const { code, err } = await rpcctl(words);
      assert.equal(code, 2);
      assert.equal(parsed(err)["error"], "usage");
    }
    assert.doesNotMatch((await rpcctl(["call", "--nope", "add", "--json"])).err, /^\{/);
  });

  test("says which address is none, and what addresses look like", async () => {
    const { code, err } = await rpcctl(["ls", "--address", "tcp://\u001b[31m"]);
    assert.equal(code, 2);
    assert.match(err, /unix:\/path/);
    assert.doesNotMatch(err, UNSAFE);
  });
});

/** Every module that is loaded with one: what it names in its imports, but not in `import()`. */
function loadedWith(module: URL, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(module.href)) return seen;
  seen.add(module.href);
  for (const [, name = ""] of readFileSync(module, "utf8").matchAll(/^(?:import|export) .*"([^"]+)";$/gm)) {
    if (name.startsWith(".")) loadedWith(new URL(name, module), seen);
    else seen.add(name);
  }
  return seen;
}

describe("the modules of a call", () => {
  test("are without yargs, YAML and the policy language: loading them takes longer than the call", () => {
    for (const start of ["main.js", "commands/call.js"]) {
      const loaded = [...loadedWith(new URL(`../../cli/${start}`, import.meta.url))];
      assert.ok(loaded.length > 5, start);
      assert.deepEqual(
        loaded.filter((name) => /yargs|yaml|\/policy\/(?!closest)|zod|pino|tweetnacl/.test(name)),
        [],
      );
    }
  });
});
