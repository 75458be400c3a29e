import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accepts } from "../../../policy/patterns/dfa.ts";
import { GROUP_MAX_DEPTH, PATTERN_MAX_CHARS, REPEAT_MAX } from "../../../policy/patterns/parse-regex.ts";
import { PatternFlaw } from "../../../policy/patterns/regex.ts";
import { parseTextPattern } from "../../../policy/patterns/text-patterns.ts";
import { dfaOf } from "../support.ts";

/** Which of the texts the expression matches. */
const matched = (pattern: string, texts: readonly string[]): string[] => {
  const dfa = dfaOf("re", pattern);
  return texts.filter((text) => accepts(dfa, text));
};

/** Where the flaw is, from 0, with what is wrong and what to do. */
const flaw = (pattern: string): string => {
  try {
    parseTextPattern("re", pattern);
  } catch (error) {
    if (error instanceof PatternFlaw) return `${error.at}+${error.length} ${error.message}: ${error.hint}`;
    throw error;
  }
  return "none";
};

describe("a regular expression", () => {
  test("always matches the whole text", () => {
    assert.deepEqual(matched("v[0-9]+", ["v1", "v12", "v", "av1", "v1a", "v1\n", "\nv1", ""]), ["v1", "v12"]);
  });

  test("without anything in it matches the empty text only", () => {
    for (const pattern of ["", "()", "(|)", "|", "a{0}", "a{0,0}"]) {
      assert.deepEqual(matched(pattern, ["", "a", "\0"]), [""], pattern);
    }
  });

  test("may have empty alternatives", () => {
    assert.deepEqual(matched("a||b", ["", "a", "b", "ab"]), ["", "a", "b"]);
    assert.deepEqual(matched("x(a|)y", ["xy", "xay", "x"]), ["xy", "xay"]);
  });

  test("repeats from the least to the greatest number of times, both included", () => {
    const texts = ["", "a", "aa", "aaa", "aaaa"];
    assert.deepEqual(matched("a*", texts), texts);
    assert.deepEqual(matched("a+", texts), ["a", "aa", "aaa", "aaaa"]);
    assert.deepEqual(matched("a?", texts), ["", "a"]);
    assert.deepEqual(matched("a{2}", texts), ["aa"]);
    assert.deepEqual(matched("a{2,}", texts), ["aa", "aaa", "aaaa"]);
    assert.deepEqual(matched("a{2,3}", texts), ["aa", "aaa"]);
    assert.deepEqual(matched("a{0,1}", texts), ["", "a"]);
  });

  test("repeats what can be empty without end, and what can be read in two ways, in a few states", () => {
    for (const pattern of ["(a*)*", "(a|a)*", "((((a*)*)*)*)*", "(a*a*)*", "(a?){0,}", "(a|aa)*"]) {
      assert.equal(dfaOf("re", pattern).accepting.length, 2, pattern);
      assert.deepEqual(matched(pattern, ["", "a", "aaa", "b", "ab"]), ["", "a", "aaa"]);
    }
  });

  test("knows \\d and \\w of ASCII, and . for all but control characters", () => {
    assert.deepEqual(matched("\\d", ["0", "9", "a", "٣", "²"]), ["0", "9"]);
    assert.deepEqual(matched("\\w", ["a", "Z", "0", "_", "-", "é", "ſ"]), ["a", "Z", "0", "_"]);
    const edges = [
      "\0",
      "\t",
      "\n",
      "\u001f",
      " ",
      "~",
      "\u007f",
      "\u009f",
      "\u00a0",
      "\u2028",
      "\u{10ffff}",
    ];
    assert.deepEqual(matched(".", edges), [" ", "~", "\u00a0", "\u2028", "\u{10ffff}"]);
  });

  test("reads classes: ranges, escapes, and - in first or last place", () => {
    const texts = ["a", "b", "c", "-", "]", "^", "5", "\\"];
    assert.deepEqual(matched("[a-c]", texts), ["a", "b", "c"]);
    assert.deepEqual(matched("[a-]", texts), ["a", "-"]);
    assert.deepEqual(matched("[-a]", texts), ["a", "-"]);
    assert.deepEqual(matched("[\\]]", texts), ["]"]);
    assert.deepEqual(matched("[a^]", texts), ["a", "^"]);
    assert.deepEqual(matched("[\\d\\\\]", texts), ["5", "\\"]);
    assert.deepEqual(matched("[\\d-]", texts), ["-", "5"]);
    assert.deepEqual(matched("[^\\da-c]", texts), ["-", "]", "^", "\\"]);
    assert.deepEqual(matched("[^-]", texts), ["a", "b", "c", "]", "^", "5", "\\"]);
  });

  test("takes a class away from what . matches, so that control characters never slip in", () => {
    assert.deepEqual(matched("[^/]+", ["a", "a\n", "a\0", "\u009b", "a/b", "é😀"]), ["a", "é😀"]);
    assert.deepEqual(matched("[\t-]", ["\t", "-", "\n"]), ["\t", "-"]);
  });

  test("works on code points, beyond the first 65,536 too, and never on halves of them", () => {
    assert.deepEqual(matched("[😀-😂]", ["😀", "😁", "😂", "😃", "\ud83d", "\ude00"]), ["😀", "😁", "😂"]);
    assert.deepEqual(matched(".", ["😀", "\ud83d", "\ude00", "\ude00\ud83d", "😀😀"]), ["😀"]);
    assert.deepEqual(matched("[^a]{2}", ["😀", "😀😀", "\ud83d\ud83d", "x\ud800"]), ["😀😀"]);
    assert.deepEqual(matched("[\ud7ff-\ue000]", ["\ud7ff", "\ud800", "\udfff", "\ue000"]), [
      "\ud7ff",
      "\ue000",
    ]);
  });

  test("compares case by case and form by form", () => {
    assert.deepEqual(matched("é", ["é", "é".normalize("NFD"), "É"]), ["é"]);
    assert.deepEqual(matched("Web", ["Web", "web", "WEB"]), ["Web"]);
    assert.deepEqual(matched("ſ", ["s", "ſ"]), ["ſ"]);
  });

  test("may escape any punctuation, inside a class and outside", () => {
    for (const character of "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") {
      assert.deepEqual(
        matched(`\\${character}`, [character, "\\", "a"]).at(-1),
        character === "\\" ? "\\" : character,
      );
      assert.deepEqual(matched(`[\\${character}]`, ["a", character]), [character]);
    }
  });
});

describe("a regular expression is refused, with the place inside it and what to write, for", () => {
  const cases: readonly (readonly [what: string, pattern: string, expected: RegExp])[] = [
    ["an anchor in front", "^abc", /^0\+1 .*whole text.*: leave it out/],
    ["an anchor behind", "abc$", /^3\+1 .*whole text.*: leave it out/],
    ["a group with a question mark", "a(?:b)", /^1\+2 .*\(…\)/],
    ["a look-ahead", "(?=a)", /^0\+2/],
    ["a flag", "(?i)a", /^0\+2/],
    ["a lazy repetition", "a*?", /^2\+1 .*lazy.*leave it out/],
    ["a lazy repetition of bounds", "a{1,2}?", /^6\+1 .*lazy/],
    ["a possessive repetition", "a++", /^2\+1 .*follows another/],
    ["a repetition of a repetition", "a{2}{3}", /^4\+1 .*\( \)/],
    ["nothing to repeat", "*a", /^0\+1 .*\\\*/],
    ["nothing to repeat in a group", "(+)", /^1\+1 .*\\\+/],
    ["nothing to repeat behind a bar", "a|?", /^2\+1 .*\\\?/],
    ["a brace that begins nothing", "a{b}", /^1\+1 .*\{3,5\}/],
    ["a brace that never ends", "a{2", /^1\+1/],
    ["a brace in front", "{2}", /^0\+1 .*\\\{/],
    ["empty braces", "a{}", /^1\+1/],
    ["a comma between braces", "a{,}", /^1\+1/],
    ["a missing least number", "a{,5}", /^1\+4 .*\{0,5\}/],
    ["bounds the wrong way round", "a{5,2}", /^1\+5 .*5 is more than 2/],
    ["a bracket that closes nothing", "a]", /^1\+1 .*\\\]/],
    ["a brace that closes nothing", "a}", /^1\+1 .*\\\}/],
    ["a parenthesis that closes nothing", "a)", /^1\+1 .*\\\)/],
    ["a parenthesis that is not closed", "a(b|c", /^1\+1 .*never closed/],
    ["a bracket that is not closed", "a[bc", /^1\+1 .*never closed/],
    ["a bracket closed by an escape", "[\\]", /^0\+1 .*never closed/],
    ["an empty class", "a[]", /^1\+2 .*no characters/],
    ["a class that takes nothing away", "[^]", /^0\+3 .*write \./],
    ["a class that leaves nothing", "[^ -~\u00a0-\u{10ffff}]", /^0\+9 .*leaves no/],
    ["a range the wrong way round", "[z-a]", /^1\+3 .*wrong way/],
    ["a range of more than two characters", "[a-c-e]", /^4\+1 .*\\-/],
    ["a range that begins with a class", "[\\d-x]", /^1\+4 .*one character/],
    ["a range that ends in a class", "[x-\\d]", /^1\+4 .*one character/],
    ["a range that begins with a hyphen", "[--a]", /^1\+1 .*\\-/],
    ["a range that ends in a hyphen", "[+--]", /^3\+1 .*\\-/],
    ["a bracket in a class", "[[:alpha:]]", /^1\+1 .*\\\[/],
    ["the escape of a line end", "a\\n", /^1\+2 .*double quotes/],
    ["the escape of a code point", "\\u0041", /^0\+2 .*character itself/],
    ["the escape of a byte", "\\x41", /^0\+2 .*character itself/],
    ["the escape of NUL", "\\0", /^0\+2 .*character itself/],
    ["white space", "\\s", /^0\+2 .*a space/],
    ["what is no digit", "\\D", /^0\+2 .*\[\^0-9\]/],
    ["what is no word", "[\\W]", /^1\+2 .*\[\^A-Za-z0-9_\]/],
    ["the border of a word", "\\ba", /^0\+2 .*whole text/],
    ["a property of Unicode", "\\p{L}", /^0\+2 .*ranges/],
    ["a back-reference", "(a)\\1", /^3\+2 .*cannot be asked/],
    ["a named back-reference", "\\k<a>", /^0\+2 .*cannot be asked/],
    ["the escape of a letter", "\\q", /^0\+2 .*write 'q'/],
    ["the escape of a space", "\\ ", /^0\+2 .*write ' '/],
    ["the escape of a character beyond ASCII", "\\😀", /^0\+2 .*write '😀'/],
    ["a lone escape", "a\\", /^1\+1 .*\\\\/],
    ["a flaw behind a character of two units", "😀^", /^1\+1/],
  ];
  for (const [what, pattern, expected] of cases) test(what, () => assert.match(flaw(pattern), expected));

  test("more repetitions than the limit, and not for exactly as many", () => {
    assert.equal(flaw(`a{${REPEAT_MAX}}b{0,${REPEAT_MAX}}c{${REPEAT_MAX},}`), "none");
    for (const bounds of [
      `{${REPEAT_MAX + 1}}`,
      `{0,${REPEAT_MAX + 1}}`,
      `{${REPEAT_MAX + 1},}`,
      `{${"9".repeat(400)}}`,
    ]) {
      assert.match(flaw(`a${bounds}`), /^1\+\d+ .*up to 256 times/, bounds);
    }
  });

  test("groups deeper than the limit, and not for exactly as deep", () => {
    const nested = (depth: number): string => "(".repeat(depth) + ")".repeat(depth);
    assert.equal(flaw(nested(GROUP_MAX_DEPTH)), "none");
    assert.match(flaw(nested(GROUP_MAX_DEPTH + 1)), /^32\+1 .*deeper than 32/);
    assert.match(flaw("(".repeat(PATTERN_MAX_CHARS)), /^32\+1 /);
  });

  test("more characters than the limit, counted as code points, and not for exactly as many", () => {
    assert.equal(flaw("😀".repeat(PATTERN_MAX_CHARS)), "none");
    assert.match(flaw("a".repeat(PATTERN_MAX_CHARS + 1)), /4097 characters, at most 4096/);
    assert.match(flaw("(".repeat(1_000_000)), /1000000 characters/);
  });
});
