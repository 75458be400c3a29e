import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { accepts } from "../../../policy/patterns/dfa.ts";
import { PATTERN_MAX_CHARS } from "../../../policy/patterns/parse-regex.ts";
import { PatternFlaw } from "../../../policy/patterns/regex.ts";
import { parseTextPattern } from "../../../policy/patterns/text-patterns.ts";
import { glob, pathGlob, patternText } from "../decide/models.ts";
import { dfaOf } from "../support.ts";
import { globMatches, pathMatches } from "./naive-patterns.ts";

const matched = (kind: "glob" | "path", pattern: string, texts: readonly string[]): string[] => {
  const dfa = dfaOf(kind, pattern);
  return texts.filter((text) => accepts(dfa, text));
};

const flaw = (kind: "glob" | "path", pattern: string): string => {
  try {
    parseTextPattern(kind, pattern);
  } catch (error) {
    if (error instanceof PatternFlaw) return `${error.at}+${error.length} ${error.message}: ${error.hint}`;
    throw error;
  }
  return "none";
};

describe("a glob", () => {
  test("matches with * a run without '/', with ** any run, with ? one character but '/'", () => {
    const texts = ["web-", "web-1", "web-a/b", "xweb-1", "web", "web-\n", "WEB-1"];
    assert.deepEqual(matched("glob", "web-*", texts), ["web-", "web-1"]);
    assert.deepEqual(matched("glob", "web-**", texts), ["web-", "web-1", "web-a/b"]);
    assert.deepEqual(matched("glob", "web-?", [...texts, "web-/", "web-😀", "web-12"]), ["web-1", "web-😀"]);
    assert.deepEqual(matched("glob", "*/*", ["a/b", "/", "a", "a/b/c"]), ["a/b"]);
    assert.deepEqual(matched("glob", "a/**/b", ["a/b", "a//b", "a/x/b", "a/x/y/b"]), ["a/x/b", "a/x/y/b"]);
  });

  test("never produces by a wildcard an empty, '.' or '..' segment", () => {
    for (const [pattern, inside, outside] of [
      [
        "/srv/data/**",
        ["/srv/data/a", "/srv/data/...", "/srv/data/.a/..b", "/srv/data/a../b."],
        [
          "/srv/data/../../etc/shadow",
          "/srv/data/a/../../x",
          "/srv/data/..",
          "/srv/data/.",
          "/srv/data/a/.",
          "/srv/data/./a",
          "/srv/data/",
          "/srv/data//a",
          "/srv/data/a/",
          "/srv/data/a//",
        ],
      ],
      ["a/*", ["a/b", "a/...", "a/.b"], ["a/", "a/.", "a/.."]],
      ["a/.*", ["a/.b", "a/..b", "a/..."], ["a/.", "a/.."]],
      ["a/*.", ["a/b.", "a/..."], ["a/.", "a/.."]],
      ["a/*.*", ["a/b.c", "a/..c", "a/.c"], ["a/.", "a/.."]],
      ["a/?", ["a/b"], ["a/.", "a/"]],
      ["a/??", ["a/.b", "a/b."], ["a/.."]],
      ["a/.?", ["a/.b"], ["a/.."]],
      ["a/?.", ["a/b."], ["a/.."]],
      ["a**b", ["ab", "a/b", "a/x/b", "axb", "a../..b"], ["a//b", "a/../b", "a/./b", "a/.."]],
      ["**", ["a", "a/b", "..a/b"], ["", "/", "/a", "a/", "..", "../a", "a/..", ".", "//"]],
      ["**/b", ["a/b", "a/a/b"], ["/b", "../b", "b", "a//b"]],
      ["*", ["a", "..."], ["", ".", "..", "a/b"]],
      // What the author wrote is what is meant.
      [
        "https://*.example/**",
        ["https://a.example/x"],
        ["https:///x", "https://a.example/../x", "https://a.example/"],
      ],
      ["a/*/", ["a/b/"], ["a//", "a/../", "a/b"]],
      ["**.**", ["a.b", "..a", "a/.b", "a./b", "..."], [".", "..", "a/.", "./a", "a/../b"]],
    ] as const)
      assert.deepEqual([pattern, ...matched("glob", pattern, [...inside, ...outside])], [pattern, ...inside]);
  });

  test("never produces control characters by a wildcard, and takes those that stand in the pattern", () => {
    const texts = ["a\0", "a\n", "a\u001f", "a\u007f", "a\u009f", "a\u00a0", "a\ud800"];
    for (const pattern of ["a*", "a**", "a?"]) assert.deepEqual(matched("glob", pattern, texts), ["a\u00a0"]);
    assert.deepEqual(matched("glob", "a\t*", ["a\tb", "a\t\t"]), ["a\tb"]);
  });

  test("is refused where it has a segment '.' or '..' itself", () => {
    for (const [pattern, at, length] of [
      ["..", 0, 2],
      ["../*", 0, 2],
      ["/srv/../etc/*", 5, 2],
      ["😀/./*", 2, 1],
      ["a/.", 2, 1],
    ] as const)
      assert.match(
        flaw("glob", pattern),
        new RegExp(`^${at}\\+${length} a glob has no segment '.*write it without`),
      );
    for (const pattern of ["...", "a..b", ".a/..b", "a/", "a//b", "1..5"])
      assert.equal(flaw("glob", pattern), "none");
  });

  test("takes every other character for itself", () => {
    assert.deepEqual(matched("glob", "a.b+(c)|^$", ["a.b+(c)|^$", "axb+(c)|^$", "a.bb(c)"]), ["a.b+(c)|^$"]);
    assert.deepEqual(matched("glob", "", ["", "a"]), [""]);
    assert.deepEqual(matched("glob", "é", ["é", "é".normalize("NFD")]), ["é"]);
  });

  test("is refused for what has a meaning in globs elsewhere", () => {
    for (const [pattern, at] of [
      ["[ab]", 0],
      ["a]", 1],
      ["{a,b}", 0],
      ["a}", 1],
      ["😀\\*", 1],
    ] as const) {
      assert.match(flaw("glob", pattern), new RegExp(`^${at}\\+1 .*write re`), pattern);
    }
    assert.match(flaw("glob", "a***"), /^1\+3 3 stars/);
    assert.match(flaw("glob", "a****b"), /^1\+4 4 stars/);
  });

  test("has at most as many characters as its limit", () => {
    assert.equal(flaw("glob", "*".padEnd(PATTERN_MAX_CHARS, "😀")), "none");
    assert.match(flaw("glob", "a".repeat(PATTERN_MAX_CHARS + 1)), /at most 4096/);
  });

  test("matches what its definition says", () => {
    let matches = 0;
    fc.assert(
      fc.property(glob, fc.array(patternText, { minLength: 20, maxLength: 20 }), (pattern, texts) => {
        const dfa = dfaOf("glob", pattern);
        for (const text of texts) {
          assert.deepEqual([text, accepts(dfa, text)], [text, globMatches(pattern, text)]);
          if (accepts(dfa, text)) matches++;
        }
      }),
      { numRuns: 1500 },
    );
    assert.ok(matches > 1000, `${matches} of 30000 matched`);
  });
});

describe("a path", () => {
  test("matches what the glob does, where it is a clean absolute path", () => {
    const inside = [
      "/var/log/a",
      "/var/log/a/b",
      "/var/log/...",
      "/var/log/.a",
      "/var/log/..a",
      "/var/log/a..",
    ];
    const outside = [
      "/var/log",
      "/var/log/",
      "/var/log/a/",
      "/var/log//a",
      "/var/log/./a",
      "/var/log/../a",
      "/var/log/a/..",
      "/var/log/.",
      "/var/log/..",
      "/var/log/a\0",
      "/var/log/a\n",
      "/var/log/\u009b",
      "/var/log/\ud800",
      "var/log/a",
      "//var/log/a",
      "/VAR/log/a",
      "/var/log/a/../../../etc/shadow",
    ];
    assert.deepEqual(matched("path", "/var/log/**", [...inside, ...outside]), inside);
    assert.deepEqual(matched("path", "/**", ["/", "", "/a", "/.."]), ["/a"]);
    assert.deepEqual(matched("path", "/??", ["/..", "/.a", "/aa", "/a/"]), ["/.a", "/aa"]);
    assert.deepEqual(
      matched("path", "/var/log/*.log", ["/var/log/.log", "/var/log/a.log", "/var/log/a/b.log"]),
      ["/var/log/.log", "/var/log/a.log"],
    );
  });

  test("is refused where it is not itself a clean absolute path", () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ["", /^0\+1 .*begins with/],
      ["var/log", /^0\+1 .*write glob/],
      ["**", /^0\+1 .*begins with/],
      ["/", /^0\+1 .*end in '\/': .*\/\*\*/],
      ["/var/", /^4\+1 .*end in '\/'/],
      ["//var", /^0\+1 .*empty segment/],
      ["/var//log", /^4\+1 .*empty segment/],
      ["/😀/../b", /^3\+2 .*'\.\.'/],
      ["/a/.", /^3\+1 .*'\.'/],
      ["/a/./b", /^3\+1 .*'\.'/],
      ["/a\tb", /^2\+1 .*control/],
      ["/a/[b]", /^3\+1 .*write re/],
    ];
    for (const [pattern, expected] of cases) assert.match(flaw("path", pattern), expected, pattern);
    for (const pattern of ["/a", "/.a", "/..a", "/...", "/*", "/**/a", "/a/**"])
      assert.equal(flaw("path", pattern), "none");
  });

  test("matches what its definition says", () => {
    let matches = 0;
    const text = fc.oneof(
      patternText.map((one) => `/${one}`),
      fc
        .array(fc.constantFrom("a", "b", "aa", ".", "..", ".a", "..a", "...", "", "é", "a\n"), {
          maxLength: 4,
        })
        .map((segments) => `/${segments.join("/")}`),
    );
    fc.assert(
      fc.property(pathGlob, fc.array(text, { minLength: 20, maxLength: 20 }), (pattern, texts) => {
        const dfa = dfaOf("path", pattern);
        for (const one of texts) {
          assert.deepEqual([one, accepts(dfa, one)], [one, pathMatches(pattern, one)]);
          if (accepts(dfa, one)) matches++;
        }
      }),
      { numRuns: 1500 },
    );
    assert.ok(matches > 500, `${matches} of 30000 matched`);
  });

  test("of several matches what one of them does", () => {
    const dfa = dfaOf("path", "/a/*", "/b/**");
    assert.deepEqual(
      ["/a/x", "/a/x/y", "/b/x/y", "/c/x"].filter((text) => accepts(dfa, text)),
      ["/a/x", "/b/x/y"],
    );
  });
});
