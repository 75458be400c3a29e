import assert from "node:assert/strict";
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createKeyFiles, loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { formatPublicKey } from "../../certs/public-key.ts";
import { RpcError } from "../../client/index.ts";
import { KINDS, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { failure, until } from "../support/failure.ts";
import { memoryKib } from "../support/memory.ts";

/** How often the policy is read again under load; CI asks for a thousand. */
const RELOADS = Number(process.env["RPCD_RELOADS"] ?? 6);

const OPEN = `
grants:
  all: {to: caller, call: "**", args: any}
`;

const ADD_ONLY = `
grants:
  adding: {to: caller, call: add, args: any}
`;

async function withDaemon(grants: string, use: (daemon: TestDaemon) => Promise<void>): Promise<void> {
  const daemon = await TestDaemon.start({ grants, config: WIDE_OPEN });
  try {
    await use(daemon);
  } finally {
    assert.equal(await daemon.stop(), 0);
  }
}

describe("a policy that is read again", () => {
  test("decides the next call of a session that is open, over every kind of listener", () =>
    withDaemon(OPEN, async (daemon) => {
      const rpcs = await Promise.all(KINDS.map((kind) => daemon.connect({}, kind)));
      for (const rpc of rpcs) assert.equal(await rpc.call("echo", [1]), 1);
      daemon.writePolicy(ADD_ONLY);
      assert.equal(await daemon.reload(), true);
      for (const rpc of rpcs) {
        assert.equal((await failure(rpc.call("echo", [1]))).code, "permission_denied");
        assert.equal(await rpc.call("add", [2, 3]), 5);
        assert.deepEqual(
          [...(await rpc.catalogue()).keys()].filter((name) => !name.startsWith("rpcd.")),
          ["add"],
        );
      }
      daemon.writePolicy(OPEN);
      assert.equal(await daemon.reload(), true);
      for (const rpc of rpcs) assert.equal(await rpc.call("echo", [1]), 1);
      await Promise.all(rpcs.map((rpc) => rpc.close()));
    }));

  test("43: ends a call that runs and would be refused now, and leaves the one beside it alone", () =>
    withDaemon(OPEN, async (daemon) => {
      const rpc = await daemon.connect();
      const hanging = failure(rpc.call("hang"));
      const gate = daemon.gate();
      const allowed = rpc.call("held", [gate.file]);
      await until(async () => (await rpc.call("running")) === 2);
      daemon.writePolicy(
        `${ADD_ONLY}  long: {to: caller, call: held, args: any}\n  running: {to: caller, call: running, args: none}\n`,
      );
      assert.equal(await daemon.reload(), true);
      const { code, origin, outcome } = await hanging;
      assert.deepEqual([code, origin, outcome], ["permission_denied", "policy", "unknown"]);
      assert.equal(await rpc.call("running"), 1, "the handler was told, and the other one goes on");
      gate.open();
      assert.equal(await allowed, gate.file);
      await rpc.close();
    }));

  test("ends a call whose arguments would be refused now, and not one whose arguments would not", () =>
    withDaemon(OPEN, async (daemon) => {
      const rpc = await daemon.connect();
      const [forbidden, allowed] = [daemon.gate("forbidden"), daemon.gate("allowed")];
      const long = failure(rpc.call("held", [forbidden.file]));
      const short = rpc.call("held", [allowed.file]);
      await until(async () => (await rpc.call("running")) === 2);
      daemon.writePolicy(
        `${ADD_ONLY}  short: {to: caller, call: held, args: {file: {enum: ["${allowed.file}"]}}}\n`,
      );
      assert.equal(await daemon.reload(), true);
      assert.equal((await long).code, "permission_denied");
      allowed.open();
      assert.equal(await short, allowed.file);
      forbidden.open();
      await rpc.close();
    }));

  test("ends the session whose key is revoked, with what runs in it, and refuses it at the door", () =>
    withDaemon(OPEN, async (daemon) => {
      const rpc = await daemon.connect();
      const hanging = failure(rpc.call("hang"));
      await until(async () => (await rpc.call("running")) === 1);
      const key = formatPublicKey(daemon.identity.publicKey);
      daemon.writePolicy(`revoked: ["${key}"]\n${OPEN}`);
      assert.equal(
        await daemon.reload(),
        true,
        "that the identity still lists it is no reason to keep it alive",
      );
      const { code, outcome } = await hanging;
      assert.deepEqual([code, outcome], ["unauthenticated", "unknown"]);
      assert.equal((await failure(rpc.call("add", [2, 3]))).code, "unavailable");
      assert.equal((await failure(daemon.connect())).code, "unauthenticated");
      const logins = daemon.audit.filter(({ kind }) => kind === "login");
      assert.deepEqual(
        logins.map(({ result, reason }) => [result, reason]),
        [
          ["ok", undefined],
          ["ended", "revoked"],
          ["refused", "revoked"],
        ],
      );
    }));

  test("ends the session of an identity that is taken away, and of a key that stands for another", async () => {
    const daemon = await TestDaemon.start({ grants: OPEN });
    const path = join(daemon.folder, "other_key");
    const key = formatPublicKey(await createKeyFiles(path, "other"));
    const identity = loadPrivateKeyFile(path).key;
    daemon.writePolicy(OPEN, `  other: {keys: ["${key}"], roles: [caller]}\n`);
    assert.equal(await daemon.reload(), true);
    for (const [identities, reason] of [
      ["", "unknown_key"],
      [`  renamed: {keys: ["${key}"], roles: [caller]}\n`, "other_principal"],
    ] as const) {
      daemon.writePolicy(OPEN, `  other: {keys: ["${key}"], roles: [caller]}\n`);
      assert.equal(await daemon.reload(), true);
      const other = await daemon.connect({ identity });
      assert.equal(other.principal, "id:other");
      const hanging = failure(other.call("hang"));
      daemon.writePolicy(OPEN, identities);
      assert.equal(await daemon.reload(), true);
      assert.equal((await hanging).code, "unauthenticated");
      assert.equal(daemon.audit.findLast(({ result }) => result === "ended")?.["reason"], reason);
    }
    assert.equal(await daemon.stop(), 0);
  });

  test("takes roles away and gives them, to who is logged in", () =>
    withDaemon(OPEN, async (daemon) => {
      const rpc = await daemon.connect();
      const admins = `
grants:
  all: {to: admin, call: "**", args: any}
  who: {to: caller, call: nothing, args: none}
`;
      daemon.writePolicy(admins);
      assert.equal(await daemon.reload(), true);
      assert.equal((await failure(rpc.call("add", [2, 3]))).code, "permission_denied");
      assert.equal(await rpc.call("nothing"), null);
      await rpc.close();
    }));

  test("is not taken over if anything is wrong with it, at whatever step: all goes on as before, and it is said", () =>
    withDaemon(OPEN, async (daemon) => {
      const rpc = await daemon.connect();
      const path = join(daemon.folder, "policy.yaml");
      const bad: readonly (readonly [what: string, write: () => void, said: RegExp])[] = [
        ["not YAML", () => writeFileSync(path, "a: [\n"), /P101/],
        ["not UTF-8", () => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00])), /P106/],
        ["empty", () => writeFileSync(path, ""), /P\d+|empty/],
        [
          "an unknown role",
          () => daemon.writePolicy("grants:\n  g: {to: nobody, call: add, args: any}\n"),
          /P301/,
        ],
        [
          "an unknown parameter",
          () => daemon.writePolicy("grants:\n  g: {to: caller, call: add, args: {c: int}}\n"),
          /P309/,
        ],
        ["a violated assertion", () => daemon.writePolicy(`${ADD_ONLY}never:\n  n: {call: add}\n`), /P602/],
        [
          "a failing test",
          () => daemon.writePolicy(`${ADD_ONLY}tests:\n  - {as: tester, deny: ["add(2, 3)"]}\n`),
          /P601/,
        ],
        ["a mode for others", () => chmodSync(path, 0o666), /mode|write/],
        ["missing", () => renameSync(path, `${path}.away`), /policy\.yaml/],
      ];
      for (const [what, write, said] of bad) {
        daemon.writePolicy(ADD_ONLY);
        chmodSync(path, 0o600);
        write();
        const before = daemon.log.length;
        assert.equal(await daemon.reload(), false, what);
        await until(() => daemon.log.slice(before).some((line) => said.test(line)));
        assert.equal(await rpc.call("echo", [what]), what);
      }
      const reloads = daemon.audit.filter(({ kind }) => kind === "reload");
      assert.deepEqual(
        reloads.map(({ result, generation }) => [result, generation]),
        bad.map(() => ["refused", 1]),
      );
      rmSync(`${path}.away`);
      daemon.writePolicy(ADD_ONLY);
      assert.equal(await daemon.reload(), true);
      assert.equal((await failure(rpc.call("echo", [1]))).code, "permission_denied");
      await rpc.close();
    }));

  test("keeps the daemon from starting if it is bad then: 78, and every problem", async () => {
    const daemon = await TestDaemon.start({ grants: OPEN });
    daemon.signal("SIGTERM");
    assert.equal(await daemon.exited(), 0);
    daemon.writePolicy(
      "grants:\n  g: {to: nobody, call: add, args: any}\n  h: {to: caller, call: add, args: {c: int}}\n",
    );
    await assert.rejects(daemon.restart(), /P301[\s\S]*P309/);
    assert.equal(await daemon.exited(), 78);
    await daemon.stop();
  });

  test("many signals at once read it as it is in the end", () =>
    withDaemon(OPEN, async (daemon) => {
      const rpc = await daemon.connect();
      for (let i = 0; i < 50; i++) {
        daemon.writePolicy(i === 49 ? ADD_ONLY : OPEN);
        daemon.signal("SIGHUP");
      }
      await until(() =>
        rpc.call("echo", [1]).then(
          () => false,
          () => true,
        ),
      );
      assert.equal(await rpc.call("add", [2, 3]), 5);
      await rpc.close();
    }));
});

describe("time that passes", () => {
  /**
   * Does what has to be done before a moment that comes soon, which is told to it in the policy's form; where the machine was too slow
   * for that, again, before a later one.
   */
  const beforeMoment = async <T>(run: (moment: string) => Promise<T>): Promise<T> => {
    for (let ms = 1_500; ; ms *= 3) {
      const momentMs = Date.now() + ms;
      try {
        return await run(new Date(momentMs).toISOString());
      } catch (error) {
        if (Date.now() < momentMs || ms > 15_000) throw error;
      }
    }
  };

  test("ends the session of an identity whose validity is over, with what runs in it", async () => {
    const daemon = await TestDaemon.start({ grants: OPEN });
    const path = join(daemon.folder, "other_key");
    const key = formatPublicKey(await createKeyFiles(path, "other"));
    const brief = await beforeMoment(async (moment) => {
      daemon.writePolicy(OPEN, `  brief: {keys: ["${key}"], roles: [caller], valid: {until: ${moment}}}\n`);
      assert.equal(await daemon.reload(), true);
      return daemon.connect({ identity: loadPrivateKeyFile(path).key });
    });
    assert.equal((await failure(brief.call("hang"))).code, "unauthenticated");
    assert.equal(daemon.audit.findLast(({ result }) => result === "ended")?.["reason"], "expired");
    assert.equal(
      (await failure(daemon.connect({ identity: loadPrivateKeyFile(path).key }))).code,
      "unauthenticated",
    );
    assert.equal(await daemon.stop(), 0);
  });

  test("ends a grant, and the call that runs by it, and begins another", () =>
    withDaemon(OPEN, async (daemon) => {
      const rpc = await daemon.connect();
      await beforeMoment(async (at) => {
        daemon.writePolicy(`
grants:
  before: {to: caller, call: hang, args: none, valid: {until: ${at}}}
  after: {to: caller, call: add, args: any, valid: {since: ${at}}}
`);
        assert.equal(await daemon.reload(), true);
        assert.equal((await failure(rpc.call("add", [2, 3]))).code, "permission_denied");
      });
      assert.equal((await failure(rpc.call("hang"))).code, "permission_denied");
      await until(() =>
        rpc.call("add", [2, 3]).then(
          () => true,
          () => false,
        ),
      );
      assert.equal((await failure(rpc.call("hang"))).code, "permission_denied");
      await rpc.close();
    }));
});

/** Answers after a while, so that calls are under way whenever the policy changes. */
const SLOW = `
import { defineService, method, param, z } from "rpcd/service";
export default defineService({
  echo: method({ params: [param("value", z.string())], run: ({ value }) => new Promise((resolve) => setTimeout(resolve, 20, value)) }),
});
`;

/** A third of them was denied just now, and waits: some 64 are in flight. */
const CALLERS = 96;

test(`${RELOADS} reloads under 64 calls in flight: none lost, none decided by a mixture, memory flat`, async (t) => {
  const policy = (colour: string): string => `
grants:
  ${colour}: {to: caller, call: echo, args: {value: {enum: [${colour}, both]}}}
`;
  const daemon = await TestDaemon.start({ service: SLOW, grants: policy("red"), config: WIDE_OPEN });
  const rpc = await daemon.connect();
  const ending = new AbortController();
  let [answered, denied, ended] = [0, 0, 0];
  const caller = async (i: number): Promise<void> => {
    for (let n = i; !ending.signal.aborted; n++) {
      const word = (["red", "both", "blue"] as const)[n % 3];
      await rpc.call("echo", [word]).then(
        (value) => {
          assert.equal(value, word);
          answered++;
        },
        async (error: unknown) => {
          assert.ok(error instanceof RpcError && error.code === "permission_denied", String(error));
          // It was admitted, and the policy that came then would not have.
          if (error.outcome === "unknown") ended++;
          else denied++;
          await new Promise((resolve) => setTimeout(resolve, 20));
        },
      );
    }
  };
  const callers = Array.from({ length: CALLERS }, (_, i) => caller(i));
  const hashes = new Map<string, "red" | "blue">();
  let settledKib = 0;
  for (let i = 0; i < RELOADS; i++) {
    daemon.writePolicy(policy(i % 2 === 0 ? "blue" : "red"));
    assert.equal(await daemon.reload(), true);
    if (i === Math.floor(RELOADS / 3)) settledKib = memoryKib(daemon.pid);
  }
  ending.abort();
  await Promise.all(callers);
  const grownKib = memoryKib(daemon.pid) - settledKib;
  const lines = daemon.audit;
  // "both" is admitted by either: whose grant did it says which policy a hash is.
  for (const { kind, policy: hash, grant } of lines)
    if (kind === "call" && (grant === "red" || grant === "blue")) hashes.set(String(hash), grant);
  assert.equal(hashes.size, 2);
  let [allowedLines, deniedLines] = [0, 0];
  for (const { kind, method, policy: hash, decision, grant } of lines) {
    if (kind !== "call" || method !== "echo") continue;
    const colour = hashes.get(String(hash)) ?? assert.fail(`a policy that there never was: ${String(hash)}`);
    if (decision === "allow") allowedLines++;
    else deniedLines++;
    assert.equal(grant, decision === "allow" ? colour : undefined);
  }
  // Denied calls beyond the bucket have no lines of their own, and are counted.
  const counted = lines.reduce(
    (sum, { kind, refused }) => sum + (kind === "counted" ? Number(refused) : 0),
    0,
  );
  assert.equal(allowedLines, answered + ended, "each call that was admitted has its line, and was answered");
  assert.ok(ended > 0, "some ran when their grant went away");
  assert.equal(deniedLines + counted, denied, "and each that was denied has one or is counted");
  assert.equal(lines.filter(({ kind, result }) => kind === "reload" && result === "ok").length, RELOADS);
  t.diagnostic(
    `${answered} answered, ${denied} denied, ${ended} ended; memory grew by ${grownKib} KiB over the last two thirds`,
  );
  assert.ok(grownKib < 40 * 1024, `memory grew by ${grownKib} KiB`);
  await rpc.close();
  assert.equal(await daemon.stop(), 0);
});
