import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { CallLines } from "../../audit/call-lines.ts";
import { auditLine } from "../../audit/line.ts";

const AT_MS = 1_700_000_000_123;
const AT = new Date(AT_MS).toISOString();
const id = "abcdefgh-17";

/** Of a call, which belongs to a trace or does not. */
const traced = fc.oneof(
  fc.constant({}),
  fc.record({ trace: fc.stringMatching(/^[0-9a-f]{32}$/) }),
) as fc.Arbitrary<{ readonly trace?: string }>;

describe("the lines of a session's calls, put together from parts", () => {
  test("are what the whole line would be: for every principal, policy, grant and method of the catalogue", () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,40}$/);
    fc.assert(
      fc.property(
        fc.constantFrom("unix", "tls", "stream"),
        fc.string({ unit: "binary" }),
        name,
        name,
        traced,
        (via, principal, grant, method, trace) => {
          const policy = `sha256:${grant}`;
          const lines = new CallLines({ via, principal, policy });
          for (let round = 0; round < 2; round++) {
            assert.equal(
              lines.allowed(AT, id, method, grant, trace.trace),
              auditLine(
                { atMs: AT_MS, id, via },
                { kind: "call", principal, method, ...trace, decision: "allow", grant, policy },
              ),
            );
          }
        },
      ),
    );
  });

  test("are what the whole line would be, for every method that somebody may name", () => {
    const lines = new CallLines({ via: "tls", principal: "id:a", policy: "p" });
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.constantFrom("deny", "invalid"),
        fc.constantFrom("no_grant", "args", "binding", "error"),
        traced,
        (method, decision, reason, trace) => {
          const line = lines.refused(AT, id, method, decision, reason, trace.trace);
          const event = {
            kind: "call",
            principal: "id:a",
            method,
            ...trace,
            decision,
            reason,
            policy: "p",
          } as const;
          assert.equal(line, auditLine({ atMs: AT_MS, id, via: "tls" }, event));
          assert.equal(line.indexOf("\n"), line.length - 1);
        },
      ),
    );
  });
});
