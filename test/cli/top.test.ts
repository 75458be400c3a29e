import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { escapeText } from "../../base/escape.ts";
import { columnsOf } from "../../cli/print/text-columns.ts";
import { bytesText, durationText, millisText, rateText } from "../../cli/top/amounts.ts";
import { readHealth, readSessions, readStats, type Stats } from "../../cli/top/answers.ts";
import { ask, type Reading } from "../../cli/top/ask.ts";
import { picture, type Size, type View } from "../../cli/top/picture.ts";
import { isRestarted } from "../../cli/top/rates.ts";

const STARTED = new Date("2026-11-29T02:00:00Z");
const LOADED = new Date("2026-11-29T02:30:00Z");
const WIDE: Size = { rows: 40, columns: 120 };

type Answer = Readonly<Record<string, unknown>>;
const POLICY = { hash: `sha256:5f0c3a9be1d2${"0".repeat(52)}`, generation: 3, loaded: LOADED };
const SINCE = { version: "0.1.0", started: STARTED, uptime_s: 15_000 };

function statsAnswer(change: Answer = {}): Answer {
  return {
    ...SINCE,
    policy: { ...POLICY, refused: false },
    connections: { open: 3, sessions: 2, before_login: 1 },
    ended_before_login: { dropped: 0, tls_failed: 0, broken: 0 },
    logins: { ok: 10, unknown_key: 0 },
    verifications_waiting: 0,
    calls: {
      running: 1,
      waiting: 0,
      nameless: {},
      methods: [{ method: "add", codes: { ok: 100 } }],
      next: null,
    },
    denials: { no_grant: 0, args: 0 },
    decisions: { count: 100, total_ms: 1, p50_ms: 0.01, p90_ms: 0.02, p99_ms: 0.1, max_ms: 2 },
    references: { exported: 0, imported: 0, callbacks: 0, pipelined: 0 },
    bytes_held: 65,
    time: {
      busy_ms: 500,
      before_login_ms: 5,
      unattributed_ms: 95,
      principals: [{ principal: "id:alice", ms: 400 }],
    },
    loop: { window_ms: 10_000, mean_ms: 0.4, p99_ms: 2, max_ms: 1500 },
    memory: { rss: 85 * 2 ** 20, heap_used: 20 * 2 ** 20, heap_total: 30 * 2 ** 20 },
    audit: { records: 100, failures: 0, failing: false, writing_ms: 5 },
    ...change,
  };
}

function sessionAnswer(change: Answer = {}): Answer {
  const who = { connection: "c1", principal: "id:alice", roles: ["caller"], key: "SHA256:x" };
  const where = { via: "unix", address: null, since: new Date(STARTED.getTime() + 14_000_000) };
  return { ...who, ...where, calls: 0, references: 0, bytes: 0, ...change };
}

function reading(atMs: number, change: Answer = {}, more: Partial<Reading> = {}): Reading {
  const { sessions } = readSessions({ sessions: [sessionAnswer()], next: null }, "s");
  const isCut = { methods: false, sessions: false };
  return { atMs, stats: readStats(statsAnswer(change), "s"), sessions, health: undefined, isCut, ...more };
}

function shown(now: Reading | undefined, change: Partial<View> = {}, size = WIDE): readonly string[] {
  const view = { address: "unix:/run/rpcd/rpcd.sock", now, before: undefined, staleMs: undefined, notes: [] };
  return picture({ ...view, ...change }, size).map(({ text }) => text);
}

const later = {
  time: {
    busy_ms: 1_500,
    before_login_ms: 5,
    unattributed_ms: 155,
    principals: [
      { principal: "id:alice", ms: 440 },
      { principal: "id:bob\u001b[2J", ms: 500 },
    ],
  },
  denials: { no_grant: 4, args: 40 },
  logins: { ok: 12, unknown_key: 6 },
  audit: { records: 300, failures: 0, failing: false, writing_ms: 5 },
  calls: {
    running: 1,
    waiting: 0,
    nameless: { permission_denied: 2 },
    methods: [
      { method: "add", codes: { ok: 110 } },
      { method: "fail", codes: { internal: 50, ok: 10 } },
    ],
    next: null,
  },
};

describe("the picture of rpcctl top", () => {
  test("shows totals first, and from the second answer on how much in a second", () => {
    assert.deepEqual(shown(reading(0)), [
      "unix:/run/rpcd/rpcd.sock  rpcd 0.1.0, up 4h 10m, policy 5f0c3a9be1d2 (generation 3)",
      "connections  3 open, 2 with a session, 1 before the login",
      "calls        1 running, 100 answered; references: 0 exported, 0 imported",
      "denials      none",
      "logins       10 good; refused: none",
      "event loop   late by 0.4 ms (mean), 2 ms (p99), 1.5 s (max)",
      "memory       85 MiB, heap 20 MiB of 30 MiB, held for calls 65 B",
      "audit        100 records",
      "",
      "METHODS  CALLS/S  ERRORS/S  CALLS  ERRORS",
      "add            -         -    100       0",
      "",
      "SESSIONS  VIA   ADDRESS      AGE  CALLS  REFS  BYTES",
      "id:alice  unix  -        16m 40s      0     0    0 B",
    ]);
    const text = shown(reading(2000, later), { before: reading(0) });
    assert.deepEqual(
      [2, 3, 4, 5, 7, 10, 11].map((line) => text[line]),
      [
        "calls        1 running, 36/s, 172 answered; references: 0 exported, 0 imported",
        "denials      args 20/s (40), no_grant 2/s (4)",
        "logins       1/s, 12 good; refused: unknown_key 3/s (6)",
        "event loop   late by 0.4 ms (mean), 2 ms (p99), 1.5 s (max); busy for id:bob\\u{1b}[2J 25.0 %, id:alice 2.0 %, nobody i…",
        "audit        100/s, 300 records",
        "fail          30        25     60      50",
        "add            5         0    110       0",
      ],
    );
  });

  test("says loudly what must not be overlooked", () => {
    const bad = reading(0, {
      policy: { ...POLICY, refused: true },
      audit: { records: 1, failures: 3, failing: true, writing_ms: 1 },
    });
    const loud = picture(
      { address: "a", now: bad, before: undefined, staleMs: 12_000, notes: ["GONE \u001b[2J"] },
      WIDE,
    )
      .filter(({ isLoud }) => isLoud)
      .map(({ text }) => text.split(":")[0]);
    assert.deepEqual(loud, ["GONE \\u{1b}[2J", "THE FIGURES ARE 12s OLD", "POLICY REFUSED", "AUDIT FAILING"]);
    assert.ok(shown(bad).includes("audit        FAILING, 1 records; 3 writes failed"));
    const health = readHealth(
      { status: "draining", ...SINCE, policy: POLICY, problems: ["mend \u009b"] },
      "h",
    );
    assert.deepEqual(shown(reading(0, {}, { health })).slice(1, 3), [
      "DRAINING: it finishes what runs, and stops",
      "PROBLEM: mend \\u{9b}",
    ]);
  });

  test("says which grant shows the sessions, where they are denied", () => {
    assert.match(
      shown(reading(0, {}, { sessions: undefined })).at(-1) ?? "",
      /name rpcd\.sessions\.list itself/,
    );
  });

  test("parts the room between the tables, and says how much of each is shown", () => {
    const methods = Array.from({ length: 30 }, (_, i) => ({ method: `m${i}`, codes: { ok: i } }));
    const { sessions } = readSessions(
      { sessions: Array.from({ length: 30 }, () => sessionAnswer()), next: null },
      "s",
    );
    const many = reading(
      0,
      { calls: { running: 0, waiting: 0, nameless: {}, methods, next: null } },
      { sessions },
    );
    const text = shown(many, {}, { rows: 24, columns: 80 });
    assert.equal(text.length, 24);
    assert.match(text[9] ?? "", /^METHODS 6\/30 /);
    assert.match(text[10] ?? "", /^m29 /);
    assert.match(text[17] ?? "", /^SESSIONS 6\/30 /);
    const few = shown({ ...many, sessions: sessions.slice(0, 2) }, {}, { rows: 24, columns: 80 });
    assert.match(few[9] ?? "", /^METHODS 10\/30 /);
    const cut = { ...many, isCut: { methods: false, sessions: true } };
    assert.match(shown(cut, {}, { rows: 24, columns: 80 })[17] ?? "", /^SESSIONS 6\/30\+ /);
  });

  test("keeps within the terminal, whatever the answers, the names and the size", () => {
    const number = fc.oneof(fc.nat(), fc.maxSafeNat());
    const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
    const part = fc.constantFrom(
      "a",
      "id:",
      "rpcd.stats",
      "\u001b[2J",
      "\u009b",
      "\n",
      "\u202e",
      "漢",
      "e\u0301",
      "🦊",
    );
    const name = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
    const counts = fc.dictionary(name, number, { maxKeys: 5 });
    const time = fc.date({ noInvalidDate: true });
    const stats = fc.record({
      version: name,
      started: time,
      uptime_s: number,
      policy: fc.record({ hash: name, generation: number, loaded: time, refused: fc.boolean() }),
      connections: fc.record({ open: number, sessions: number, before_login: number }),
      ended_before_login: counts,
      logins: counts,
      denials: counts,
      bytes_held: number,
      calls: fc.record({
        running: number,
        waiting: number,
        nameless: counts,
        methods: fc.array(fc.record({ method: name, codes: counts }), { maxLength: 12 }),
        next: fc.constant(null),
      }),
      time: fc.record({
        busy_ms: amount,
        before_login_ms: amount,
        unattributed_ms: amount,
        principals: fc.array(fc.record({ principal: name, ms: amount }), { maxLength: 5 }),
      }),
      loop: fc.record({ window_ms: amount, mean_ms: amount, p99_ms: amount, max_ms: amount }),
      memory: fc.record({ rss: number, heap_used: number, heap_total: number }),
      audit: fc.record({ records: number, failures: number, failing: fc.boolean(), writing_ms: amount }),
    });
    const session = fc.record({
      principal: name,
      via: name,
      address: fc.option(name),
      since: time,
      calls: number,
      references: number,
      bytes: number,
    });
    const one = fc
      .tuple(
        stats,
        fc.option(fc.array(session, { maxLength: 12 })),
        fc.option(fc.array(name, { maxLength: 3 })),
        amount,
      )
      .map(([some, found, problems, atMs]): Reading => {
        const sessions = found?.map((each) => sessionAnswer(each));
        const health = { status: "degraded", ...SINCE, policy: POLICY, problems: problems ?? [] };
        return {
          ...reading(atMs, some),
          sessions: sessions && readSessions({ sessions, next: null }, "s").sessions,
          health: problems === null ? undefined : readHealth(health, "h"),
        };
      });
    const size = fc.record({
      rows: fc.integer({ min: 1, max: 40 }),
      columns: fc.integer({ min: 1, max: 140 }),
    });
    const view = fc.tuple(
      one,
      fc.option(one),
      name,
      fc.array(name, { maxLength: 2 }),
      fc.option(amount),
      size,
    );
    fc.assert(
      fc.property(view, ([now, before, address, notes, staleMs, { rows, columns }]) => {
        const lines = picture(
          { address, now, before: before ?? undefined, staleMs: staleMs ?? undefined, notes },
          { rows, columns },
        );
        assert.ok(lines.length <= rows);
        for (const { text } of lines) {
          assert.ok(columnsOf(text) <= columns, `${columnsOf(text)} of ${columns}: ${text}`);
          assert.equal(escapeText(text), text);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("numbers", () => {
  test("stand in a few columns, however large", () => {
    assert.deepEqual([0, 0.04, 3.14, 12.4, 999.6, 1000, 4521, 2e9].map(rateText), [
      "0",
      "0.0",
      "3.1",
      "12",
      "1.0k",
      "1k",
      "4.5k",
      "2G",
    ]);
    assert.deepEqual([0, 1023, 1024, 1.5 * 2 ** 20].map(bytesText), ["0 B", "1023 B", "1 KiB", "1.5 MiB"]);
    assert.deepEqual([0, 0.016, 3.1, 12.6, 4500].map(millisText), [
      "0 ms",
      "0.02 ms",
      "3.1 ms",
      "13 ms",
      "4.5 s",
    ]);
    assert.deepEqual([-5, 0, 61, 3600, 90_000].map(durationText), ["0s", "0s", "1m 1s", "1h", "1d 1h"]);
    for (const text of [rateText, bytesText, millisText])
      assert.ok(text(Number.MAX_VALUE).length < 20, text(Number.MAX_VALUE));
  });
});

describe("isRestarted", () => {
  test("knows it by the moment of the start, and by any count that went down", () => {
    const before = readStats(statsAnswer(), "s");
    const after = (change: Answer): Stats => readStats(statsAnswer(change), "s");
    assert.equal(isRestarted(before, before), false);
    assert.equal(isRestarted(before, after(later)), false);
    for (const change of [
      { started: LOADED },
      { logins: { ok: 9, unknown_key: 5 } },
      { logins: {} },
      { audit: { records: 99, failures: 0, failing: false, writing_ms: 5 } },
    ])
      assert.equal(isRestarted(before, after(change)), true, JSON.stringify(change));
  });
});

describe("ask", () => {
  const nowMs = (): number => 0;

  test("reads page after page up to the bound, and knows whether there are more", async () => {
    const asked: string[] = [];
    const call = (method: string, after = ""): Promise<unknown> => {
      asked.push(`${method} ${after}`);
      const next = after === "" ? "a" : after.length < 3 ? `${after}a` : null;
      if (method === "rpcd.stats")
        return Promise.resolve(
          statsAnswer({
            calls: {
              running: 0,
              waiting: 0,
              nameless: {},
              methods: [{ method: `m${after}`, codes: {} }],
              next,
            },
          }),
        );
      if (method === "rpcd.sessions.list")
        return Promise.resolve({ sessions: [sessionAnswer()], next: null });
      return Promise.resolve({ status: "ok", ...SINCE, policy: POLICY, problems: [] });
    };
    const all = await ask(call, { pagesMax: 4 }, nowMs);
    assert.deepEqual(
      all.stats.calls.methods.map(({ method }) => method),
      ["m", "ma", "maa", "maaa"],
    );
    assert.deepEqual(all.isCut, { methods: false, sessions: false });
    assert.deepEqual((await ask(call, { pagesMax: 3 }, nowMs)).isCut, { methods: true, sessions: false });
    asked.length = 0;
    const without = new Set(["rpcd.health", "rpcd.sessions.list"]);
    assert.equal((await ask(call, { pagesMax: 1, without }, nowMs)).sessions, undefined);
    assert.deepEqual(asked, ["rpcd.stats "]);
  });

  test("reads 16 Mi characters of a list, and not one more", async () => {
    const page = (i: number, chars: number): Answer => ({
      sessions: [
        sessionAnswer({
          principal: "p".repeat(chars % 1_000),
          roles: Array(Math.floor(chars / 1_000)).fill("r".repeat(997)),
        }),
      ],
      next: i === 16 ? null : `p${String(i).padStart(3, "0")}`,
    });
    const sizeOf = (answer: Answer): number => JSON.stringify(readSessions(answer, "it")).length;
    for (const more of [0, 1]) {
      const pages = Array.from({ length: 16 }, (_, i) => page(i, 1_000_000));
      // The last one has what is left: first as if it were empty, then filled up.
      const left = 16 * 1024 * 1024 + more - pages.reduce((sum, one) => sum + sizeOf(one), 0);
      const roles = Math.floor((left - sizeOf(page(16, 0))) / 1_000);
      const whole = page(16, roles * 1_000);
      const last = page(16, roles * 1_000 + left - sizeOf(whole));
      assert.equal(sizeOf(last), left);
      const call = (method: string): Promise<unknown> =>
        Promise.resolve(method === "rpcd.stats" ? statsAnswer() : (pages.shift() ?? last));
      const asking = ask(call, { pagesMax: 256, without: new Set(["rpcd.health"]) }, nowMs);
      if (more === 0) assert.equal((await asking).sessions?.length, 17);
      else
        await assert.rejects(asking, {
          ending: "protocol",
          message: "rpcd.sessions.list: the pages have no end",
        });
    }
  });

  test("waits for every answer, also where one has failed", async () => {
    let late: (value: unknown) => void = () => undefined;
    const call = (method: string): Promise<unknown> =>
      method === "rpcd.stats"
        ? Promise.resolve("no map")
        : new Promise((resolve) => {
            late = resolve;
          });
    let isSettled = false;
    const asking = ask(call, { pagesMax: 1, without: new Set(["rpcd.health"]) }, nowMs).finally(() => {
      isSettled = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isSettled, false);
    late({ sessions: [], next: null });
    await assert.rejects(asking, { ending: "protocol", message: "rpcd.stats: a map was expected" });
  });
});
