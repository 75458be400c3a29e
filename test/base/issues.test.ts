import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "../../base/fault.ts";
import { boundedIssue, DETAIL_MAX_CHARS, ISSUES_MAX, issuesText } from "../../base/issues.ts";
import { clipText } from "../../base/text.ts";
import { bindArguments } from "../../catalogue/bind.ts";
import { methodEntry } from "../../service/entry.ts";
import { method } from "../../service/index.ts";

describe("a text that is cut", () => {
  test("has so many units at the most, and ends in a mark", () => {
    assert.deepEqual([clipText("abc", 3), clipText("abcd", 3)], ["abc", "ab…"]);
  });

  test("is not cut within a surrogate pair", () => {
    assert.deepEqual([clipText("a😀bc", 3), clipText("a😀bc", 4)], ["a…", "a😀…"]);
  });
});

describe("issues", () => {
  test("have a path and a message of bounded length", () => {
    const { path, message } = boundedIssue("p".repeat(257), "m".repeat(1_025));
    assert.deepEqual([path.length, message.length], [256, 1_024]);
    assert.deepEqual(boundedIssue("p".repeat(256), "m".repeat(1_024)), {
      path: "p".repeat(256),
      message: "m".repeat(1_024),
    });
  });

  test("are one text of bounded length", () => {
    assert.equal(issuesText("add", [boundedIssue("a", "x"), boundedIssue("b", "y")]), "add: a: x; b: y");
    const many = Array.from({ length: 64 }, () => boundedIssue("p", "m".repeat(1_000)));
    assert.equal(issuesText("add", many).length, DETAIL_MAX_CHARS);
    const last = DETAIL_MAX_CHARS - "add: p: ".length;
    assert.equal(issuesText("add", [{ path: "p", message: "m".repeat(last) }]).endsWith("m"), true);
    assert.equal(issuesText("add", [{ path: "p", message: "m".repeat(last + 1) }]).endsWith("…"), true);
  });

  test("of unknown names are read up to 64", () => {
    const entry = methodEntry("", "m", method({ params: [], run: () => 1 }));
    const issuesOf = (count: number): number => {
      const named = Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 1]));
      const fault = bindArguments(entry, [], named);
      return fault instanceof Fault ? (fault.parts.issues?.length ?? 0) : 0;
    };
    assert.deepEqual([issuesOf(ISSUES_MAX), issuesOf(ISSUES_MAX + 1), issuesOf(1_000)], [64, 64, 64]);
  });
});
