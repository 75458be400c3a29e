import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { PrivateKey } from "../../certs/ed25519.ts";
import { createKeyFiles } from "../../certs/private-key-file.ts";
import { formatPublicKey } from "../../certs/public-key.ts";
import { TestDaemon } from "../support/daemon.ts";
import {
  afterLogin,
  framed,
  HOST,
  HostileDaemon,
  hostFrame,
  type Script,
  welcomeFrame,
} from "../support/peers/hostile-daemon.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { TRACE, TRACE_ID, TRACEPARENT } from "../support/traces.ts";
import { client, type Ended, type Ends, FAILED, type Line, python } from "./python.ts";

/** The exit codes of client.py, beside 1. */
const LOGIN_REFUSED = 3;
const NOT_THE_HOST = 4;

const OTHER = new PrivateKey(new Uint8Array(32).fill(9));

const linesOf = ({ out, err, code }: Ended): Line[] => {
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
};

const faultOf = (answer: Line | undefined): Line => (answer?.["fault"] ?? assert.fail("no fault")) as Line;

const publicLine = (key: string): string => readFileSync(`${key}.pub`, "utf8").trim();

/** The 32 bytes of a line `ssh-ed25519 AAAA… comment`, as the client prints bytes. */
const printed = (line: string): Line => {
  const blob = Buffer.from(line.split(" ")[1] ?? "", "base64");
  return { $bytes: blob.subarray(-32).toString("hex") };
};

describe("the client in Python, at a real daemon,", () => {
  let daemon: TestDaemon;
  let ends: Ends;
  before(async () => {
    daemon = await TestDaemon.start();
    ends = {
      socket: daemon.socket,
      key: join(daemon.folder, "client_key"),
      hostKey: publicLine(join(daemon.folder, "host_key")),
    };
  });
  after(async () => {
    await daemon.stop();
  });
  /** The answers to calls, in the order of their ids. */
  const answers = async (...requests: Line[]): Promise<Line[]> =>
    linesOf(await client(ends, requests))
      .filter((line) => "id" in line)
      .toSorted((a, b) => Number(a["id"]) - Number(b["id"]));

  test("logs in to the daemon that it has pinned, and says who it is", async () => {
    const [session] = linesOf(await client(ends));
    assert.equal(session?.["principal"], "id:tester");
    assert.deepEqual(session["roles"], ["caller"]);
    assert.deepEqual(session["host_keys"], [printed(ends.hostKey)]);
  });

  test("computes the digest that welcome names out of the catalogue", async () => {
    const [session, last] = linesOf(await client(ends));
    assert.ok(session !== undefined && last !== undefined);
    assert.deepEqual(last, { computed_digest: session["digest"] });
  });

  test("calls by position and by name", async () => {
    const called = await answers(
      { call: "add", positional: [2, 3] },
      { call: "add", named: { b: 3, a: 2 } },
      { call: "add", positional: [2], named: { b: 3 }, options: { deadline_ms: 5000 } },
    );
    assert.deepEqual(called, [
      { id: 1, value: 5 },
      { id: 2, value: 5 },
      { id: 3, value: 5 },
    ]);
  });

  test("makes a call part of a trace, and of none where the trace is not of the form", async () => {
    const call = { call: "add", positional: [2, 3] };
    assert.deepEqual(await answers({ ...call, options: TRACE }, call), [
      { id: 1, value: 5 },
      { id: 2, value: 5 },
    ]);
    const lines = daemon.audit.filter(({ method }) => method === "add").slice(-2);
    assert.deepEqual(
      lines.map(({ trace }) => trace),
      [TRACE_ID, undefined],
    );
    for (const options of [{ traceparent: TRACEPARENT.toUpperCase() }, { tracestate: "a=1" }]) {
      const { code, err } = await client(ends, [{ ...call, options }]);
      assert.deepEqual({ code, err }, { code: FAILED, err: "client.py: the daemon closed the connection\n" });
    }
  });

  test("gets back every type of data as it was sent", async () => {
    const values: readonly unknown[] = [
      [null, true, false],
      [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1],
      [-1, -24, -25, -256, -257, -(2 ** 32), -(2 ** 32) - 1, -(2 ** 53 - 1)],
      [0.5, -4.1, 1.1, 5e-324, 1e300, -65_504.5, 1e22, -1e22],
      ["", "grün", "\u6c34\u{1f600}", "a\ufeff", "\u0000", "x".repeat(70_000)],
      [{ $bytes: "" }, { $bytes: "00ff80" }, { $bytes: "ab".repeat(300) }],
      [{ $time: 0 }, { $time: 1_363_896_240 }, { $time: -1.5 }, { $time: 8_640_000_000_000 }],
      [[], {}, [[[]], {}], { a: [{ "": { "\u00fc": [null, { length: 1 }] } }] }],
    ].flat();
    const echoed = await answers(...values.map((value) => ({ call: "echo", positional: [value] })));
    assert.deepEqual(
      echoed,
      values.map((value, i) => ({ id: i + 1, value })),
    );
  });

  test("sees 2.0 come back as 2, and -0 as 0: a number is a number", async () => {
    const input = '{"call": "echo", "positional": [[2.0, -0.0]]}\n';
    const flags = ["--key", ends.key, "--host-key", ends.hostKey];
    const ended = await python("client.py", [ends.socket, ...flags], input);
    assert.match(ended.out, /"value": \[2, 0\]/, ended.err);
  });

  test("reads why a call was denied, and that no such method is denied in the same words", async () => {
    const [denied, unknown] = await answers({ call: "secret", positional: [1] }, { call: "no.such" });
    const words = {
      code: "permission_denied",
      message: "the policy does not allow this call",
      outcome: "not_started",
      origin: "policy",
    };
    for (const answer of [denied, unknown]) {
      const { id, ...rest } = faultOf(answer);
      assert.match(String(id), /^[a-z0-9]+-[12]$/);
      assert.deepEqual(rest, words);
    }
  });

  test("reads the fault that a method throws, and of one that fails nothing but that it did", async () => {
    const [thrown, failed, wrong] = await answers(
      { call: "fault", positional: ["full"] },
      { call: "fail" },
      { call: "add", positional: [1, "x"] },
    );
    const { id: _thrownId, ...fault } = faultOf(thrown);
    assert.deepEqual(fault, {
      code: "failed_precondition",
      message: "the disk is full",
      reason: "full",
      data: { free: 0 },
      origin: "handler",
    });
    const { id: _failedId, ...internal } = faultOf(failed);
    assert.deepEqual(internal, {
      code: "internal",
      message: "this side failed",
      outcome: "unknown",
      origin: "handler",
    });
    const { code, issues } = faultOf(wrong);
    const paths = (issues as Line[]).map(({ path }) => path);
    assert.deepEqual([code, paths], ["invalid_argument", ["b"]]);
  });

  test("has many calls under way at once, and cancels one of them", async () => {
    const lines = linesOf(
      await client(ends, [
        { call: "hang" },
        ...Array.from({ length: 50 }, (_, i) => ({ call: "add", positional: [i, i] })),
        { ping: 7 },
        { cancel: 1, reason: "not wanted any more" },
      ]),
    );
    const values = lines.filter((line) => "value" in line);
    assert.deepEqual(
      values.toSorted((a, b) => Number(a["id"]) - Number(b["id"])),
      Array.from({ length: 50 }, (_, i) => ({ id: i + 2, value: 2 * i })),
    );
    assert.equal(lines.find((line) => line["id"] === 1)?.["code"], "cancelled");
    assert.equal(lines.filter((line) => line["number"] === 7).length, 1);
  });

  test("stops at another host key than the pinned one", async () => {
    const ended = await client({ ...ends, hostKey: formatPublicKey(OTHER.publicKey) });
    assert.deepEqual(ended, {
      code: NOT_THE_HOST,
      out: "",
      err: "client.py: the host key is not the pinned one\n",
    });
  });

  test("is refused with a key that the policy does not name, and reads no reason", async () => {
    const stranger = join(daemon.folder, "stranger_key");
    await createKeyFiles(stranger, "stranger");
    const ended = await client({ ...ends, key: stranger });
    assert.deepEqual(ended, {
      code: LOGIN_REFUSED,
      out: "",
      err: "client.py: the daemon refused the login\n",
    });
  });

  test("verifies the daemon's other host keys", async () => {
    const others = ["second_host_key", "third_host_key"].map((name) => join(daemon.folder, name));
    for (const file of others) await createKeyFiles(file, "another host key");
    daemon.signal("SIGTERM");
    await daemon.exited();
    const line = "\nother_host_keys: [second_host_key, third_host_key]\n";
    appendFileSync(join(daemon.folder, "rpcd.yaml"), line);
    await daemon.restart();
    const [session] = linesOf(await client(ends));
    assert.deepEqual(session?.["host_keys"], [ends.hostKey, ...others.map(publicLine)].map(printed));
  });
});

describe("the client in Python, at a daemon that lies,", () => {
  const { path: folder, remove } = tempFolder();
  let daemon: HostileDaemon;
  let ends: Ends;
  before(async () => {
    daemon = await HostileDaemon.start("unix");
    const key = join(folder, "client_key");
    await createKeyFiles(key, "client");
    const socket = daemon.address.slice("unix:".length);
    ends = { socket, key, hostKey: formatPublicKey(HOST.publicKey) };
  });
  after(() => {
    daemon.stop();
    remove();
  });
  /** How the client ended, and how many frames it had sent by then. */
  const met = async (
    script: Script,
  ): Promise<readonly [code: number | null, frames: number, err: string]> => {
    daemon.received = [];
    daemon.script = script;
    const { code, err } = await client(ends, [{ call: "add", positional: [2, 3] }]);
    return [code, daemon.received.length, err];
  };

  test("has said nothing but hello when the host's signature is not good", async () => {
    const otherChannel: Script = (frame, peer) =>
      peer.write(hostFrame(frame, { ...peer, binding: { word: "unix", bytes: new Uint8Array(16) } }));
    const otherSigner: Script = (frame, peer) => peer.write(hostFrame(frame, peer, HOST, OTHER));
    const otherKey: Script = (frame, peer) => peer.write(hostFrame(frame, peer, OTHER, OTHER));
    for (const script of [otherChannel, otherSigner, otherKey]) {
      const [code, frames] = await met(script);
      assert.deepEqual([code, frames], [NOT_THE_HOST, 1]);
    }
  });

  test("stops at a host key that did not sign this login, before it calls anything", async () => {
    const proof = [OTHER.publicKey.bytes, OTHER.sign(new Uint8Array(64))];
    const [code, frames] = await met(afterLogin(() => undefined, { host_keys: [proof] }));
    assert.deepEqual([code, frames], [NOT_THE_HOST, 2]);
  });

  test("stops at what is no message of the login", async () => {
    const bad: readonly Uint8Array[] = [
      framed(new Uint8Array([0x81, 0x05])),
      framed(new Uint8Array([0x81, 0x05, 0x00])),
      welcomeFrame(),
      new Uint8Array([0, 0, 0, 0]),
      new Uint8Array([0, 0, 0x10, 0x01]),
    ];
    for (const bytes of bad) {
      const [code, frames, err] = await met((_frame, peer) => peer.write(bytes));
      assert.deepEqual([code, frames], [FAILED, 1], err);
    }
  });

  test("lets an answer pass that comes twice", async () => {
    // [17, 1, 5] twice, and the end: what the client asks next, the catalogue, has no answer.
    const answer = framed(new Uint8Array([0x83, 0x11, 0x01, 0x05]));
    const script: Script = (_frame, peer) => {
      peer.write(Buffer.concat([answer, answer]));
      peer.socket.end();
    };
    const [code, , err] = await met(afterLogin(script));
    assert.deepEqual([code, err], [FAILED, "client.py: the daemon closed the connection\n"]);
  });

  test("stops at an answer to a call that it never made", async () => {
    // [17, 2, null]: the first call has the id 1.
    const answer = framed(new Uint8Array([0x83, 0x11, 0x02, 0xf6]));
    const [code, , err] = await met(afterLogin((_frame, peer) => peer.write(answer)));
    assert.equal(code, FAILED);
    assert.match(err, /an answer to call 2, which was never made/);
  });
});
