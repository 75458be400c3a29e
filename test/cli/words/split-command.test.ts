import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { splitCommand } from "../../../cli/words/split-command.ts";

const split = (text: string): readonly string[] => splitCommand(text, "--callback f");

describe("splitCommand", () => {
  test("parts words by spaces, and joins them by quotes and backslashes", () => {
    for (const [text, words] of [
      ["cat", ["cat"]],
      ["  tee\t-a  log ", ["tee", "-a", "log"]],
      ["tee 'my log'", ["tee", "my log"]],
      ['tee "my log"', ["tee", "my log"]],
      ["tee my\\ log", ["tee", "my log"]],
      [`say 'a "b" \\ c'`, ["say", 'a "b" \\ c']],
      ['say "a \\"b\\" \\\\ \\n"', ["say", 'a "b" \\ \\n']],
      ["say '' \"\"", ["say", "", ""]],
      ["say a'b'\"c\"d", ["say", "abcd"]],
      ["say 'two\nlines'", ["say", "two\nlines"]],
      ["say '\u001b[2J'", ["say", "\u001b[2J"]],
    ] as const) {
      assert.deepEqual(split(text), words, text);
    }
  });

  test("gives no other character a meaning: there is no shell", () => {
    const text = "say $HOME `id` $(id) * ~ a|b >f <f & ; # ! {a,b} ?";
    assert.deepEqual(split(text), text.split(" "));
  });

  test("refuses what has no end, and what is no command", () => {
    for (const text of ["say 'a", 'say "a', 'say "a\\"', "say a\\", "", "   ", "''", "say \u0000"]) {
      assert.throws(
        () => split(text),
        { name: "Failure", ending: "usage", message: /^--callback f: / },
        text,
      );
    }
  });
});
