import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { NODE_FLAGS, PACKAGE, RPCD, TestDaemon } from "../support/daemon.ts";
import { tempFolder } from "../support/temp-folder.ts";

const NOT_ROOT: string | false = process.geteuid?.() === 0 ? false : "only root can give a file away";

describe("rpcd", () => {
  let folder: ReturnType<typeof tempFolder>;
  let state: string;
  const file = (name: string): string => join(state, name);
  const rpcd = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [...NODE_FLAGS, RPCD, ...args], {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        HOME: folder.path,
        XDG_STATE_HOME: join(folder.path, "xdg-state"),
        XDG_CONFIG_HOME: join(folder.path, "xdg-config"),
      },
      timeout: 20_000,
    });
  const check = (): SpawnSyncReturns<string> => rpcd("--check", "--config", file("rpcd.yaml"));
  const serve = (): SpawnSyncReturns<string> => rpcd("--config", file("rpcd.yaml"));
  const edit = (name: string, from: string | RegExp, to: string): void => {
    const text = readFileSync(file(name), "utf8");
    const changed = text.replace(from, to);
    assert.notEqual(changed, text, `${String(from)} is not in ${name}`);
    writeFileSync(file(name), changed);
  };
  /** Both the check and the start refuse, with this text and exit code 78, and no socket or audit log is made. */
  const refuses = (...texts: (string | RegExp)[]): void => {
    for (const { status, stderr, stdout } of [check(), serve()]) {
      for (const text of texts) {
        if (typeof text === "string")
          assert.equal(stderr.includes(text), true, `${text}\nis not in\n${stderr}`);
        else assert.match(stderr, text);
      }
      assert.equal(status, 78, stderr);
      assert.doesNotMatch(stderr, /\n\s+at /, "no stack for a mistake of the operator");
      assert.equal(stdout, "");
    }
    assert.equal(existsSync(file("rpcd.sock")), false);
  };

  beforeEach(() => {
    folder = tempFolder();
    state = join(folder.path, "state");
    const { status, stderr } = rpcd("init", state);
    assert.equal(status, 0, stderr);
  });
  afterEach(() => folder.remove());

  test("init makes a folder that is checked as good, with modes that keep others out", () => {
    assert.deepEqual(readdirSync(state).toSorted(), [
      "client",
      "host_key",
      "host_key.pub",
      "node_modules",
      "package.json",
      "policy.yaml",
      "rpcd.yaml",
      "services",
    ]);
    assert.equal(statSync(state).mode & 0o777, 0o700);
    for (const secret of ["host_key", "client/id_ed25519"])
      assert.equal(statSync(file(secret)).mode & 0o777, 0o600, secret);
    assert.equal(join(readlinkSync(file("node_modules/rpcd")), "."), join(PACKAGE, "."));
    const { status, stdout } = check();
    assert.equal(status, 0);
    assert.match(stdout, /is good: 3 methods and 13 of/);
    assert.equal(
      existsSync(file("rpcd.sock")) || existsSync(file("audit.jsonl")),
      false,
      "a check makes nothing",
    );
  });

  test("init leaves a folder that is in use as it was, and takes an empty one", () => {
    writeFileSync(file("mine"), "precious");
    const again = rpcd("init", state);
    assert.deepEqual([again.status, readFileSync(file("mine"), "utf8")], [78, "precious"]);
    assert.match(again.stderr, /is there already and not empty; nothing was changed/);
    const empty = join(folder.path, "empty");
    mkdirSync(empty, { mode: 0o700 });
    assert.equal(rpcd("init", empty).status, 0);
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name.includes("empty.")),
      [],
      "nothing half-made is left",
    );
  });

  test("init refuses a place that is not safe, or too deep for a socket, and makes nothing", () => {
    const open = join(folder.path, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    const unsafe = rpcd("init", join(open, "state"));
    assert.equal(unsafe.status, 78);
    assert.match(unsafe.stderr, /mode 0777.*\n {2}mend: chmod go-w/);
    assert.deepEqual(readdirSync(open), []);
    const deep = rpcd("init", join(folder.path, "d".repeat(100)));
    assert.deepEqual([deep.status, /too deep for a socket/.test(deep.stderr)], [78, true]);
  });

  test("options that are not known, and words too many, are usage errors", () => {
    for (const args of [
      ["--nope"],
      ["--toString=1"],
      ["--__proto__.x=1"],
      ["-x"],
      ["serve"],
      ["init", "a", "b"],
      ["--config"],
      ["init", "a", "--check"],
      ["--config", "a", "--config", "b"],
    ]) {
      const { status, stderr } = rpcd(...args);
      assert.equal(status, 2, `${args.join(" ")}: ${stderr}`);
      assert.match(stderr, /^rpcd: .*see rpcd --help\n$/);
    }
    assert.equal(rpcd("--version").stdout, "rpcd 0.1.0\n");
    for (const word of ["help", "-h"]) assert.equal(rpcd(word).stdout, rpcd("--help").stdout, word);
    assert.match(rpcd("--help").stdout, /rpcd init \[DIR\]/);
  });

  test("an escape sequence in an argument is shown, not sent to the terminal", () => {
    const { stderr } = rpcd("--\u001b[2J");
    assert.equal(stderr.includes("\u001b"), false);
    assert.match(stderr, /\\u\{1b\}/);
  });

  test("a configuration that is not there, not YAML or not a map is refused with its place", () => {
    const missing = rpcd("--config", file("nope.yaml"));
    assert.deepEqual([missing.status, missing.stderr.includes(file("nope.yaml"))], [78, true]);
    writeFileSync(file("rpcd.yaml"), "listen: [unclosed\n");
    refuses("error[P101]", `${file("rpcd.yaml")}:`);
    writeFileSync(file("rpcd.yaml"), "- just\n- a list\n");
    refuses("error[C203]: a map of options was expected, but a list stands here", "rpcd.yaml:1:1");
  });

  test("an option that is unknown, of the wrong type or out of range is refused with line, column and what to do", () => {
    edit("rpcd.yaml", "policy:", "polcy:");
    refuses("error[C201]: there is no option 'polcy'", /rpcd\.yaml:4:1/, "did you mean 'policy'?");
    edit("rpcd.yaml", "polcy: policy.yaml", "policy: 7");
    refuses("error[C203]: policy: a text was expected, but the number 7 stands here", "rpcd.yaml:4:9");
    edit(
      "rpcd.yaml",
      "policy: 7",
      "policy: policy.yaml\nlogin_timeout_ms: 99\ndrain_timeout_ms: 300001\nsocket_mode: 0660\nlog_level: loud\nlog_format: xml",
    );
    refuses(
      "login_timeout_ms: a whole number from 100 to 60000 (ms) was expected",
      "drain_timeout_ms: a whole number from 0 to 300000 (ms) was expected",
      "socket_mode: a text was expected",
      "log_level: one of debug, info, warn, error was expected",
      "log_format: one of auto, json, journal, pretty was expected",
    );
  });

  test("the ends of each range are good", () => {
    edit(
      "rpcd.yaml",
      "policy: policy.yaml",
      'policy: policy.yaml\nlogin_timeout_ms: 100\ndrain_timeout_ms: 300000\nsocket_mode: "0660"',
    );
    assert.equal(check().status, 0);
    edit("rpcd.yaml", "100\ndrain_timeout_ms: 300000", "60000\ndrain_timeout_ms: 0");
    assert.equal(check().status, 0);
  });

  test("an address that is none, or too long, is refused", () => {
    for (const [address, text] of [
      ["tcp:127.0.0.1:1", "is no address"],
      [`unix:/${"x".repeat(107)}`, "this one has 108"],
      ["rpcd.sock", "is no address"],
    ] as const) {
      writeFileSync(file("rpcd.yaml"), `listen: "${address}"\n`);
      refuses("error[C208]: listen:", text);
    }
    writeFileSync(file("rpcd.yaml"), "listen: []\n");
    refuses("at least one address was expected");
  });

  test("places in which nothing can be made are found by the check, not only when it listens", () => {
    const original = readFileSync(file("rpcd.yaml"), "utf8");
    const bad: readonly (readonly [string, string | RegExp])[] = [
      ["audit: /nope/x.jsonl", "/nope: there is no such folder"],
      ["audit: services", "a plain file for the audit log was expected here"],
      ["audit: policy.yaml", "is named twice: as the policy and as the audit log"],
      ["host_key: policy.yaml", "is named twice"],
      ["listen: unix:/tmp/no/such/folder/s", "there is no such folder"],
      ["listen: unix:services/example.mjs", "is named twice: as a service and as a socket"],
      ["listen: unix:host_key.pub", "something that is no socket is in the way"],
      ["listen: [unix:b.sock, unix:b.sock]", "is named twice: as a socket and as a socket"],
    ];
    for (const [line, text] of bad) {
      const [key = ""] = line.split(":");
      writeFileSync(file("rpcd.yaml"), original.replace(new RegExp(`^${key}: .*$`, "m"), line));
      refuses(text);
    }
  });

  test("a policy with mistakes is refused with all of them, each with its place and a mend", () => {
    edit("policy.yaml", "to: caller", "to: caler");
    edit("policy.yaml", "call: greet", "call: gre*t");
    edit("policy.yaml", "loud?: bool", "loud?: bol");
    refuses(
      "error[P301]",
      "did you mean 'caller'?",
      "error[P205]",
      "policy.yaml:",
      "the daemon would refuse this file",
      "3 errors",
    );
  });

  test("a policy that does not fit the methods is refused where that would let something through", () => {
    edit("policy.yaml", "loud?: bool", "0: string");
    refuses("error[P312]");
    edit("policy.yaml", "0: string", "lout?: bool");
    refuses("error[P309]", "did you mean 'loud'?");
    edit("policy.yaml", "lout?: bool", "loud?: {enum: [true]}");
    refuses("error[P315]");
  });

  test("a key, policy, service or configuration that others can write or read is refused with the mend", () => {
    for (const [name, mode, text] of [
      ["host_key", 0o640, "chmod 600"],
      ["policy.yaml", 0o666, "chmod go-w"],
      ["services/example.mjs", 0o622, "chmod go-w"],
      ["rpcd.yaml", 0o620, "chmod go-w"],
    ] as const) {
      chmodSync(file(name), mode);
      refuses(name, "mend: ", text);
      chmodSync(file(name), 0o600);
    }
    chmodSync(state, 0o777);
    refuses("mode 0777", "chmod go-w");
    chmodSync(state, 0o700);
    assert.equal(check().status, 0);
  });

  test("a file of another user is refused", { skip: NOT_ROOT }, () => {
    for (const name of ["host_key", "policy.yaml", "services/example.mjs", "rpcd.yaml"]) {
      chownSync(file(name), 65_534, 65_534);
      refuses(name, "belongs to user 65534");
      chownSync(file(name), 0, 0);
    }
  });

  test("a host key that is no key, encrypted, a link or missing is refused, in words", () => {
    renameSync(file("host_key"), file("real_key"));
    refuses("host_key");
    symlinkSync("real_key", file("host_key"));
    refuses("host_key", /symbolic link|link/);
    rmSync(file("host_key"));
    writeFileSync(file("host_key"), "no key\n", { mode: 0o600 });
    refuses("host_key");
    rmSync(file("host_key"));
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "a secret phrase", "-f", file("host_key")]);
    refuses("host_key", "ssh-keygen -p -N ''");
  });

  test("a host key of ssh-keygen is as good as one of ours", () => {
    rmSync(file("host_key"));
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file("host_key")]);
    assert.equal(check().status, 0);
  });

  test("a service that is missing, breaks, or exports no service is refused by its name", () => {
    const service = (text: string): void => writeFileSync(file("services/example.mjs"), text);
    service("export default 7;\n");
    refuses("services/example.mjs: its default export is not what defineService(…) gives");
    service(
      "import { defineService, method, param, z } from 'rpcd/service'; export default defineService({ add: method({ params: [param('a', z.bigint().default(1n))], run: () => 1 }) });",
    );
    refuses("services/example.mjs: add: its description cannot be sent");
    service(
      "import { defineService, method, param } from 'rpcd/service'; export default defineService({ add: method({ params: [param('a', { '~standard': { version: 1, vendor: 'x', validate: () => { throw new Error('odd schema'); } } })], run: () => 1 }) });",
    );
    refuses("services/example.mjs: odd schema");
    service("throw new Error('at the top');\n");
    refuses("services/example.mjs: the module cannot be loaded: at the top");
    service("import { defineService } from 'rpcd/service'; export default defineService('rpcd', {});");
    assert.equal(check().status, 78);
    service(
      "import { defineService, method } from 'rpcd/service'; export default defineService('rpcd', { x: method({ params: [], run: () => 1 }) });",
    );
    refuses("names under 'rpcd' are the daemon's own");
    service(
      "import { defineService, method, param, z } from 'rpcd/service'; let n = 0; export default defineService({ add: method({ params: [param('a', z.number().default(() => n++))], run: () => 1 }) });",
    );
    refuses("the default of 'a' is another each time");
    service("\nexport default {;\n");
    refuses("services/example.mjs: the module cannot be loaded", /mend: node --check .*example\.mjs/);
    service("import { defineService } from 'rpcd/service'; export default defineService({ add: () => 1 });");
    refuses("'add' is not what method({ … }) gives");
    rmSync(file("node_modules/rpcd"));
    refuses("Cannot find package 'rpcd'", "ln -s");
    rmSync(file("services/example.mjs"));
    refuses("services/example.mjs");
  });

  test("a service in TypeScript is refused where node cannot run it, with the mend", {
    skip:
      "typescript" in process.features && process.features.typescript ? "this node runs TypeScript" : false,
  }, () => {
    cpSync(file("services/example.mjs"), file("services/example.ts"));
    edit("rpcd.yaml", "example.mjs", "example.ts");
    refuses("does not run TypeScript", "compile it to .mjs");
  });

  test("a parameter without a shape is remarked on by the check, which is good all the same", () => {
    edit("services/example.mjs", 'param("a", z.int())', 'param("a", z.date())');
    edit("policy.yaml", "args: {a: {int: -1000000..1000000}, b: {int: -1000000..1000000}}", "args: any");
    const { status, stdout } = check();
    assert.equal(status, 0);
    assert.match(stdout, /note: add: parameter 'a' is 'any'; give it a shape/);
  });

  test("66: a file, a link or a live daemon where the socket should be is left alone", async () => {
    const failsToListen = (text: string): void => {
      const { status, stderr } = serve();
      assert.deepEqual([status, stderr.includes(text)], [78, true], stderr);
    };
    writeFileSync(file("rpcd.sock"), "mine");
    failsToListen("something that is no socket is in the way");
    assert.equal(readFileSync(file("rpcd.sock"), "utf8"), "mine");
    rmSync(file("rpcd.sock"));
    symlinkSync("host_key", file("rpcd.sock"));
    failsToListen("something that is no socket is in the way");
    assert.equal(lstatSync(file("rpcd.sock")).isSymbolicLink(), true);
    rmSync(file("rpcd.sock"));
    const live = createServer().listen({ path: file("rpcd.sock") });
    await once(live, "listening");
    // It answers while this process waits for the daemon, which spawnSync would not let it do.
    const child = spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", file("rpcd.yaml")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const stderr = child.stderr.setEncoding("utf8").toArray();
    const [code] = await once(child, "exit");
    assert.equal(code, 78);
    assert.match((await stderr).join(""), /a daemon is listening there already.*\n {2}mend: stop it first/);
    live.close();
  });

  test("66: a dead socket of ours is replaced", async () => {
    const child = spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", file("rpcd.yaml")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(lstatSync(file("rpcd.sock")).isSocket(), true, "it was left behind");
    const next = spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", file("rpcd.yaml")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(next.stdout, "data");
    assert.match(String(line), /listening/);
    assert.equal(lstatSync(file("rpcd.sock")).mode & 0o777, 0o600);
    next.kill("SIGTERM");
    assert.deepEqual((await once(next, "exit"))[0], 0);
    assert.equal(existsSync(file("rpcd.sock")), false, "an orderly stop takes the socket away");
  });

  test("66: of two daemons that find the same dead socket one serves, and the other takes nothing away", async () => {
    const start = (): ReturnType<typeof spawn> =>
      spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", file("rpcd.yaml")], {
        stdio: ["ignore", "pipe", "pipe"],
      });
    const dead = start();
    await once(dead.stdout ?? assert.fail(), "data");
    dead.kill("SIGKILL");
    await once(dead, "exit");
    const both = [start(), start()];
    const ends = both.map(async (child) => {
      for await (const chunk of child.stdout ?? []) if (String(chunk).includes('"ready"')) return "ready";
      return "refused";
    });
    assert.deepEqual((await Promise.all(ends)).toSorted(), ["ready", "refused"]);
    assert.equal(
      spawnSync(
        process.execPath,
        [
          ...NODE_FLAGS,
          join(PACKAGE, "dist/rpcctl/main.js"),
          "--config",
          file("client/rpcctl.yaml"),
          "call",
          "add",
          "2",
          "3",
        ],
        { encoding: "utf8" },
      ).stdout,
      "5\n",
    );
    for (const child of both) {
      if (child.exitCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  });

  test("an audit log that belongs to another user is refused", { skip: NOT_ROOT }, () => {
    writeFileSync(file("audit.jsonl"), "");
    chownSync(file("audit.jsonl"), 65_534, 65_534);
    const { status, stderr } = serve();
    assert.deepEqual([status, /the audit log belongs to user 65534/.test(stderr)], [78, true], stderr);
  });

  test("an audit log that is a link, or that others can write, is refused before anything listens", () => {
    symlinkSync("host_key", file("audit.jsonl"));
    const link = serve();
    assert.deepEqual(
      [link.status, /a plain file for the audit log was expected here/.test(link.stderr)],
      [78, true],
      link.stderr,
    );
    rmSync(file("audit.jsonl"));
    writeFileSync(file("audit.jsonl"), "");
    chmodSync(file("audit.jsonl"), 0o666);
    const open = serve();
    assert.deepEqual([open.status, /only its owner can write/.test(open.stderr)], [78, true], open.stderr);
    assert.equal(existsSync(file("rpcd.sock")), false);
  });

  test("without any configuration it makes the user's state folder and serves from it", async () => {
    const env = {
      PATH: process.env["PATH"],
      HOME: folder.path,
      XDG_STATE_HOME: join(folder.path, "xs"),
      XDG_CONFIG_HOME: join(folder.path, "xc"),
    };
    const child = spawn(process.execPath, [...NODE_FLAGS, RPCD], {
      stdio: ["ignore", "pipe", "inherit"],
      env,
    });
    let text = "";
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.includes('"msg":"ready"')) break;
    }
    assert.match(text, /is ready. Next:\n\n {2}rpcd\n {2}rpcctl call add 2 3/);
    assert.equal(lstatSync(join(folder.path, "xs/rpcd/rpcd.sock")).isSocket(), true);
    assert.equal(existsSync(join(folder.path, "xc/rpcctl/rpcctl.yaml")), true);
    child.kill("SIGTERM");
    assert.deepEqual((await once(child, "exit"))[0], 0);
  });
});

describe("the audit log of a daemon that runs", () => {
  test("a line that a crash cut off is ended before the next one begins", async () => {
    const first = await TestDaemon.start();
    const path = join(first.folder, "audit.jsonl");
    const rpc = await first.connect();
    await rpc.close();
    first.signal("SIGKILL");
    await first.exited();
    writeFileSync(path, `${readFileSync(path, "utf8")}{"at":"cut`);
    const next = spawn(process.execPath, [...NODE_FLAGS, RPCD, "--config", join(first.folder, "rpcd.yaml")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const chunk of next.stdout) if (String(chunk).includes("ready")) break;
    await (await first.connect()).close();
    next.kill("SIGTERM");
    await once(next, "exit");
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.equal(lines.at(-2), '{"at":"cut');
    assert.equal(JSON.parse(lines.at(-1) ?? "").kind, "login");
    await first.stop();
  });

  test("SIGUSR1 opens no inspector", async () => {
    const daemon = await TestDaemon.start();
    daemon.signal("SIGUSR1");
    const rpc = await daemon.connect();
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
    assert.equal(
      daemon.log.some((line) => line.includes("Debugger listening")),
      false,
    );
    assert.equal(await daemon.stop(), 0);
  });
});
