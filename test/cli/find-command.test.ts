import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { COMMANDS } from "../../cli/commands.ts";
import { POLICY_EXITS } from "../../cli/exit.ts";
import { exitsFor, findCommand } from "../../cli/find-command.ts";

const find = (...argv: string[]): readonly unknown[] | undefined => {
  const found = findCommand(argv);
  return found === undefined ? undefined : [found.entry.name, ...found.words];
};

describe("findCommand", () => {
  test("finds every command by its words", () => {
    for (const { name } of COMMANDS) assert.deepEqual(find(...name.split(" "), "x"), [name, "x"]);
  });

  test("lets options with their values stand before the command", () => {
    assert.deepEqual(find("--address", "ls", "--json", "call", "add", "--json"), [
      "call",
      "--address",
      "ls",
      "--json",
      "add",
      "--json",
    ]);
  });

  test("finds nothing in an empty command line and in options alone", () => {
    assert.equal(find(), undefined);
    assert.equal(find("--json"), undefined);
    assert.equal(find("--toString=1"), undefined);
  });

  test("takes --version and --help for the commands, where they stand alone", () => {
    assert.deepEqual(find("--version"), ["version"]);
    assert.deepEqual(find("--help"), ["help"]);
    assert.deepEqual(find("-h"), ["help"]);
  });

  test("asks whether another command was meant", () => {
    assert.throws(() => find("cal"), { ending: "usage", message: "there is no command 'cal'" });
    assert.throws(() => find("pinng"), {
      hints: ["did you mean 'rpcctl ping'?", "rpcctl help lists the commands"],
    });
    assert.throws(() => find("key", "shwo"), /there is no command 'key shwo'/);
    assert.throws(() => find("key"), /'key' needs one more word/);
  });

  test("knows no command that JavaScript gives every object", () => {
    for (const word of ["constructor", "__proto__", "toString", ""]) {
      assert.throws(() => find(word), { ending: "usage" });
    }
  });
});

describe("exitsFor", () => {
  test("gives the table of a group also where nothing more is known", () => {
    assert.equal(exitsFor(["policy"]), POLICY_EXITS);
    assert.equal(exitsFor(["--json", "policy", "nope"]), POLICY_EXITS);
    assert.notEqual(exitsFor(["key"]), POLICY_EXITS);
    assert.notEqual(exitsFor([]), POLICY_EXITS);
  });
});

describe("the commands", () => {
  test("show examples that are command lines of theirs", async () => {
    for (const entry of COMMANDS) {
      const { default: command } = await entry.load();
      assert.ok(command.examples.length > 0, entry.name);
      for (const [line] of command.examples) assert.ok(line.startsWith(`rpcctl ${entry.name}`), line);
    }
  });
});
