import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { auditLine, type Stamp } from "../../audit/line.ts";

const STAMP: Stamp = { atMs: 1_700_000_000_123, id: "abc-1", via: "unix" };

describe("a line of the audit log", () => {
  test("has its time, what happened, and to whom", () => {
    assert.equal(
      auditLine(STAMP, { kind: "login", result: "ok", principal: "id:alice", key: "SHA256:x" }),
      '{"at":"2023-11-14T22:13:20.123Z","kind":"login","id":"abc-1","via":"unix","result":"ok","principal":"id:alice","key":"SHA256:x"}\n',
    );
    assert.equal(
      auditLine(STAMP, {
        kind: "call",
        decision: "allow",
        principal: "id:alice",
        method: "add",
        grant: "math",
        policy: "sha256:0",
      }),
      '{"at":"2023-11-14T22:13:20.123Z","kind":"call","id":"abc-1","via":"unix","decision":"allow","principal":"id:alice","method":"add","grant":"math","policy":"sha256:0"}\n',
    );
  });

  test("is one line, whatever a caller names: nothing in it ends it, moves a cursor or turns the reading", () => {
    for (const method of [
      "a\nb",
      "\u001b[2J",
      "\u009b31m",
      "\u202ex",
      "\u2028",
      '"}\n{"kind":"login"',
      "\ud800",
      "x\0",
    ]) {
      const line = auditLine(STAMP, {
        kind: "call",
        decision: "deny",
        principal: "id:a",
        method,
        reason: "no_grant",
        policy: "p",
      });
      assert.equal(line.indexOf("\n"), line.length - 1, JSON.stringify(method));
      assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      assert.equal(JSON.parse(line).kind, "call");
    }
  });

  test("keeps 128 characters of a claimed name, and says how much it leaves out", () => {
    const named = (length: number): string =>
      JSON.parse(
        auditLine(STAMP, {
          kind: "call",
          decision: "deny",
          principal: "id:a",
          method: "m".repeat(length),
          policy: "p",
        }),
      ).method;
    assert.equal(named(128), "m".repeat(128));
    assert.equal(named(1_000_000), `${"m".repeat(128)}… (999872 more)`);
  });
});
