import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isPlainObject } from "../../base/plain-object.ts";
import { processStart } from "../../base/process-start.ts";
import { checkNode, debianPackageOf } from "../../cli/doctor/node-checks.ts";
import { checkClock } from "../../cli/doctor/state-checks.ts";
import { TestDaemon } from "../support/daemon.ts";
import { until } from "../support/failure.ts";
import { inFolder } from "../support/temp-folder.ts";
import { rpcctl } from "./run-cli.ts";

interface Found {
  readonly severity: string;
  readonly code?: string | undefined;
  readonly where: string;
  readonly text: string;
  readonly mend?: string;
}

const ADD_ONLY = "grants:\n  adding: {to: caller, call: add, args: any}\n";

const DAY = Date.parse("2026-11-29");

describe("rpcctl doctor, of Node", () => {
  const of = (version: string, debianPackage?: string): readonly Found[] =>
    checkNode({ version, debianPackage, nowMs: DAY }).map(({ mend, ...rest }) => ({
      ...rest,
      mend: mend ?? "",
    }));

  test("says nothing of a line that is kept, from the release that has all fixes on", () => {
    for (const version of ["v22.23.2", "v22.23.10", "v24.18.1", "v24.20.0", "v26.5.1", "v28.0.0"])
      assert.deepEqual(of(version), [], version);
  });

  test("names the release that has the fixes, for one before it", () => {
    for (const version of ["v22.23.1", "v24.18.0", "v24.9.5", "v26.5.0"]) {
      const [found] = of(version);
      assert.deepEqual([found?.severity, found?.code], ["warning", "node-fixes"]);
      assert.match(found?.text ?? "", /security fixes are missing/, version);
    }
  });

  test("notes that a line has ended, also one that never was kept", () => {
    for (const version of ["v20.20.2", "v20.19.2", "v18.20.8", "v25.9.0", "v23.0.0"]) {
      const [found] = of(version);
      assert.equal(found?.severity, "note", "rpcd runs on it");
      assert.match(found?.text ?? "", /gets no security fixes any longer/, version);
      assert.match(found?.mend ?? "", /^install Node 22, 24, 26 or a newer line/);
    }
  });

  test("believes Debian's own package, whose fixes do not show in the number", () => {
    assert.deepEqual(of("v20.19.2", "20.19.2+dfsg-1+deb13u3"), []);
  });

  test("tells Debian's own package from one of that name that somebody else built", () => {
    const dpkg =
      (version: string) =>
      (path: string): string =>
        path.endsWith("nodejs.list")
          ? "/.\n/usr/bin/node\n"
          : `Package: apt\nVersion: 2.9\n\nPackage: nodejs\nStatus: install ok installed\nVersion: ${version}\n\nPackage: zlib\nVersion: 1+dfsg-1\n`;
    assert.equal(debianPackageOf("/usr/bin/node", dpkg("20.19.2+dfsg-1")), "20.19.2+dfsg-1");
    assert.equal(debianPackageOf("/usr/bin/node", dpkg("20.20.2-1other1")), undefined);
    assert.equal(debianPackageOf("/opt/node", dpkg("20.19.2+dfsg-1")), undefined);
    assert.equal(
      debianPackageOf("/usr/bin/node", () => {
        throw new Error("no dpkg here");
      }),
      undefined,
    );
  });
});

test("rpcctl doctor says of a clock that it stands before the day on which rpcd was installed", () => {
  assert.deepEqual(checkClock(DAY, DAY), []);
  assert.deepEqual(checkClock(DAY, DAY + 5_000), []);
  assert.match(checkClock(DAY, DAY + 5_001)[0]?.text ?? "", /earlier than rpcd was installed/);
});

describe("rpcctl doctor, of a client and a daemon that no systemd starts", () => {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start({ grants: ADD_ONLY });
  });
  after(() => daemon.stop());

  const ask = async (
    words: readonly string[] = [],
    config = join(daemon.folder, "rpcd.yaml"),
  ): Promise<{
    readonly code: number | null;
    readonly findings: readonly Found[];
    readonly looked: unknown;
  }> =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, "rpcctl"), { mode: 0o700 });
      const known = join(folder, "known_daemons");
      writeFileSync(known, `${daemon.address} ${daemon.hostKey}\n`, { mode: 0o600 });
      const { code, out, err } = await rpcctl(
        [
          "doctor",
          "--json",
          `--address=${daemon.address}`,
          `--identity=${join(daemon.folder, "client_key")}`,
          `--known-daemons=${known}`,
          `--daemon-config=${config}`,
          ...words,
        ],
        { env: { XDG_CONFIG_HOME: folder }, ...(config.startsWith("./") ? { cwd: daemon.folder } : {}) },
      );
      assert.notEqual(out, "", err);
      const answer: unknown = JSON.parse(out);
      assert.ok(isPlainObject(answer) && Array.isArray(answer["findings"]));
      // Which Node runs the tests is not the daemon's matter; nor is a role of the test's policy that nobody holds.
      const findings = (answer["findings"] as readonly Found[]).filter(
        ({ where, text }) => !where.startsWith("node v") && !text.startsWith("role 'admin'"),
      );
      return { code, findings, looked: answer["looked_at"] };
    });

  test("finds nothing where all is well, by a path from where it is too, and says what it did not look at", async () => {
    for (const config of [join(daemon.folder, "rpcd.yaml"), "./rpcd.yaml"]) {
      const { findings, looked } = await ask([], config);
      assert.deepEqual(findings, []);
      assert.deepEqual((looked as readonly string[]).slice(1), [
        "the way to the daemon, as this user",
        `the configuration ${join(daemon.folder, "rpcd.yaml")} and what it names`,
        "the units of systemd: not looked at, none is known to start this daemon",
        "the running daemon",
        "audit log, socket and clock",
      ]);
    }
  });

  test("finds a key that others may read, and ends with 12", async () => {
    const key = join(daemon.folder, "client_key");
    chmodSync(key, 0o644);
    try {
      const { code, findings } = await ask();
      assert.equal(code, 12);
      assert.deepEqual(findings, [
        {
          severity: "error",
          where: key,
          text: "the file has mode 0644, so others may read the secret",
          mend: `chmod 600 ${key}`,
        },
      ]);
    } finally {
      chmodSync(key, 0o600);
    }
  });

  test("finds a service that ends the check before it has said anything", async () => {
    const service = join(daemon.folder, "service.mjs");
    const good = readFileSync(service, "utf8");
    try {
      for (const [line, text] of [
        ["process.exit(0);", /^rpcd --check ended with 0 before it had said anything$/],
        ["console.error('gone'); process.exit(3);", /^rpcd --check ended with 3 .*; its last words: gone$/],
      ] as const) {
        writeFileSync(service, `${line}\n${good}`);
        const { code, findings } = await ask();
        assert.equal(code, 12);
        assert.match(findings[0]?.text ?? "", text);
        assert.match(String(findings[0]?.mend), /^rpcd --check --config /);
      }
    } finally {
      writeFileSync(service, good);
    }
  });

  test("finds an audit log that everybody reads, where the configuration does not name it", async () => {
    const path = join(daemon.folder, "audit.jsonl");
    chmodSync(path, 0o604);
    try {
      const { findings } = await ask();
      assert.deepEqual(
        findings.map(({ where, mend }) => [where, mend]),
        [[path, `chmod o= ${path}`]],
      );
    } finally {
      chmodSync(path, 0o600);
    }
  });

  test("finds a policy that was changed and is not in force, and one that was refused", async () => {
    daemon.writePolicy(`${ADD_ONLY}# more\n`);
    const changed = (await ask()).findings;
    assert.deepEqual(
      changed.map(({ where, text }) => [where, text]),
      [[join(daemon.folder, "policy.yaml"), "it was changed, and is not in force yet"]],
    );
    daemon.writePolicy("grants:\n  adding: {to: nobody, call: add, args: any}\n");
    assert.equal(await daemon.reload(), false);
    const refused = (await ask()).findings.map(({ text }) => text);
    assert.ok(refused.some((text) => text.startsWith("the last reload was refused")));
    assert.ok(
      refused.some((text) => text.includes("'nobody'")),
      "what the daemon's own check says",
    );
    daemon.writePolicy(ADD_ONLY);
    assert.equal(await daemon.reload(), true);
    assert.deepEqual((await ask()).findings, []);
  });

  test("leaves out what is acknowledged, by option and by setting, and ends by what is left", async () => {
    const path = join(daemon.folder, "audit.jsonl");
    chmodSync(path, 0o604);
    try {
      const { code, findings } = await ask();
      assert.deepEqual([code, findings.map((found) => found.code)], [12, ["audit-mode"]]);
      const acknowledged = await ask([
        "--ignore",
        "audit-mode",
        "--ignore",
        "P304",
        "--ignore",
        "node-fixes",
      ]);
      assert.deepEqual([acknowledged.code, acknowledged.findings], [0, []]);
      const settings = join(daemon.folder, "doctor.yaml");
      writeFileSync(settings, "doctor_ignore: [audit-mode, P304, node-fixes]\n", { mode: 0o600 });
      assert.deepEqual((await ask(["--config", settings])).findings, []);
      assert.equal((await ask(["--config", settings])).code, 0);
    } finally {
      chmodSync(path, 0o600);
    }
    const key = join(daemon.folder, "client_key");
    chmodSync(key, 0o644);
    try {
      assert.equal((await ask(["--ignore", "node-line"])).code, 12, "an error cannot be ignored");
    } finally {
      chmodSync(key, 0o600);
    }
    for (const word of ["node-lime", "BAD", ""]) {
      const { code, out, err } = await rpcctl(["doctor", `--ignore=${word}`], { env: {} });
      assert.deepEqual([code, out], [2, ""], word);
      if (word === "node-lime") assert.match(err, /did you mean 'node-line'\?/);
    }
  });

  test("believes no status file about a process of another user", {
    skip: process.geteuid?.() !== 0 && "it takes root",
  }, async () => {
    const other = spawn("sleep", ["600"], { uid: 54_321, stdio: "ignore" });
    const status = join(daemon.folder, "rpcd.status.json");
    const kept = readFileSync(status, "utf8");
    try {
      const pid = other.pid ?? assert.fail("no process");
      await until(() => lstatSync(`/proc/${pid}`).uid === 54_321);
      const found: unknown = JSON.parse(kept);
      assert.ok(isPlainObject(found));
      const forged = { ...found, pid, processStart: processStart(pid), version: "9.9.9" };
      writeFileSync(status, JSON.stringify(forged), { mode: 0o600 });
      const { findings, looked } = await ask();
      assert.deepEqual(findings, []);
      assert.ok(
        (looked as readonly string[]).some((at) => at.startsWith("the running daemon: not looked at")),
      );
    } finally {
      writeFileSync(status, kept, { mode: 0o600 });
      other.kill("SIGKILL");
    }
  });

  test("finds a service module that is gone, and says where it was looked for", async () => {
    const path = join(daemon.folder, "service.mjs");
    renameSync(path, `${path}.away`);
    try {
      const { findings } = await ask();
      assert.deepEqual(
        findings.map(({ where }) => where),
        [path],
      );
    } finally {
      renameSync(`${path}.away`, path);
    }
  });

  test("names what a hostile file says without letting it reach the terminal raw", async () => {
    const { out, code } = await inFolder((folder) => {
      writeFileSync(join(folder, "rpcd.yaml"), 'listen: "unix:/tmp/\\u001b[2J\\u202e.sock"\nx\\u009b: 1\n', {
        mode: 0o600,
      });
      return rpcctl(["doctor", "--daemon-config", join(folder, "rpcd.yaml")], { env: {} });
    });
    assert.equal(code, 12);
    // oxlint-disable-next-line eslint/no-control-regex -- they are what must not be there
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});
