import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Rpc } from "../../../client/rpc.ts";
import { SERVICE_FIELDS_MAX, serviceFields } from "../../../daemon/log/service-fields.ts";
import { TestDaemon } from "../../support/daemon.ts";
import { until } from "../../support/failure.ts";
import { rpcd } from "../../support/rpcd.ts";
import { TestState } from "../../support/state.ts";

const SERVICE = `
import { defineService, method, param, z } from "rpcd/service";
console.log("while it is loaded");
export default defineService("notes", {
  print: method({ params: [param("how", z.string())], run: ({ how }) => ({
    log: () => console.log("printed %s", "so", { a: 1 }),
    error: () => console.error("to the other stream"),
    lines: () => console.log("one\\ntwo"),
    table: () => console.table([{ a: 1 }]),
    forged: () => console.log('{"level":"error","msg":"forged"}'),
    write: () => process.stdout.write("written\\n"),
    escape: () => console.log("\\u001b[2J\\u009b"),
    long: () => console.log("x".repeat(1_000_000)),
  })[how]() && null }),
  note: method({ params: [param("title", z.string())], run: ({ title }, ctx) => { ctx.log.info("saved", { title, size: 3, ok: true, none: null, tags: ["a", { deep: 1 }], request: "forged", error: new Error("why") }); return 1; } }),
  odd: method({ params: [], run: (_args, ctx) => {
    const cycle = {}; cycle.self = cycle;
    for (const fields of [cycle, { get x() { throw 1; } }, { x: Object.create(null) }, { x: new Proxy({}, {}) }, { x: Symbol("x") }, { x: 10n ** 5000n }, "no object", null, { x: { toString() { throw 2; } } }, { x: new Map() }])
      ctx.log.warn("odd", fields);
    return 1;
  } }),
});
`;

interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}

describe("what a service says and prints", () => {
  let daemon: TestDaemon;
  let rpc: Rpc;
  before(async () => {
    daemon = await TestDaemon.start({ service: SERVICE });
    rpc = await daemon.connect();
  });
  after(async () => {
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });
  // A line that is none fails here.
  const lines = (): readonly Line[] => daemon.log.map((line): Line => JSON.parse(line));
  const printed = async (how: string, text: string): Promise<Line> => {
    const line = daemon.nextLine(text);
    await rpc.call("notes.print", [how]);
    return JSON.parse(await line);
  };

  test("while it is loaded is a line of the log that names the module", () => {
    const line = lines().find(({ msg }) => msg === "while it is loaded");
    assert.deepEqual([line?.["level"], line?.["module"]], ["info", join(daemon.folder, "service.mjs")]);
  });

  test("by the console is one line for each, with the service, as the console would write it", async () => {
    const log = await printed("log", "printed so");
    assert.deepEqual([log.msg, log["service"], log["level"]], ["printed so { a: 1 }", "notes", "info"]);
    assert.equal((await printed("error", "the other stream"))["level"], "warn");
    assert.equal((await printed("lines", "one")).msg, "one\\ntwo");
    assert.match((await printed("table", "index")).msg, /│ 0 {7}│ 1 │/);
  });

  test("straight to standard output is a line too, and none can be forged", async () => {
    assert.deepEqual((await printed("write", "written"))["service"], "notes");
    const forged = await printed("forged", "forged");
    assert.deepEqual([forged["level"], forged.msg], ["info", '{"level":"error","msg":"forged"}']);
    assert.equal((await printed("escape", "u{1b}")).msg, "\\u{1b}[2J\\u{9b}");
    assert.ok((await printed("long", "xxxx")).msg.length < 5_000);
  });

  test("by ctx.log has its fields beside the message, and none in the place of the daemon's own", async () => {
    const line = daemon.nextLine("saved");
    await rpc.call("notes.note", ["a\u001b"]);
    const { time: _time, error, request, trace: _trace, ...rest } = JSON.parse(await line);
    assert.deepEqual(rest, {
      level: "info",
      msg: "saved",
      title: "a\\u{1b}",
      size: 3,
      ok: true,
      none: null,
      tags: ["a", { deep: 1 }],
      "service.request": "forged",
    });
    assert.match(request, new RegExp(`^${rpc.connection}-`));
    assert.match(error, /^Error: why\n/);
  });

  test("ends no call, whatever its fields are", async () => {
    assert.equal(await rpc.call("notes.odd"), 1);
    await until(() => lines().filter(({ msg }) => msg === "odd").length === 10, "a line for each");
  });
});

describe("the fields of a line", () => {
  const many = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, i]));
  test(`are at most ${SERVICE_FIELDS_MAX}, and one says how many were left out`, () => {
    assert.deepEqual(serviceFields(many(SERVICE_FIELDS_MAX)), many(SERVICE_FIELDS_MAX));
    assert.deepEqual(serviceFields(many(SERVICE_FIELDS_MAX + 1)), {
      ...many(SERVICE_FIELDS_MAX),
      fields_left_out: 1,
    });
  });
});

test("what a service prints does not get among the output of --catalogue and --check", async (t) => {
  const state = await TestState.make();
  t.after(() => state.remove());
  writeFileSync(
    state.file("services/example.mjs"),
    `console.log("noise"); process.stdout.write("more noise\\n");
import { defineService, method } from "rpcd/service";
export default defineService({ add: method({ params: [], run: () => 1 }), erase: method({ params: [], run: () => 1 }) });`,
  );
  const { out, err, code } = await rpcd(["--catalogue", "--config", state.file("rpcd.yaml")]);
  assert.equal(code, 0);
  assert.ok(Array.isArray(Object.values(Object(JSON.parse(out)))));
  assert.match(err, /noise\nmore noise/);
});
