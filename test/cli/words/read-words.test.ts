import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { given, type Options, type Words } from "../../../cli/settings/options.ts";
import { type Command, defineCommand } from "../../../cli/words/command.ts";
import { checkOptionNames, readWords, splitRest } from "../../../cli/words/read-words.ts";
import { readWithYargs } from "../../../cli/words/yargs-words.ts";

const OPTIONS = {
  first: { kind: "word", describe: "" },
  second: { kind: "word_maybe", describe: "" },
  flag: { kind: "flag", describe: "" },
  text: { kind: "text", value: "X", describe: "" },
  format: { kind: "text", value: "X", describe: "", choices: ["a", "b"] },
  "known-daemons": { kind: "text", value: "X", describe: "" },
  owner: { kind: "texts", value: "X", describe: "" },
} as const satisfies Options;

const COMMAND: Command = defineCommand({ examples: [], options: OPTIONS, run: () => Promise.resolve("ok") });
const CALL = { ...OPTIONS, rest: { kind: "rest", describe: "" } } as const satisfies Options;

const quick = (words: readonly string[]): Words | undefined => readWords(splitRest(words, OPTIONS), OPTIONS);
const slow = (words: readonly string[]): Promise<Words> =>
  readWithYargs("test", COMMAND, splitRest(words, OPTIONS));

const GOOD: readonly (readonly string[])[] = [
  ["x"],
  ["x", "y"],
  ["-"],
  ["1e3", "0x10"],
  ["--flag", "x"],
  ["x", "--flag"],
  ["--text", "v", "x"],
  ["--text=v", "x", "y"],
  ["--text=a=b", "x"],
  ["--text=--flag", "x"],
  ["--text", "1e3", "x"],
  ["--text", "-", "x"],
  ["--known-daemons", "k", "x"],
  ["--format", "b", "x"],
  ["--owner", "a", "x", "--owner=b"],
  ["--owner", "a", "x", "y"],
  ["x", "--", "--flag"],
  ["--", "--text", "-y"],
  ["a b", "\u001b[31m"],
];

const BAD: readonly (readonly string[])[] = [
  [],
  ["--flag"],
  ["x", "y", "z"],
  ["--text"],
  ["--text", "--flag", "x"],
  ["--text=", "x"],
  ["", "y"],
  ["--", "x", "y", "z"],
  ["--format", "c", "x"],
  ["--text", "a", "--text", "b", "x"],
];

describe("the quick reader", () => {
  test("reads good words as yargs does", async () => {
    for (const words of GOOD) {
      const read = quick(words);
      assert.ok(read !== undefined, JSON.stringify(words));
      assert.deepEqual(given(OPTIONS, read), given(OPTIONS, await slow(words)), JSON.stringify(words));
    }
  });

  test("leaves bad words to yargs, which refuses each of them in a line", async () => {
    for (const words of BAD) {
      assert.equal(quick(words), undefined, JSON.stringify(words));
      await assert.rejects(slow(words), (error: Error & { ending: string }) => {
        assert.equal(error.ending, "usage", JSON.stringify(words));
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    }
  });

  test("leaves unknown options, short ones and values of flags alone", () => {
    for (const word of ["--nope", "-f", "--flag=true", "--flag=", "--", "--no-flag", "--Flag", "--first=x"]) {
      assert.equal(quick([word]), undefined, word);
    }
  });
});

const split = (...words: string[]): unknown => splitRest(words, CALL);

describe("the slow reader", () => {
  test("also takes a flag with its value, and then each other word as it is", async () => {
    const read = given(OPTIONS, await slow(["--flag=true", "-", "--", "--text"]));
    assert.deepEqual([read.flag, read.first, read.second], [true, "-", "--text"]);
    assert.equal(given(OPTIONS, await slow(["--flag=false", "x"])).flag, false);
  });

  test("quotes in a refusal what was written", async () => {
    await assert.rejects(slow(["x", "y", "--", "--z"]), {
      message: "too many words: 'test' takes 2 of them, and --z is left over",
    });
  });
});

describe("splitRest", () => {
  test("leaves everything behind METHOD as it is", () => {
    assert.deepEqual(split("--flag", "--text", "v", "add", "--flag", "1e3", "--", "-"), {
      own: ["--flag", "--text", "v", "add"],
      rest: ["--flag", "1e3", "--", "-"],
    });
    assert.deepEqual(split("add"), { own: ["add"], rest: [] });
    assert.deepEqual(split("--flag"), { own: ["--flag"], rest: [] });
    assert.deepEqual(split(), { own: [], rest: [] });
    assert.deepEqual(split("--", "add", "2"), { own: ["--", "add"], rest: ["2"] });
  });

  test("takes no option's value for METHOD", () => {
    assert.deepEqual(split("--owner", "a", "--owner=b", "add", "c"), {
      own: ["--owner", "a", "--owner=b", "add"],
      rest: ["c"],
    });
  });
});

describe("checkOptionNames", () => {
  test("lets known options pass, and what only looks like one", () => {
    checkOptionNames(
      ["--flag", "--text=v", "--text", "--nope", "x", "-", "--help", "-h", "--", "--nope"],
      OPTIONS,
    );
  });

  test("refuses names that JavaScript gives a meaning of its own as unknown ones", () => {
    for (const word of [
      "--toString=1",
      "--__proto__.x=1",
      "--__proto__",
      "--constructor",
      "--constructor.prototype.x=1",
      "--hasOwnProperty=1",
      "--flag.x=1",
      "--no-flag",
      "-x",
      "--=1",
      "---",
    ]) {
      assert.throws(() => checkOptionNames([word], OPTIONS), { ending: "usage" }, word);
    }
  });

  test("asks whether another was meant", () => {
    assert.throws(() => checkOptionNames(["--txet=1"], OPTIONS), {
      message: "there is no option '--txet'",
      hints: ["did you mean '--text'?"],
    });
    assert.throws(() => checkOptionNames(["--known-daemon", "x"], OPTIONS), {
      hints: ["did you mean '--known-daemons'?"],
    });
  });
});
