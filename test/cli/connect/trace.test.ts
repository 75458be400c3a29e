import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readTrace } from "../../../cli/connect/trace.ts";
import { TestDaemon } from "../../support/daemon.ts";
import {
  BAD_TRACEPARENTS,
  BAD_TRACESTATES,
  LATER_TRACEPARENT,
  OTHER_TRACE,
  OTHER_TRACE_ID,
  TRACE,
  TRACE_ID,
  TRACEPARENT,
} from "../../support/traces.ts";
import { type Ended, rpcctl } from "../run-cli.ts";

const { traceparent: TRACEPARENT_SET, tracestate: TRACESTATE = assert.fail() } = TRACE;
const ENV = { TRACEPARENT: TRACEPARENT_SET, TRACESTATE };

describe("readTrace", () => {
  test("takes the option, or else the environment's with its state", () => {
    assert.deepEqual(readTrace(undefined, ENV), TRACE);
    assert.deepEqual(readTrace(undefined, { TRACEPARENT }), { traceparent: TRACEPARENT });
    assert.deepEqual(readTrace(OTHER_TRACE.traceparent, ENV), OTHER_TRACE, "the state is the environment's");
    assert.equal(readTrace(undefined, {}), undefined);
    assert.deepEqual(readTrace(LATER_TRACEPARENT, {}), { traceparent: TRACEPARENT });
    assert.deepEqual(readTrace(undefined, { ...ENV, TRACEPARENT: LATER_TRACEPARENT }), TRACE);
  });

  test("takes no notice of variables that are none", () => {
    for (const [what, bad] of Object.entries(BAD_TRACEPARENTS))
      assert.equal(readTrace(undefined, { ...ENV, TRACEPARENT: bad }), undefined, what);
    for (const [what, bad] of [["empty", ""], ...Object.entries(BAD_TRACESTATES)] as const)
      assert.deepEqual(readTrace(undefined, { ...ENV, TRACESTATE: bad }), { traceparent: TRACEPARENT }, what);
    assert.equal(readTrace(undefined, { TRACESTATE }), undefined);
  });

  test("refuses an option that is none, though the environment has one", () => {
    for (const [what, bad] of Object.entries(BAD_TRACEPARENTS))
      assert.throws(
        () => readTrace(bad, ENV),
        { ending: "usage", message: /^--trace: 00-, 32 hex digits, .* was expected, not '/ },
        what,
      );
  });
});

describe("rpcctl call, as a process,", () => {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start();
    const known = `${daemon.address} ${daemon.hostKey}\n`;
    writeFileSync(join(daemon.folder, "known_daemons"), known, { mode: 0o600 });
  });
  after(async () => {
    assert.equal(await daemon.stop(), 0);
  });

  const run = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    rpcctl(words, {
      env: {
        HOME: daemon.folder,
        RPCCTL_ADDRESS: daemon.address,
        RPCCTL_IDENTITY: join(daemon.folder, "client_key"),
        RPCCTL_KNOWN_DAEMONS: join(daemon.folder, "known_daemons"),
        ...env,
      },
    });
  /** The traces in the audit lines of `add` so far. */
  const traces = (): readonly unknown[] =>
    daemon.audit.filter(({ method }) => method === "add").map(({ trace }) => trace);

  test("makes its call part of the trace that the option names, or that of the environment", async () => {
    const five = { code: 0, out: "5\n", err: "" };
    const call = ["call", "add", "2", "3"];
    const withOption = ["call", "--trace", OTHER_TRACE.traceparent, "add", "2", "3"];
    assert.deepEqual(await run(call), five);
    assert.deepEqual(await run(call, ENV), five);
    assert.deepEqual(await run(withOption), five);
    assert.deepEqual(await run(withOption, ENV), five);
    assert.deepEqual(await run(call, { TRACEPARENT: LATER_TRACEPARENT }), five);
    assert.deepEqual(traces(), [undefined, TRACE_ID, OTHER_TRACE_ID, OTHER_TRACE_ID, TRACE_ID]);
  });

  test("goes on without a word where the environment names none", async () => {
    const from = traces().length;
    for (const env of [
      { ...ENV, TRACEPARENT: "\u001b[2J" },
      { ...ENV, TRACEPARENT: `00-${"0".repeat(32)}-b7ad6b7169203331-01` },
      { TRACEPARENT: "" },
      { TRACEPARENT, TRACESTATE: "a\nb\u202e" },
    ])
      assert.deepEqual(await run(["call", "add", "2", "3"], env), { code: 0, out: "5\n", err: "" });
    assert.deepEqual(traces().slice(from), [undefined, undefined, undefined, TRACE_ID]);
  });

  test("ends with 2 where the option names none, says what was expected, and sends nothing", async () => {
    const lines = daemon.audit.length;
    for (const bad of ["", "x", TRACEPARENT.toUpperCase(), `${TRACEPARENT}0`, "\u001b[2J\u202e"]) {
      const { code, out, err } = await run(["call", "--trace", bad, "add", "2", "3"], ENV);
      assert.deepEqual([code, out], [2, ""], bad);
      assert.match(err, /--trace: 00-, 32 hex digits, -, 16 hex digits, -, 2 hex digits, .* was expected/);
      assert.doesNotMatch(err.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u);
    }
    assert.equal(daemon.audit.length, lines, "it has not even logged in");
  });

  test("is told of in the help", async () => {
    assert.match((await run(["call", "--help"])).out, /--trace +TRACEPARENT: the trace/);
  });
});
