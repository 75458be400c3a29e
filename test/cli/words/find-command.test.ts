import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { COMMANDS } from "../../../cli/commands.ts";
import { findCommand } from "../../../cli/words/find-command.ts";

const find = (...argv: string[]): readonly unknown[] | undefined => {
  const found = findCommand(COMMANDS, argv);
  if (found === undefined) return undefined;
  return "entry" in found ? [found.entry.name, ...found.words] : [found.group, ...found.words];
};

describe("findCommand", () => {
  test("finds every command by its words", () => {
    for (const { name } of COMMANDS.entries) assert.deepEqual(find(...name.split(" "), "x"), [name, "x"]);
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
      hints: [
        "did you mean 'rpcctl ping'?",
        "rpcctl call pinng calls the method of this name",
        "rpcctl help lists the commands",
      ],
    });
    assert.throws(() => find("2"), {
      hints: ["rpcctl call 2 calls the method of this name", "rpcctl help lists the commands"],
    });
    assert.throws(() => find("add(2, 3)"), {
      hints: ["rpcctl help lists the commands"],
    });
    assert.throws(() => find("key", "shwo"), /there is no command 'key shwo'/);
  });

  test("knows no command that JavaScript gives every object", () => {
    for (const word of ["constructor", "__proto__", "toString", ""]) {
      assert.throws(() => find(word), { ending: "usage" });
    }
  });
});

describe("a group of commands", () => {
  test("is found alone, with the options around it", () => {
    assert.deepEqual(findCommand(COMMANDS, ["policy"]), { group: "policy", words: [] });
    assert.deepEqual(findCommand(COMMANDS, ["--json", "key", "--help"]), {
      group: "key",
      words: ["--json", "--help"],
    });
    assert.deepEqual(findCommand(COMMANDS, ["policy", "--address", "lint"]), {
      group: "policy",
      words: ["--address", "lint"],
    });
    assert.deepEqual(COMMANDS.groups, ["key", "policy"]);
  });

  test("lets options stand between its words", () => {
    assert.deepEqual(find("policy", "--json", "lint", "x"), ["policy lint", "--json", "x"]);
    assert.deepEqual(find("policy", "--address", "show", "lint", "x"), [
      "policy lint",
      "--address",
      "show",
      "x",
    ]);
  });
});

describe("the commands", () => {
  test("show examples that are command lines of theirs", async () => {
    for (const entry of COMMANDS.entries) {
      const { default: command } = await entry.load();
      assert.ok(command.examples.length > 0, entry.name);
      for (const [line] of command.examples) assert.ok(line.startsWith(`rpcctl ${entry.name}`), line);
    }
  });
});
