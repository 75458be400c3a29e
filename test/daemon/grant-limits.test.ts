import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createKeyFiles, loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { formatPublicKey } from "../../certs/public-key.ts";
import { RpcError } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { KINDS, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { failure, until } from "../support/failure.ts";
import { inFolder } from "../support/temp-folder.ts";

const GRANTS = `
grants:
  a-few: {to: caller, call: add, args: {a: {enum: [1]}, b: int}, limits: {rate: 3/d}}
  bursts: {to: caller, call: add, args: {a: {enum: [2]}, b: int}, limits: {rate: 1000/d}}
  exact: {to: caller, call: add, args: {a: {enum: [3]}, b: int}, limits: {rate: 2/d}}
  spare: {to: caller, call: "**", except: [hang, held, echo], args: any, from: 10.0.0.0/8}
  two-at-once: {to: caller, call: hang, args: none, limits: {concurrent: 2}}
  one-at-once: {to: caller, call: held, args: {file: string}, limits: {concurrent: 1, timeout: 50ms}}
  small: {to: caller, call: echo, args: any, limits: {request: 1KiB}}
  counting: {to: caller, call: [running, nothing], args: none}
  patient: {to: caller, call: deadline, args: none, limits: {timeout: 20m}}
`;

describe("the limits of a grant", () => {
  let daemon: TestDaemon;
  let rpc: Rpc;
  before(async () => {
    daemon = await TestDaemon.start({ grants: GRANTS, config: WIDE_OPEN });
    rpc = await daemon.connect();
  });
  after(async () => {
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });

  test("a rate allows so many, and then says when there may be room: nothing was begun", async () => {
    for (let i = 0; i < 3; i++) assert.equal(await rpc.call("add", [1, i]), 1 + i);
    const { code, origin, outcome, retry } = await failure(rpc.call("add", [1, 3]));
    assert.deepEqual(
      [code, origin, outcome, retry?.ok],
      ["resource_exhausted", "limit", "not_started", true],
    );
    // A day has three: after the burst the next one comes a third of a day later.
    const afterMs = retry?.afterMs ?? assert.fail("it does not say when");
    assert.ok(afterMs > 28_000_000 && afterMs <= 28_800_000, `${afterMs} ms`);
  });

  test("counts over all connections of a principal, and those that were closed", async () => {
    for (const kind of KINDS) {
      const other = await daemon.connect({}, kind);
      assert.equal((await failure(other.call("add", [1, 0]))).code, "resource_exhausted", kind);
      await other.close();
    }
  });

  test("is not given back by a reload, and not by a grant that says the same under the same name", async () => {
    daemon.writePolicy(`${GRANTS}  another: {to: caller, call: ping, args: none}\n`);
    assert.equal(await daemon.reload(), true);
    assert.equal((await failure(rpc.call("add", [1, 0]))).code, "resource_exhausted");
  });

  test("a grant that is used up is passed over: the next that admits the call is asked", async () => {
    daemon.writePolicy(`${GRANTS}  wide: {to: caller, call: "**", except: [hang, held, echo], args: any}\n`);
    assert.equal(await daemon.reload(), true);
    for (let i = 0; i < 5; i++) assert.equal(await rpc.call("add", [3, i]), 3 + i);
    const used = daemon.audit.filter(({ method }) => method === "add").slice(-5);
    assert.deepEqual(
      used.map(({ grant }) => grant),
      ["exact", "exact", "wide", "wide", "wide"],
    );
    daemon.writePolicy(GRANTS);
    assert.equal(await daemon.reload(), true);
  });

  test("the audit log says of a call beyond them that it was limited", async () => {
    await failure(rpc.call("add", [1, 0]));
    const { decision, reason, grant } = daemon.audit.at(-1) ?? {};
    assert.deepEqual([decision, reason, grant], ["limited", "limit", undefined]);
  });

  test("arguments that no grant admits are denied, whatever is used up", async () => {
    assert.equal((await failure(rpc.call("add", ["1", 0]))).code, "permission_denied");
  });

  test("so many at once: one more waits for nobody, and a place is free when the work has ended", async () => {
    const abort = new AbortController();
    const running = [0, 1].map(() => failure(rpc.call("hang", [], {}, { signal: abort.signal })));
    await until(async () => (await rpc.call("running")) === 2);
    const { code, retry } = await failure(rpc.call("hang"));
    assert.deepEqual([code, retry?.ok], ["resource_exhausted", true]);
    const other = await daemon.connect();
    assert.equal((await failure(other.call("hang"))).code, "resource_exhausted");
    await other.close();
    abort.abort();
    await Promise.all(running);
    await until(async () => (await rpc.call("running")) === 0);
    const again = new AbortController();
    const next = failure(rpc.call("hang", [], {}, { signal: again.signal }));
    await until(async () => (await rpc.call("running")) === 1);
    again.abort();
    assert.equal((await next).code, "cancelled");
  });

  test("a timeout ends the call for its caller, and its place stays taken until the work has ended", async () => {
    const gate = daemon.gate();
    const { code, origin, outcome } = await failure(rpc.call("held", [gate.file]));
    assert.deepEqual([code, origin, outcome], ["deadline_exceeded", "limit", "unknown"]);
    assert.equal((await failure(rpc.call("held", [gate.file]))).code, "resource_exhausted");
    gate.open();
    await until(async () => (await rpc.call("running")) === 0);
    // The time of this one too is 50 ms, which a busy machine may need for nothing.
    await until(async () => (await rpc.call("held", [gate.file]).catch(() => "late")) === gate.file);
  });

  test("a timeout beyond five minutes lets a caller ask for as much, and not for more", async () => {
    const asked = async (timeoutMs: number): Promise<number> =>
      Number(await rpc.call("deadline", [], {}, { timeoutMs }));
    assert.ok(Math.abs((await asked(15 * 60_000)) - 15 * 60_000) < 5_000);
    assert.ok(Math.abs((await asked(60 * 60_000)) - 20 * 60_000) < 5_000);
  });

  test("a request is admitted up to its size, and not with one byte more", async () => {
    const measured = async (length: number): Promise<unknown> => rpc.call("echo", ["x".repeat(length)]);
    let fits = 0;
    for (let low = 0, high = 1024; low <= high; ) {
      const length = (low + high) >>> 1;
      if (
        await measured(length).then(
          () => true,
          () => false,
        )
      ) {
        fits = length;
        low = length + 1;
      } else high = length - 1;
    }
    // 1,024 bytes are the message: what is not the text is its frame's kind, id, method and heads.
    assert.ok(fits > 990 && fits < 1_020, `${fits} letters fit`);
    const { code, issues } = await failure(measured(fits + 1));
    assert.deepEqual([code, issues], ["permission_denied", []]);
    const { decision, reason } = daemon.audit.at(-1) ?? {};
    assert.deepEqual([decision, reason], ["deny", "request_size"]);
  });

  test("are counted for each principal by itself", () =>
    inFolder(async (folder) => {
      const path = `${folder}/other`;
      const key = formatPublicKey(await createKeyFiles(path, "other"));
      daemon.writePolicy(GRANTS, `  other:\n    keys: ["${key}"]\n    roles: [caller]\n`);
      assert.equal(await daemon.reload(), true);
      const other = await daemon.connect({ identity: loadPrivateKeyFile(path).key });
      for (let i = 0; i < 3; i++) assert.equal(await other.call("add", [1, i]), 1 + i);
      assert.equal((await failure(other.call("add", [1, 3]))).code, "resource_exhausted");
      await other.close();
    }));
});

test("100,000 calls on 16 connections of one principal: exactly as many are admitted as the grant says", async (t) => {
  const [connections, each, rate] = [16, 6_250, 54_321];
  const daemon = await TestDaemon.start({
    grants: `
grants:
  so-many: {to: caller, call: add, args: {a: int, b: int}, limits: {rate: ${rate}/d}}
`,
    config: WIDE_OPEN,
  });
  const rpcs = await Promise.all(Array.from({ length: connections }, () => daemon.connect()));
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  const run = async (rpc: Rpc): Promise<void> => {
    for (let i = 0; i < each; i += 50) {
      const calls = Array.from({ length: Math.min(50, each - i) }, (_, j) => rpc.call("add", [i, j]));
      for (const settled of await Promise.allSettled(calls)) {
        if (settled.status === "fulfilled") count("value");
        else count(settled.reason instanceof RpcError ? settled.reason.code : String(settled.reason));
      }
    }
  };
  const beganAt = performance.now();
  await Promise.all(rpcs.map(run));
  const cameBack = Math.floor(((performance.now() - beganAt) * rate) / 86_400_000) + 1;
  t.diagnostic(JSON.stringify(Object.fromEntries(counts)));
  // 54,321 a day are one in 1.6 seconds: what came back meanwhile may have been used too, and no more.
  const admitted = counts.get("value") ?? 0;
  const limited = counts.get("resource_exhausted") ?? 0;
  assert.equal(admitted + limited, connections * each, "none lost, none counted twice");
  assert.ok(admitted >= rate && admitted <= rate + cameBack, `${admitted} were admitted`);
  const lines = daemon.audit.filter(({ kind }) => kind === "call");
  assert.equal(lines.filter(({ decision }) => decision === "allow").length, admitted);
  const counted = daemon.audit
    .filter(({ kind }) => kind === "counted")
    .reduce((sum, { refused }) => sum + Number(refused), 0);
  assert.equal(lines.filter(({ decision }) => decision === "limited").length + counted, limited);
  await Promise.all(rpcs.map((rpc) => rpc.close()));
  assert.equal(await daemon.stop(), 0);
});

const PEAK = `
import { defineService, method } from "rpcd/service";
let running = 0;
let peak = 0;
export default defineService({
  work: method({ params: [], run: async () => { running++; peak = Math.max(peak, running); await new Promise(setImmediate); running--; } }),
  peak: method({ params: [], run: () => ({ running, peak }) }),
});
`;

test("16 connections of one principal: never more run at once than the grant says, and all places come back", async () => {
  const daemon = await TestDaemon.start({
    service: PEAK,
    grants: `
grants:
  some: {to: caller, call: work, args: none, limits: {concurrent: 5}}
  counting: {to: caller, call: peak, args: none}
`,
    config: WIDE_OPEN,
  });
  const rpcs = await Promise.all(Array.from({ length: 16 }, () => daemon.connect()));
  const [first] = rpcs;
  assert.ok(first !== undefined);
  const codes = new Set<string>();
  for (let round = 0; round < 20; round++) {
    const calls = rpcs.flatMap((rpc) => Array.from({ length: 8 }, () => rpc.call("work")));
    for (const settled of await Promise.allSettled(calls))
      codes.add(settled.status === "fulfilled" ? "value" : (settled.reason as RpcError).code);
  }
  assert.deepEqual([...codes].toSorted(), ["resource_exhausted", "value"]);
  assert.deepEqual({ ...((await first.call("peak")) as object) }, { running: 0, peak: 5 });
  // Five at once still fit: no place was lost.
  assert.equal(
    (await Promise.allSettled(Array.from({ length: 5 }, () => first.call("work")))).every(
      ({ status }) => status === "fulfilled",
    ),
    true,
  );
  await Promise.all(rpcs.map((rpc) => rpc.close()));
  assert.equal(await daemon.stop(), 0);
});
