import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CallLines } from "../../../audit/call-lines.ts";
import { Fault } from "../../../base/fault.ts";
import type { AuditWriter } from "../../../daemon/audit/writer.ts";
import type { Asked } from "../../../daemon/gate/asked.ts";
import { Gate } from "../../../daemon/gate/gate.ts";
import { GrantMeters } from "../../../daemon/limits/grant-meters.ts";
import { Measures } from "../../../daemon/limits/measures.ts";
import type { Failures } from "../../../daemon/log/failures.ts";
import { compileArgs } from "../../../policy/decide/args.ts";
import { Candidates } from "../../../policy/decide/candidates.ts";
import type { CompiledGrant } from "../../../policy/decide/compiled-grant.ts";
import { unknownMethod } from "../../../policy/explain/bind-literal.ts";

const CLOCK = { wallMs: () => 1_767_225_600_000, monotonicMs: () => 0 };

const GRANT: CompiledGrant = {
  id: "g",
  at: { line: 1, column: 1 },
  reach: "exact",
  rule: compileArgs({ kind: "none", at: { line: 1, column: 1 } }, []),
  requestBytes: Number.POSITIVE_INFINITY,
  timeoutMs: undefined,
  meter: { rate: { count: 1, perMs: 1_000 }, concurrent: undefined },
  get allowed() {
    return { allowed: true as const, grant: GRANT };
  },
};

/** A gate over an audit log that takes lines or does not, and a session that has one method. */
function setUp(
  candidates: Candidates,
  canRecord = true,
): { gate: Gate; asked: Asked; lines: string[]; alarms: unknown[]; meters: GrantMeters } {
  const lines: string[] = [];
  const alarms: unknown[] = [];
  const meters = new GrantMeters(CLOCK);
  const audit = {
    writeLines: (text: string) => {
      lines.push(text);
      return canRecord;
    },
  } as unknown as AuditWriter;
  const failures = {
    failed: (_what: string, _kind: object, fields: { readonly error: unknown }) => alarms.push(fields.error),
  } as unknown as Failures;
  const bucket = { take: () => true };
  const buckets = {
    refused: bucket,
    unfit: bucket,
    open: bucket,
    tally: { count: () => undefined },
    shadow: { note: () => undefined },
    room: { take: () => true },
  };
  const session = {
    principal: { name: "id:tester" },
    connection: "c",
    lines: new CallLines({ via: "unix", principal: "id:tester", policy: "sha256:0" }),
    gauge: meters.of("id:tester"),
    mayExplain: () => false,
    table: () => ({ rows: new Map([["m", { entry: unknownMethod("m"), grants: candidates }]]) }),
  };
  const message = { kind: "call", id: 1, method: "m", args: { values: { positional: [], named: {} } } };
  return {
    gate: new Gate(
      audit,
      CLOCK,
      failures,
      buckets as unknown as ConstructorParameters<typeof Gate>[3],
      new Measures(),
    ),
    asked: { session, message, bytes: 10 } as unknown as Asked,
    lines,
    alarms,
    meters,
  };
}

describe("Gate", () => {
  test("denies when deciding throws, raises an alarm with what was thrown, and records why", () => {
    const error = new Error("from inside");
    const trap = new Candidates([
      {
        ...GRANT,
        get rule(): never {
          throw error;
        },
      },
    ]);
    const { gate, asked, lines, alarms } = setUp(trap);
    const [answer] = gate.pass([asked]);
    assert.ok(answer instanceof Fault);
    assert.equal(answer.code, "permission_denied");
    assert.equal(answer.parts.issues, undefined, "the caller reads nothing of it");
    assert.deepEqual(alarms, [error]);
    const { decision, reason } = JSON.parse(lines.join(""));
    assert.deepEqual([decision, reason], ["deny", "error"]);
  });

  test("lets nothing run whose line cannot be written, and what it took of a limit comes back", () => {
    const { gate, asked, meters } = setUp(new Candidates([GRANT]), false);
    const [answer] = gate.pass([asked]);
    assert.ok(answer instanceof Fault);
    assert.equal(answer.code, "unavailable");
    assert.equal(meters.take("id:tester", GRANT), 0, "the one call of this second is still there");
  });

  test("counts calls of one turn one after the other", () => {
    const { gate, asked, lines } = setUp(new Candidates([GRANT]));
    const answers = gate.pass([asked, asked, asked]);
    assert.deepEqual(
      answers.map((answer) => (answer instanceof Fault ? answer.code : "permitted")),
      ["permitted", "resource_exhausted", "resource_exhausted"],
    );
    assert.equal(lines.join("").trim().split("\n").length, 3);
  });
});
