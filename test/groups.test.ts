import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { groupTests } from "./groups.ts";

const files = fc.uniqueArray(
  fc.stringMatching(/^(?:(?:hostile|policy|wire|cli)\/(?:lint\/)?)?[a-f]{1,2}\.test\.js$/),
  { maxLength: 60 },
);

describe("test files that share a process", () => {
  test("each is in one group, with others of its folder, and no group is large", () => {
    fc.assert(
      fc.property(files, (all) => {
        const groups = groupTests(all, (file) => file.includes("a."));
        assert.deepEqual(groups.flatMap((group) => group.files).toSorted(), all.toSorted());
        for (const { folder, files: own } of groups) {
          assert.ok(own.length > 0 && own.length <= 16);
          for (const file of own) assert.equal(file.startsWith(`${folder}/`), folder !== ".");
        }
      }),
    );
  });

  test("one that needs a process of its own has it", () => {
    fc.assert(
      fc.property(files, (all) => {
        for (const group of groupTests(all, (file) => file.includes("a.")))
          if (group.files.some((file) => file.includes("a."))) assert.equal(group.files.length, 1);
      }),
    );
  });
});
