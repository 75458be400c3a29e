import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createKeyFiles } from "../../../certs/private-key-file.ts";
import { decode, encode } from "../../../wire/cbor.ts";
import { SESSION_DATA } from "../../../wire/limits.ts";
import { type Ended, rpcctl } from "../../cli/run-cli.ts";
import { type ListenerKind, OVER } from "../../support/daemon.ts";
import {
  afterLogin,
  framed,
  HOST,
  HOST_FINGERPRINT,
  HostileDaemon,
  hostFrame,
  type Peer,
  welcomeFrame,
} from "../../support/peers/hostile-daemon.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Texts that would do something to a terminal, a shell or a log. */
const NASTY = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp.exe\r\nroot# $(reboot) `id` --help\u2028";
/** What must not reach the terminal: all of C0 but the ends of our own lines, DEL, C1, directions, separators. */
// oxlint-disable-next-line no-control-regex -- it is the control characters that are looked for
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

for (const kind of OVER) describe(`76: a hostile daemon against rpcctl, over ${kind}`, () => suite(kind));

function suite(over: ListenerKind): void {
  let daemon: HostileDaemon;
  const { path: home, remove } = tempFolder();
  before(async () => {
    daemon = await HostileDaemon.start(over);
    await createKeyFiles(join(home, "key"), "me");
    writeFileSync(join(home, "known"), `${daemon.address} ${HOST_FINGERPRINT}\n`, { mode: 0o600 });
  });
  after(() => {
    daemon.stop();
    remove();
  });

  const env = (): Readonly<Record<string, string>> => ({
    HOME: home,
    RPCCTL_ADDRESS: daemon.address,
    RPCCTL_IDENTITY: join(home, "key"),
    RPCCTL_KNOWN_DAEMONS: join(home, "known"),
    RPCCTL_TIMEOUT: "1m",
  });
  const run = (...words: string[]): Promise<Ended> => rpcctl(words, { env: env() });
  const entry = (name: string, doc = ""): object => ({
    name,
    doc,
    params: [],
    returns: { type: "any" },
    effect: "read",
    idempotent: true,
    reserved: false,
    errors: {},
  });
  /** Answers the catalogue with one method, `m`, and a call of it by what `answer` says. */
  const answering = (answer: (id: number) => unknown, method: object = entry("m")): void => {
    daemon.script = afterLogin((frame, peer) => {
      const [, id, , name] = decode(frame, SESSION_DATA) as [number, number, number, string];
      const page = { methods: [method], next: null };
      peer.write(framed(encode(name === "rpcd.catalogue" ? [17, id, page] : answer(id))));
    });
  };
  const harmless = ({ out, err, code }: Ended, what: string): void => {
    assert.doesNotMatch(out, RAW, `${what}: stdout`);
    assert.doesNotMatch(err, RAW, `${what}: stderr`);
    assert.notEqual(code, null, `${what}: it ended by itself`);
  };

  test("values, names, docs and faults with escape sequences forge nothing on the terminal", async () => {
    const values: Record<string, unknown> = {
      text: NASTY,
      list: [NASTY, { [NASTY.replaceAll(/\p{C}/gu, "x")]: NASTY }],
      table: [
        { a: NASTY, b: 1 },
        { a: "x", b: NASTY },
      ],
      bytes: new Uint8Array([27, 91, 50, 74]),
    };
    for (const [what, value] of Object.entries(values)) {
      answering((id) => [17, id, value]);
      for (const words of [
        ["call", "m"],
        ["call", "--json", "m"],
      ]) {
        const ended = await run(...words);
        assert.equal(ended.code, 0, ended.err);
        harmless(ended, what);
      }
    }
    const fault = {
      code: "failed_precondition",
      message: NASTY,
      id: NASTY.slice(0, 20),
      reason: NASTY,
      data: { a: NASTY },
      issues: [{ path: NASTY, message: NASTY }],
      cause: [{ code: "internal", reason: NASTY, message: NASTY }],
    };
    answering((id) => [18, id, fault]);
    for (const words of [
      ["call", "m"],
      ["call", "--json", "m"],
    ]) {
      const ended = await run(...words);
      assert.equal(ended.code, 1, ended.err);
      harmless(ended, "a fault");
      assert.equal(ended.out, "");
    }
    answering((id) => [17, id, null], entry("m", NASTY));
    for (const words of [["ls"], ["describe", "m"], ["can-i", "--list"]])
      harmless(await run(...words), words.join(" "));
  });

  test("what it says of its policy is shown escaped, and what is no answer ends with 10", async () => {
    const asked = [["explain", "me", "m()"], ["can", "me"], ["show"], ["status"], ["reload"]] as const;
    for (const words of asked) {
      answering((id) => [
        17,
        id,
        { decision: NASTY, refused: NASTY, lines: [NASTY, { a: NASTY }, 1], [`x${NASTY.length}`]: NASTY },
      ]);
      for (const json of [[], ["--json"]]) {
        const ended = await run("policy", ...words, ...json);
        harmless(ended, words.join(" "));
        assert.doesNotMatch(ended.err, /mistake/, words.join(" "));
      }
      for (const answer of [null, NASTY, [NASTY], 1, { lines: NASTY }, { lines: 1 }, {}]) {
        answering((id) => [17, id, answer]);
        const ended = await run("policy", ...words);
        harmless(ended, words.join(" "));
        assert.ok([0, 1, 10].includes(ended.code ?? -1), `${words.join(" ")}: ${ended.code}`);
        if (answer === null || typeof answer !== "object" || Array.isArray(answer))
          assert.equal(ended.code, 10, words.join(" "));
      }
    }
    answering((id) => [
      18,
      id,
      {
        code: "failed_precondition",
        message: NASTY,
        id: "x-1",
        reason: "rpcd.policy.refused",
        data: { hash: NASTY, problems: [NASTY, 1, null, [NASTY]] },
      },
    ]);
    const refused = await run("policy", "reload");
    harmless(refused, "a refused reload");
    assert.doesNotMatch(refused.err, /mistake/);
    assert.equal(refused.code, 5);
    answering((id) => [
      18,
      id,
      {
        code: "permission_denied",
        message: "",
        id: NASTY.slice(0, 40),
        denial: {
          reason: NASTY,
          policy: NASTY,
          grant: NASTY,
          at: NASTY,
          path: NASTY,
          want: NASTY,
          got: NASTY,
        },
      },
    ]);
    for (const words of [
      ["call", "m"],
      ["policy", "show"],
      ["call", "--json", "m"],
    ])
      harmless(await run(...words), words.join(" "));
  });

  describe("policy lint --live", () => {
    const file = join(home, "policy.yaml");
    /** Answers with the page of each number, from 0, and says how many were asked for. */
    const paging = (page: (number: number) => unknown): { asked: number } => {
      const count = { asked: 0 };
      daemon.script = afterLogin((frame, peer) => {
        const [, id] = decode(frame, SESSION_DATA) as [number, number];
        peer.write(framed(encode([17, id, page(count.asked++)])));
      });
      return count;
    };
    const lint = (text: string, ...words: string[]): Promise<Ended> => {
      writeFileSync(file, text);
      return run("policy", "lint", "--live", ...words, file);
    };
    const name = (number: number): string => `m${String(number).padStart(6, "0")}`;
    const GRANT = "policy: 1\ngrants:\n  g: {to: everyone, call: m000000, args: none}\n";

    test("what its methods are called and say forges nothing on the terminal", async () => {
      const doc = { ...entry("m000000", NASTY), effect: "dangerous" };
      const params = [
        { name: "a", shape: { type: "enum", values: [NASTY] }, optional: true, default: NASTY, doc: NASTY },
      ];
      paging(() => ({ methods: [{ ...doc, params }], next: null }));
      for (const format of ["human", "short", "json", "jsonl", "sarif", "github"]) {
        const text = "policy: 1\ngrants:\n  g: {to: everyone, call: m000000, args: {a?: {enum: [x]}}}\n";
        const ended = await lint(text, "--format", format);
        harmless(ended, format);
        assert.equal(ended.code, 5, ended.err);
        assert.match(ended.out, /P3(?:10|15)/, "the default or the shape of a hostile method is spoken of");
      }
      paging(() => ({ methods: [entry(NASTY)], next: null }));
      const named = await lint(GRANT);
      harmless(named, "a name");
      assert.equal(named.code, 10);
    });

    test("what is no page ends with 10, and no stack is shown", async () => {
      const good = entry("m000000");
      for (const page of [
        null,
        1,
        NASTY,
        [],
        [good],
        {},
        { methods: NASTY, next: null },
        { methods: [null], next: null },
        { methods: [[]], next: null },
        { methods: [{ ...good, name: 1 }], next: null },
        { methods: [{ ...good, params: NASTY }], next: null },
        {
          methods: [{ ...good, params: [{ name: "__proto__", shape: { type: "any" }, optional: false }] }],
          next: null,
        },
        {
          methods: [{ ...good, params: [{ name: "a", shape: { type: NASTY }, optional: false }] }],
          next: null,
        },
        { methods: [{ ...good, effect: NASTY }], next: null },
        { methods: [{ ...good, errors: [NASTY] }], next: null },
        { methods: [good], next: 1 },
        { methods: [good], next: [NASTY] },
      ]) {
        paging(() => page);
        const ended = await lint(GRANT);
        const what = JSON.stringify(page);
        harmless(ended, what);
        assert.deepEqual([ended.code, ended.out], [10, ""], what);
        assert.doesNotMatch(ended.err, /mistake|\bat .*\.js:\d+/, what);
      }
    });

    test("a thousand pages are read, one more or one that leads back is the last", async () => {
      const upTo = (pages: number) => (number: number) => ({
        methods: [entry(name(number))],
        next: number === pages - 1 ? null : name(number),
      });
      const thousand = paging(upTo(1_000));
      const { code, err } = await lint(GRANT, "--format", "short");
      assert.deepEqual([code, err, thousand.asked], [0, "", 1_000]);
      for (const [what, page, asked] of [
        ["one more", upTo(1_001), 1_001],
        ["without an end", upTo(Number.POSITIVE_INFINITY), 1_001],
        ["the same again", () => ({ methods: [], next: "m" }), 2],
        ["back", (number: number) => ({ methods: [], next: name(9 - number) }), 2],
        ["the beginning", () => ({ methods: [], next: "" }), 1],
      ] as const) {
        const count = paging(page);
        const ended = await lint(GRANT);
        harmless(ended, what);
        assert.deepEqual([ended.code, ended.out, count.asked], [10, "", asked], `${what}: ${ended.err}`);
        assert.match(ended.err, /the pages have no end/, what);
      }
    });
  });

  test("a welcome with hostile names is shown escaped", async () => {
    daemon.script = afterLogin(
      (frame, peer) => {
        const [kind, number] = decode(frame, SESSION_DATA) as [number, number];
        if (kind === 26) peer.write(framed(encode([27, number])));
      },
      { principal: NASTY, roles: [NASTY] },
    );
    const ended = await run("ping");
    assert.equal(ended.code, 0, ended.err);
    harmless(ended, "ping");
  });

  test("what it answers in place of an answer ends with a code for it, and without a stack", async () => {
    const answers: Record<string, [number, (id: number) => unknown]> = {
      "no CBOR": [10, () => [16]],
      "an answer to another call": [10, (id) => [17, id + 1000, 1]],
      "a call of its own": [10, () => [16, 1, 0, "add", [], {}, {}]],
      "a code that is none": [1, (id) => [18, id, { code: "toString", message: "x", id: "r" }]],
      "no answer at all": [8, () => [27, 1]],
    };
    for (const [what, [code, answer]] of Object.entries(answers)) {
      answering(answer);
      const ended = await run("--timeout", code === 8 ? "500ms" : "1m", "call", "m");
      harmless(ended, what);
      assert.equal([code, 10, 13].includes(ended.code ?? -1), true, `${what}: ${ended.code} ${ended.err}`);
      assert.doesNotMatch(ended.err, /\bat .*\.js:\d+/, what);
    }
  });

  test("a host key that it names and does not have ends the login, and no pin is changed", async () => {
    const pins = `${daemon.address} ${HOST_FINGERPRINT}\n`;
    const proof = [HOST.publicKey.bytes, new Uint8Array(64).fill(1)];
    const script = (frame: Uint8Array, peer: Peer): void =>
      peer.write(frame[1] === 1 ? hostFrame(frame, peer) : welcomeFrame({ host_keys: [proof] }));
    daemon.script = script;
    const ended = await run("ping");
    assert.equal(ended.code, 10, ended.err);
    assert.match(ended.err, /does not show that it has it/);
    daemon.script = (frame, peer) =>
      peer.write(
        frame[1] === 1 ? hostFrame(frame, peer) : welcomeFrame({ host_keys: [proof, proof, proof, proof] }),
      );
    assert.equal((await run("ping")).code, 10);
    const { readFileSync } = await import("node:fs");
    assert.equal(readFileSync(join(home, "known"), "utf8"), pins);
  });

  test("a megabyte of result after another is printed, and nothing piles up", async () => {
    answering((id) => [17, id, "x".repeat(1_000_000)]);
    const ended = await run("call", "m");
    assert.deepEqual([ended.code, ended.out.length], [0, 1_000_001]);
  });
}
