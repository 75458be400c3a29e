import assert from "node:assert/strict";
import { EventEmitter, getEventListeners } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createKeyFiles } from "../../../certs/private-key-file.ts";
import type { Io, ScreenEvents } from "../../../cli/io/io.ts";
import { columnsOf } from "../../../cli/print/text-columns.ts";
import { runCommandLine } from "../../../cli/run.ts";
import { decode, encode } from "../../../wire/cbor.ts";
import { SESSION_DATA } from "../../../wire/limits.ts";
import { fakeIo } from "../../cli/fake-io.ts";
import type { Ended } from "../../cli/run-cli.ts";
import { afterLogin, framed, HOST_FINGERPRINT, HostileDaemon } from "../../support/peers/hostile-daemon.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { assertRestored, Terminal } from "../../support/terminal.ts";

/** Texts that would do something to a terminal. */
const NASTY = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp.exe\r\nroot# \u2028";
// oxlint-disable-next-line no-control-regex -- it is the control characters that are looked for
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

const SIGHUP = 1;

const SIZE = { rows: 20, columns: 60 };

type Answer = Readonly<Record<string, unknown>>;
const TIME = new Date("2026-11-29T02:00:00Z");
const SINCE = { version: "0.1.0", started: TIME, uptime_s: 100 };
const POLICY = { hash: "sha256:00", generation: 1, loaded: TIME };
const CALLS = {
  running: 0,
  waiting: 0,
  nameless: {},
  methods: [{ method: "add", codes: { ok: 1 } }],
  next: null,
};
const STATS: Answer = {
  ...SINCE,
  policy: { ...POLICY, refused: false },
  connections: { open: 1, sessions: 1, before_login: 0 },
  ended_before_login: { dropped: 0 },
  logins: { ok: 1 },
  verifications_waiting: 0,
  calls: CALLS,
  denials: { no_grant: 1 },
  decisions: { count: 1, total_ms: 1, p50_ms: 1, p90_ms: 1, p99_ms: 1, max_ms: 1 },
  references: { exported: 0, imported: 0, callbacks: 0, pipelined: 0 },
  bytes_held: 0,
  time: { busy_ms: 1, before_login_ms: 0, unattributed_ms: 0, principals: [{ principal: "id:a", ms: 1 }] },
  loop: { window_ms: 1, mean_ms: 1, p99_ms: 1, max_ms: 1 },
  memory: { rss: 1, heap_used: 1, heap_total: 1 },
  audit: { records: 1, failures: 0, failing: false, writing_ms: 1 },
};
const WHO = { connection: "c", principal: "id:a", roles: ["r"], key: "k", via: "unix", address: null };
const SESSION: Answer = { ...WHO, since: TIME, calls: 0, references: 0, bytes: 0 };
const HEALTH: Answer = { status: "ok", ...SINCE, policy: POLICY, problems: [] };

describe("a hostile daemon against rpcctl top", () => {
  let daemon: HostileDaemon;
  let env: Readonly<Record<string, string>>;
  const { path: home, remove } = tempFolder();
  before(async () => {
    daemon = await HostileDaemon.start("unix");
    await createKeyFiles(join(home, "key"), "me");
    writeFileSync(join(home, "known"), `${daemon.address} ${HOST_FINGERPRINT}\n`, { mode: 0o600 });
    env = {
      HOME: home,
      RPCCTL_ADDRESS: daemon.address,
      RPCCTL_IDENTITY: join(home, "key"),
      RPCCTL_KNOWN_DAEMONS: join(home, "known"),
      RPCCTL_TIMEOUT: "1m",
    };
  });
  after(() => {
    daemon.stop();
    remove();
  });

  interface Answers {
    readonly stats?: (call: number) => unknown;
    readonly sessions?: (call: number) => unknown;
    readonly health?: unknown;
  }
  /** Answers by these, with nothing where the answer is undefined, and counts what was asked. */
  const answering = ({ stats, sessions, health = HEALTH }: Answers): Record<string, number> => {
    const answers: Readonly<Record<string, (call: number) => unknown>> = {
      "rpcd.stats": stats ?? (() => STATS),
      "rpcd.sessions.list": sessions ?? (() => ({ sessions: [SESSION], next: null })),
      "rpcd.health": () => health,
    };
    const asked: Record<string, number> = {};
    daemon.script = afterLogin((frame, peer) => {
      const [kind, id, , method] = decode(frame, SESSION_DATA) as [number, number, number, string];
      if (kind !== 16) return;
      const call = asked[method] ?? 0;
      asked[method] = call + 1;
      const answer = answers[method]?.(call);
      if (answer instanceof Fault) peer.write(framed(encode([18, id, answer.record])));
      else if (answer !== undefined) peer.write(framed(encode([17, id, answer])));
    });
    return asked;
  };

  const run = async (...words: string[]): Promise<Ended> => {
    const io = fakeIo({ env });
    const code = await runCommandLine(["top", ...words], io);
    return { code, out: io.printed.join(""), err: io.complaints.join("\n") };
  };
  const harmless = ({ out, err }: Ended, what: string): void => {
    assert.doesNotMatch(out, RAW, `${what}: stdout`);
    assert.doesNotMatch(err, RAW, `${what}: stderr`);
    assert.doesNotMatch(err, /mistake/, what);
  };

  /** Runs it on a screen of the test's until something is drawn there, and then presses q. */
  const draws = async (what: RegExp): Promise<string> => {
    const drawn = new EventEmitter();
    let events: ScreenEvents | undefined;
    let shown = "";
    const takeScreen: NonNullable<Io["takeScreen"]> = (given) => {
      events = given;
      return Promise.resolve({
        ...SIZE,
        draw: (lines) => {
          assert.ok(lines.length <= SIZE.rows);
          for (const { text } of lines) {
            assert.doesNotMatch(text, RAW);
            assert.ok(columnsOf(text) <= SIZE.columns, text);
          }
          shown = lines.map(({ text }) => text).join("\n");
          drawn.emit("drawn");
        },
        close: () => undefined,
      });
    };
    const io = fakeIo({ env, takeScreen });
    const ended = runCommandLine(["top", "--interval", "200ms"], io);
    const early = ended.then((code) => assert.fail(`it ended with ${code}: ${io.complaints.join()}`));
    const seen = new Promise<void>((resolve) => {
      drawn.on("drawn", () => {
        if (what.test(shown)) resolve();
      });
    });
    await Promise.race([seen, early]);
    const found = shown;
    early.catch(() => undefined);
    events?.onKey("q");
    assert.equal(await ended, 0);
    return found;
  };

  const everyTextNasty = (): void => {
    const names = { [NASTY]: 5, [`${NASTY}2`]: 7 };
    const since = { version: NASTY, started: TIME, uptime_s: Number.MAX_SAFE_INTEGER };
    const policy = { hash: NASTY, generation: Number.MAX_SAFE_INTEGER, loaded: TIME };
    const methods = [{ method: NASTY, codes: names }];
    const stats = { ...STATS, ...since, ended_before_login: names, logins: names, denials: names };
    const session = { ...SESSION, connection: NASTY, principal: NASTY, roles: [NASTY], key: NASTY };
    answering({
      stats: (call) => ({
        ...stats,
        policy: { ...policy, refused: call > 0 },
        calls: { ...CALLS, nameless: names, methods },
        loop: { window_ms: 1, mean_ms: 1e300, p99_ms: 5e-324, max_ms: Number.MAX_VALUE },
      }),
      sessions: () => ({ sessions: [{ ...session, via: NASTY, address: NASTY }], next: null }),
      health: { status: NASTY, ...since, policy, problems: [NASTY, NASTY.repeat(400)] },
    });
  };

  test("names, reasons, addresses and problems forge nothing, printed or on a screen", async () => {
    everyTextNasty();
    for (const words of [[], ["--json"]]) {
      const ended = await run(...words);
      harmless(ended, words.join());
      assert.equal(ended.code, 0, ended.err);
      assert.ok(ended.out.includes(words.length === 0 ? "\\u{1b}]0;owned" : "\\u001b]0;owned"));
    }
    assert.match(await draws(/\d\/s/), /^PROBLEM: \\u\{1b\}\]0;owned/m);
  });

  test("nothing of that is done by a real terminal, and SIGHUP ends it with the terminal as it was", async () => {
    everyTextNasty();
    await using terminal = new Terminal(["top", "--interval", "200ms"], env);
    await terminal.shows(/\\u\{1b\}\]0;owned/);
    terminal.signal(SIGHUP);
    assertRestored(await terminal.ended, terminal, 130);
  });

  test("what is no answer ends with 10, on a screen too", async () => {
    const wrong = (change: Answer): unknown => ({ ...STATS, ...change });
    const stats = [
      null,
      1,
      NASTY,
      [STATS],
      {},
      wrong({ version: 1 }),
      wrong({ version: "x".repeat(1025) }),
      wrong({ started: "2026" }),
      wrong({ uptime_s: -1 }),
      wrong({ bytes_held: 0.5 }),
      wrong({ bytes_held: 2 ** 60 }),
      wrong({ denials: [NASTY] }),
      wrong({ denials: { a: NASTY } }),
      wrong({ denials: { [NASTY]: -1 } }),
      wrong({ denials: Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`n${i}`, 1])) }),
      wrong({ calls: { ...CALLS, methods: NASTY } }),
      wrong({ calls: { ...CALLS, methods: [null] } }),
      wrong({ calls: { ...CALLS, next: 1 } }),
      wrong({ audit: { records: 1, failures: 0, failing: "no", writing_ms: 1 } }),
    ];
    const sessions = [
      null,
      { sessions: NASTY, next: null },
      { sessions: [{ ...SESSION, since: 1 }], next: null },
      { sessions: [{ ...SESSION, roles: NASTY }], next: null },
      { sessions: [] },
    ];
    const answers: Answers[] = [
      ...stats.map((answer) => ({ stats: () => answer })),
      ...sessions.map((answer) => ({ sessions: () => answer })),
      { health: NASTY },
      { health: { ...HEALTH, problems: ["x".repeat(16_385)] } },
    ];
    for (const [i, answer] of answers.entries()) {
      answering(answer);
      const ended = await run("--json");
      harmless(ended, String(i));
      assert.deepEqual([ended.code, ended.out], [10, ""], `${i}: ${ended.err}`);
    }
    answering({ stats: (call) => (call === 0 ? STATS : {}) });
    await assert.rejects(draws(/never/), /it ended with 10: .*rpcd\.stats\.version/);
  });

  test("pages that lead back or never end are an error where all is wanted, and few are asked for a screen", async () => {
    const page = (call: number): string => `p${String(call).padStart(9, "0")}`;
    const many = Array.from({ length: 20 }, () => SESSION);
    const endless: Answers = {
      stats: (call) => ({ ...STATS, calls: { ...CALLS, next: page(call) } }),
      sessions: (call) => ({ sessions: many, next: page(call) }),
    };
    let asked = answering(endless);
    const ended = await run("--json");
    assert.deepEqual([ended.code, ended.out], [10, ""]);
    assert.match(ended.err, /rpcd\.stats: the pages have no end/);
    assert.deepEqual(asked, { "rpcd.stats": 256, "rpcd.sessions.list": 256, "rpcd.health": 1 });
    for (const next of ["", "p"]) {
      asked = answering({ sessions: () => ({ sessions: [], next }) });
      assert.equal((await run()).code, 10);
      assert.ok((asked["rpcd.sessions.list"] ?? 0) <= 2);
    }
    asked = answering(endless);
    assert.match(await draws(/^SESSIONS/m), /^SESSIONS 4\/160\+ /m);
    assert.deepEqual(asked, { "rpcd.stats": 8, "rpcd.sessions.list": 8, "rpcd.health": 1 });
  });

  test("no more than 16 Mi characters of a list are held", async () => {
    const page = (call: number): string => `p${String(call).padStart(9, "0")}`;
    const sessions = Array.from({ length: 400 }, () => ({ ...SESSION, roles: ["\u0085".repeat(1_000)] }));
    const pages = Math.ceil((16 * 1024 * 1024) / JSON.stringify({ sessions, next: page(0) }).length);
    const asked = answering({ sessions: (call) => ({ sessions, next: page(call) }) });
    const ended = await run("--json");
    assert.deepEqual([ended.code, ended.out], [10, ""]);
    assert.match(ended.err, /rpcd\.sessions\.list: the pages have no end/);
    assert.equal(asked["rpcd.sessions.list"], pages);
  });

  test("a screen that cannot be taken leaves no connection and no listener", async () => {
    answering({});
    const { signal } = new AbortController();
    const takeScreen = (): Promise<never> => Promise.reject(new Error("no screen"));
    const io = fakeIo({ env, signal, takeScreen });
    assert.notEqual(await runCommandLine(["top"], io), 0);
    assert.match(io.complaints.join("\n"), /no screen/);
    assert.deepEqual(getEventListeners(signal, "abort"), []);
  });

  test("a daemon that does not answer is asked once, and the age of its figures is shown", async () => {
    const asked = answering({ stats: (call) => (call === 0 ? STATS : undefined) });
    assert.match(await draws(/FIGURES ARE/), /^THE FIGURES ARE \d+s OLD: no answer since\nconnections/m);
    assert.deepEqual(asked, { "rpcd.stats": 2, "rpcd.sessions.list": 2, "rpcd.health": 2 });
  });

  test("a fault is shown beside the last figures, escaped, and it is asked again", async () => {
    const fault = new Fault({ code: "resource_exhausted", message: NASTY, id: "x-1" });
    answering({ stats: (call) => (call === 1 ? fault : STATS) });
    assert.match(await draws(/^NO FIGURES/m), /^NO FIGURES: limit reached: \\u\{1b\}/m);
    answering({ stats: (call) => (call < 2 ? fault : STATS) });
    await draws(/^connections/m);
  });

  test("counts that go down are a new start", async () => {
    answering({ stats: (call) => ({ ...STATS, uptime_s: 7, logins: { ok: 10 - call } }) });
    assert.match(await draws(/STARTED AGAIN/), /^THE DAEMON WAS STARTED AGAIN 7s before/m);
  });
});

/** A fault that the daemon answers with. */
class Fault {
  readonly record: Answer;

  constructor(record: Answer) {
    this.record = record;
  }
}
