import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { type Loaded, loadPolicy } from "../../../policy/load/load.ts";
import { MAX_DEPTH } from "../../../yaml/depth.ts";
import { hasErrors } from "../../../yaml/problem.ts";
import { MAX_FILE_BYTES } from "../../../yaml/text-gate.ts";
import { EXAMPLE } from "../example.ts";
import { brief, bytes, NOW_MS } from "../support.ts";

/** Loads, and holds the two answers against each other: there is a policy exactly where there is no error. */
function load(file: Uint8Array): Loaded {
  const loaded = loadPolicy(file, undefined, NOW_MS);
  assert.equal(loaded.policy === undefined, hasErrors(loaded.problems));
  return loaded;
}

const found = (file: Uint8Array): string[] => load(file).problems.map(brief);

describe("loadPolicy", () => {
  test("refuses a file of nothing, and one of spaces, lines or comments only", () => {
    for (const text of ["", " ", "\n", "\n\n  \n", "# x", "---\n", "---\n...\n", "~", "null\n"]) {
      assert.equal(load(bytes(text)).policy, undefined, JSON.stringify(text));
    }
  });

  test("reads or refuses a file that is cut anywhere, and has the hash of each", () => {
    const hashes = new Set<string>();
    const whole = bytes(EXAMPLE);
    for (let end = 0; end < whole.length; end++) hashes.add(load(whole.subarray(0, end)).hash);
    assert.equal(hashes.size, whole.length);
  });

  test("refuses bytes that are no text, at the first of them", () => {
    assert.deepEqual(found(Uint8Array.of(0)), ["P106 error 1:1"]);
    assert.deepEqual(found(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0))[0], "P106 error 1:1");
    assert.deepEqual(found(Buffer.concat([bytes("policy: 1\n"), Uint8Array.of(0xc3)])), ["P106 error 2:1"]);
    assert.deepEqual(found(Buffer.from("policy: 1\n", "utf16le"))[0], "P106 error 1:2");
  });

  test("reads or refuses a file of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => void load(any)),
      { seed: 1, numRuns: 1000 },
    );
  });

  test("reads or refuses a good file in which some bytes were changed, doubled or lost", () => {
    const whole = bytes(EXAMPLE);
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      lost: fc.nat(20),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 3 }),
        fc.constantFrom(..."{}[]:,-?*&!|>'\"#%@` \n\t~".split("")).map(bytes),
        fc.tuple(fc.nat(whole.length), fc.nat(40)).map(([at, some]) => whole.subarray(at, at + some)),
      ),
    });
    let good = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        let file: Uint8Array = whole;
        for (const { at, lost, put } of changes)
          file = Buffer.concat([file.subarray(0, at), put, file.subarray(at + lost)]);
        if (load(file).policy !== undefined) good++;
      }),
      { seed: 2, numRuns: 300 },
    );
    assert.ok(good > 5 && good < 150, `${good} of 300 were good`);
  });

  test("takes a file of exactly the most bytes, and refuses one more with its size", () => {
    const padded = (length: number): Uint8Array => {
      const text = "policy: 1\n#";
      return Buffer.concat([bytes(text), Buffer.alloc(length - text.length, "x")]);
    };
    assert.deepEqual(found(padded(MAX_FILE_BYTES)), []);
    const { problems } = load(padded(MAX_FILE_BYTES + 1));
    assert.deepEqual(problems.map(brief), ["P107 error 1:1"]);
    assert.equal(problems[0]?.text, "the file has 8388609 bytes, at most 8388608 are read");
  });

  test("refuses what nests one level too deep, where that level begins", () => {
    const nested = (depth: number): string => `policy: 1\nx: ${"[".repeat(depth)}${"]".repeat(depth)}\n`;
    assert.deepEqual(found(bytes(nested(MAX_DEPTH - 1))), ["P201 error 2:1"]);
    const { problems } = load(bytes(nested(MAX_DEPTH)));
    assert.deepEqual(problems.map(brief), [`P107 error 2:${"x: ".length + MAX_DEPTH}`]);
    assert.equal(problems[0]?.text, "lists and maps nest deeper than 12 levels");
  });
});
