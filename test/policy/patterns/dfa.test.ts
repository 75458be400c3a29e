import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { alphabetOf, MAX_CLASSES } from "../../../policy/patterns/alphabet.ts";
import { accepts, type Dfa, intervalOf, TEXT_MAX_CODE_POINTS } from "../../../policy/patterns/dfa.ts";
import { buildNfa, NFA_MAX_STATES } from "../../../policy/patterns/nfa.ts";
import { literal } from "../../../policy/patterns/regex.ts";
import { DFA_MAX_STATES, parseTextPattern, TextPatterns } from "../../../policy/patterns/text-patterns.ts";
import { Work } from "../../../policy/patterns/work.ts";
import { patternText, regex } from "../decide/models.ts";
import { dfaOf } from "../support.ts";
import { javascriptText, regexMatches, regexText } from "./naive-patterns.ts";

const make = (file: TextPatterns, pattern: string): Dfa | string =>
  file.compile("re", [pattern], [parseTextPattern("re", pattern)]);

const compile = (pattern: string): Dfa | string => make(new TextPatterns(), pattern);

describe("the automaton of a regular expression", () => {
  test("accepts what JavaScript's own expression matches, and what the definition says", () => {
    let matches = 0;
    fc.assert(
      fc.property(regex, fc.array(patternText, { minLength: 30, maxLength: 30 }), (one, texts) => {
        const dfa = dfaOf("re", regexText(one));
        const expected = new RegExp(javascriptText(one), "u");
        for (const text of texts) {
          const found = accepts(dfa, text);
          assert.deepEqual([text, found], [text, expected.test(text)]);
          assert.equal(found, regexMatches(one, text));
          if (found) matches++;
        }
      }),
      { numRuns: 2000 },
    );
    assert.ok(matches > 3000, `${matches} of 60000 matched`);
  });

  test("is in normal form: total, minimal, and numbered in the order in which it is met", () => {
    fc.assert(
      fc.property(regex, (one) => assertNormal(dfaOf("re", regexText(one)))),
      { numRuns: 1000 },
    );
  });

  test("is the same for expressions that match the same texts", () => {
    for (const [one, other] of [
      ["(a*)*", "a*"],
      ["a|b|c", "[a-c]"],
      ["ab|ac", "a[bc]"],
      ["a{1,3}", "a(a(a|)|)"],
      ["[^x]|x", "."],
      ["(a|b)*a", "(b*a)+"],
      ["\\d", "[0-9]"],
      ["[a-fd-z]", "[a-z]"],
      ["a?a?", "a{0,2}"],
      ["é|[è-ê]", "[è-ê]"],
    ] as const) {
      assert.deepEqual(dfaOf("re", one), dfaOf("re", other), `${one} and ${other}`);
    }
    assert.notDeepEqual(dfaOf("re", "a"), dfaOf("re", "b"));
  });

  test("never begins an interval with half of a surrogate pair", () => {
    for (const pattern of [
      "[\ud7ff-\ue000]",
      "[^\ud7ff]",
      "[^\ue000-\u{10ffff}]",
      "\ud7ff",
      "[\u{10000}-\u{10ffff}]",
    ]) {
      const { starts } = dfaOf("re", pattern);
      assert.ok(
        starts.every((start) => start < 0xd800 || start > 0xdfff),
        pattern,
      );
    }
  });

  test("has at most its limit of states", () => {
    // The text itself, one state behind its end, and one from which nothing is accepted.
    const text = "a".repeat(DFA_MAX_STATES - 2);
    assert.equal(dfaOf("re", text).accepting.length, DFA_MAX_STATES);
    assert.equal(compile(`${text}a`), "pattern");
    assert.equal(dfaOf("re", "[ab]*a[ab]{10}").accepting.length, 2049);
    assert.equal(compile("[ab]*a[ab]{11}"), "pattern");
  });

  const explosions: readonly (readonly [string, string])[] = [
    ["every state of an exponential number", "[ab]*a[ab]{16}"],
    ["an exponential number by one repetition more", "[ab]*a[ab]{256}"],
    ["the product of two bounds", "(a{256}){256}"],
    ["a tower of bounds", `${"(".repeat(32)}a${"{256})".repeat(32)}`],
    ["optional parts in optional parts", "((a?){60}){60}"],
    ["ways to cut a run in runs", "(a{0,60}){0,60}"],
    [
      "as many classes as states",
      Array.from({ length: 1500 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(""),
    ],
    [
      "many large classes",
      Array.from({ length: 800 }, (_, i) => `[^${String.fromCodePoint(0x4e00 + i)}]`).join(""),
    ],
  ];
  for (const [what, pattern] of explosions) {
    test(`is not made where it would take ${what}`, () => assert.equal(compile(pattern), "pattern"));
  }

  test("is made once for the same patterns of one file", () => {
    const file = new TextPatterns();
    assert.equal(make(file, "a+"), make(file, "a+"));
    assert.notEqual(make(file, "a+"), make(file, "a+|b"));
  });

  test("is made with exactly the work that it takes, and not with one step less", () => {
    const share = (steps: number): TextPatterns => new TextPatterns({ steps, entries: 1000 });
    let steps = 0;
    while (make(share(steps), "a{0,9}b") === "file") steps++;
    assert.ok(steps > 10 && steps < 1000, `${steps} steps`);
    const file = share(2 * steps - 1);
    assert.notEqual(typeof make(file, "a{0,9}b"), "string");
    assert.equal(make(file, "a{0,9}c"), "file");
    assert.notEqual(typeof make(file, "a{0,9}b"), "string");
    // What no file has room for is said of the pattern, however little is left.
    assert.equal(make(file, "(a{256}){256}"), "pattern");
  });

  test("is kept in exactly the room that it takes, and not in one entry less", () => {
    const { length } = dfaOf("re", "a{0,9}b").next;
    const share = (entries: number): TextPatterns => new TextPatterns({ steps: 10_000, entries });
    const file = share(2 * length);
    assert.notEqual(typeof make(file, "a{0,9}b"), "string");
    assert.notEqual(typeof make(file, "a{0,9}c"), "string");
    assert.equal(make(file, "d"), "file");
    assert.equal(make(share(length - 1), "a{0,9}b"), "file");
  });

  test("tells at most as many classes of characters apart as its tables can number", () => {
    const single = (i: number) => [[0x10000 + i, 0x10000 + i]] as const;
    // All other characters are a class too.
    const sets = Array.from({ length: MAX_CLASSES - 1 }, (_, i) => single(i));
    assert.equal(alphabetOf(sets, new Work(1_000_000))?.width, MAX_CLASSES);
    assert.equal(alphabetOf([...sets, single(sets.length)], new Work(1_000_000)), undefined);
    assert.equal(alphabetOf(sets, new Work(1000)), undefined);
  });

  test("begins with one that has at most its limit of states", () => {
    const states = (count: number) => ({ kind: "sequence", parts: Array(count).fill(literal("a")) }) as const;
    assert.equal(buildNfa(states(NFA_MAX_STATES - 1))?.reads.length, NFA_MAX_STATES);
    assert.equal(buildNfa(states(NFA_MAX_STATES)), undefined);
  });
});

describe("matching a text", () => {
  test("takes exactly the most code points and not one more, whatever they are made of", () => {
    const dfa = dfaOf("re", ".*");
    for (const character of ["a", "é", "😀"]) {
      assert.equal(accepts(dfa, character.repeat(TEXT_MAX_CODE_POINTS)), true, character);
      assert.equal(accepts(dfa, character.repeat(TEXT_MAX_CODE_POINTS + 1)), false, character);
    }
    assert.equal(accepts(dfa, "a".repeat(2 * TEXT_MAX_CODE_POINTS + 1)), false);
  });

  test("takes one look at the table for each character of a text that is made to be slow", () => {
    for (const [pattern, unit] of [
      ["(a*)*b", "a"],
      ["(a|a)*b", "a"],
      ["(a|aa)+b", "a"],
      ["[ab]*a[ab]{10}", "ab"],
      [".*.*.*=.*", "x"],
      ["([一-龥]|😀)*!", "一😀"],
    ] as const) {
      const { counted, looks } = counting(dfaOf("re", pattern));
      const text = unit.repeat(Math.floor(TEXT_MAX_CODE_POINTS / Array.from(unit).length));
      accepts(counted, text);
      assert.equal(looks.next, Array.from(text).length, pattern);
      // One look at the interval, and as many before as it takes to halve their number down to one.
      const perCharacter = Math.ceil(Math.log2(counted.starts.length));
      assert.ok(looks.starts <= looks.next * perCharacter, pattern);
    }
  });

  test("stops where no end can make the text fit", () => {
    const { counted, looks } = counting(dfaOf("re", "ab.*"));
    assert.equal(accepts(counted, `ax${"b".repeat(1000)}`), false);
    assert.equal(looks.next, 2);
  });

  test("sees no text in half of a surrogate pair, wherever it stands", () => {
    const dfa = dfaOf("glob", "**");
    for (const text of [
      "\ud83d",
      "a\ud83d",
      "\ud83da",
      "\ude00",
      "\ude00a",
      "\ude00\ud83d",
      "\ud83d\ud83d\ude00",
      "😀\ude00",
    ]) {
      assert.equal(accepts(dfa, text), false, JSON.stringify(text));
    }
    assert.equal(accepts(dfa, "\ud83d\ude00"), true);
  });
});

/** The same automaton, with the looks at its tables counted. */
function counting(dfa: Dfa): { counted: Dfa; looks: { next: number; starts: number } } {
  const looks = { next: 0, starts: 0 };
  const watch = <T extends Uint16Array | Uint32Array>(table: T, name: "next" | "starts"): T =>
    new Proxy(table, {
      get(target, key) {
        if (typeof key === "string" && /^[0-9]+$/.test(key)) looks[name]++;
        return Reflect.get(target, key, target) as unknown;
      },
    });
  return { counted: { ...dfa, next: watch(dfa.next, "next"), starts: watch(dfa.starts, "starts") }, looks };
}

function assertNormal(dfa: Dfa): void {
  const { starts, classes, width, next, accepting, ascii, dead } = dfa;
  const states = accepting.length;
  assert.equal(next.length, states * width);
  assert.equal(classes.length, starts.length);
  assert.equal(starts[0], 0);
  for (let i = 1; i < starts.length; i++) {
    assert.ok((starts[i - 1] ?? 0) < (starts[i] ?? 0));
    assert.notEqual(classes[i - 1], classes[i]);
  }
  for (let unit = 0; unit < 128; unit++) assert.equal(ascii[unit], classes[intervalOf(starts, unit)]);
  assert.deepEqual(
    inOrder([...classes]),
    Array.from({ length: width }, (_, i) => i),
  );
  // The states as they are met by a walk in breadth: 0, then those of its row, and so on.
  assert.deepEqual(
    inOrder([0, ...next]),
    Array.from({ length: states }, (_, i) => i),
  );
  assert.equal(distinguished(dfa), (states * (states - 1)) / 2);
  for (let state = 0; state < states; state++) {
    const row = next.subarray(state * width, (state + 1) * width);
    assert.equal(state === dead, accepting[state] === 0 && row.every((target) => target === state));
  }
  const columns = Array.from({ length: width }, (_, symbol) =>
    Array.from({ length: states }, (_state, state) => next[state * width + symbol]).join(),
  );
  assert.equal(new Set(columns).size, width);
}

/** Each number once, in the order in which they come first. */
const inOrder = (numbers: readonly number[]): number[] => [...new Set(numbers)];

/** How many pairs of states some text tells apart: the table-filling algorithm, the slow and obvious one. */
function distinguished({ width, next, accepting }: Dfa): number {
  const states = accepting.length;
  const apart = new Set<number>();
  const isApart = (a: number, b: number): boolean =>
    accepting[a] !== accepting[b] || apart.has(Math.min(a, b) * states + Math.max(a, b));
  for (let before = -1; before !== apart.size; ) {
    before = apart.size;
    for (let a = 0; a < states; a++) {
      for (let b = a + 1; b < states; b++) {
        const symbols = Array.from({ length: width }, (_, symbol) => symbol);
        const differ = symbols.some((symbol) =>
          isApart(next[a * width + symbol] ?? 0, next[b * width + symbol] ?? 0),
        );
        if (differ || accepting[a] !== accepting[b]) apart.add(a * states + b);
      }
    }
  }
  return apart.size;
}
