import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import { rpcd } from "../support/rpcd.ts";
import { sample } from "../support/sample.ts";
import { TestState } from "../support/state.ts";

const NOT_ROOT: string | false = process.geteuid?.() === 0 ? false : "only root can give a file away";

describe("what rpcd does not start with", () => {
  let state: TestState;
  beforeEach(async () => {
    state = await TestState.make();
  });
  afterEach(() => state.remove());

  test("a configuration that is not there, not YAML or not a map is refused with its place", async () => {
    const missing = await rpcd(["--config", state.file("nope.yaml")]);
    assert.deepEqual([missing.code, missing.err.includes(state.file("nope.yaml"))], [78, true]);
    assert.match(missing.err, /mend: rpcd init makes one.* --config FILE/);
    writeFileSync(state.file("rpcd.yaml"), "listen: [unclosed\n");
    await state.refuses("error[P101]", `${state.file("rpcd.yaml")}:`);
    writeFileSync(state.file("rpcd.yaml"), "- just\n- a list\n");
    await state.refuses(
      "error[C203]: a map of options was expected, but a list stands here",
      "rpcd.yaml:1:1",
    );
  });

  test("an option that is unknown, of the wrong type or out of range is refused with line, column and what to do", async () => {
    state.edit("rpcd.yaml", "policy:", "polcy:");
    await state.refuses(
      "error[C201]: there is no option 'polcy'",
      /rpcd\.yaml:4:1/,
      "did you mean 'policy'?",
    );
    state.edit("rpcd.yaml", "polcy: policy.yaml", "policy: 7");
    await state.refuses(
      "error[C203]: policy: a text was expected, but the number 7 stands here",
      "rpcd.yaml:4:9",
    );
    state.edit(
      "rpcd.yaml",
      "policy: 7",
      "policy: policy.yaml\nlogin_timeout_ms: 99\ndrain_timeout_ms: 300001\nsocket_mode: 0660\nlog_level: loud\nlog_format: xml",
    );
    await state.refuses(
      "login_timeout_ms: a whole number from 100 to 60000 (ms) was expected",
      "drain_timeout_ms: a whole number from 0 to 300000 (ms) was expected",
      "socket_mode: a text was expected",
      "log_level: one of debug, info, warn, error was expected",
      "log_format: one of auto, json, journal, pretty was expected",
    );
  });

  test("the ends of each range are good", async () => {
    state.edit(
      "rpcd.yaml",
      "policy: policy.yaml",
      'policy: policy.yaml\nlogin_timeout_ms: 100\ndrain_timeout_ms: 300000\nsocket_mode: "0660"',
    );
    assert.equal((await state.check()).code, 0);
    state.edit("rpcd.yaml", "100\ndrain_timeout_ms: 300000", "60000\ndrain_timeout_ms: 0");
    assert.equal((await state.check()).code, 0);
  });

  test("an address that is none, or too long, is refused", async () => {
    for (const [address, text] of [
      ["tcp:127.0.0.1:1", "is no address"],
      [`unix:/${"x".repeat(107)}`, "this one has 108"],
      ["rpcd.sock", "is no address"],
    ] as const) {
      writeFileSync(state.file("rpcd.yaml"), `listen: "${address}"\n`);
      await state.refuses("error[C208]: listen:", text);
    }
    writeFileSync(state.file("rpcd.yaml"), "listen: []\n");
    await state.refuses("at least one address was expected");
  });

  test("places in which nothing can be made are found by the check, not only when it listens", async () => {
    const original = readFileSync(state.file("rpcd.yaml"), "utf8");
    const bad: readonly (readonly [string, string | RegExp])[] = [
      ["audit: /nope/x.jsonl", "/nope: there is no such folder"],
      ["audit: services", "a plain file for the audit log was expected here"],
      ["audit: policy.yaml", "is named twice: as the policy and as the audit log"],
      ["host_key: policy.yaml", "is named twice"],
      ["policy: services", "but this is a folder\n  mend: name a file"],
      ["policy: nope.yaml", "there is no file\n  mend: put it there, or name another as 'policy'"],
      ['policy: policy.yaml\nmetrics: ""', "metrics: a text was expected, but an empty one stands here"],
      ["policy: policy.yaml\nstatus_file: services", "a plain file for the status file was expected here"],
      ["policy: policy.yaml\nother_host_keys: [host_key.pub]", "host_key.pub"],
      ["listen: unix:/tmp/no/such/folder/s", "there is no such folder"],
      ["listen: unix:services/example.mjs", "is named twice: as a service and as a socket"],
      ["listen: unix:host_key.pub", "something that is no socket is in the way"],
      ["listen: [unix:b.sock, unix:b.sock]", "is named twice: as a socket and as a socket"],
    ];
    for (const [line, text] of bad) {
      const [key = ""] = line.split(":");
      writeFileSync(state.file("rpcd.yaml"), original.replace(new RegExp(`^${key}: .*$`, "m"), line));
      await state.refuses(text);
    }
  });

  test("a policy with mistakes is refused with all of them, each with its place and a mend", async () => {
    state.edit("policy.yaml", "to: caller", "to: caler");
    state.edit("policy.yaml", "call: greet", "call: gre*t");
    state.edit("policy.yaml", "loud?: bool", "loud?: bol");
    await state.refuses(
      "error[P301]",
      "did you mean 'caller'?",
      "error[P205]",
      "policy.yaml:",
      "the daemon would refuse this file",
      "3 errors",
    );
  });

  test("a policy that does not fit the methods is refused where that would let something through", async () => {
    state.edit("policy.yaml", "loud?: bool", "0: string");
    await state.refuses("error[P312]");
    state.edit("policy.yaml", "0: string", "lout?: bool");
    await state.refuses("error[P309]", "did you mean 'loud'?");
    state.edit("policy.yaml", "lout?: bool", "loud?: {enum: [true]}");
    await state.refuses("error[P315]");
  });

  test("a key, policy, service or configuration that others can write or read is refused with the mend", async () => {
    for (const [name, mode, text] of [
      ["host_key", 0o640, "chmod 600"],
      ["policy.yaml", 0o666, "chmod go-w"],
      ["services/example.mjs", 0o622, "chmod go-w"],
      ["rpcd.yaml", 0o620, "chmod go-w"],
    ] as const) {
      chmodSync(state.file(name), mode);
      await state.refuses(name, "mend: ", text);
      chmodSync(state.file(name), 0o600);
    }
    chmodSync(state.path, 0o777);
    await state.refuses("mode 0777", "chmod go-w");
    chmodSync(state.path, 0o700);
    assert.equal((await state.check()).code, 0);
  });

  test("a status file in a folder of another user is refused: they could lead it to another place", {
    skip: NOT_ROOT,
  }, async () => {
    mkdirSync(state.file("theirs"));
    chownSync(state.file("theirs"), 65_534, 65_534);
    state.edit("rpcd.yaml", "policy:", "status_file: theirs/status.json\npolicy:");
    await state.refuses("theirs: the folder belongs to user 65534");
    rmSync(state.file("theirs"), { recursive: true });
    // There is only no status then, and systemd makes the folder at the start.
    const { code, out } = await state.check();
    assert.equal(code, 0);
    assert.match(out, /^note: status_file: there is no folder for .*theirs\/status\.json: rpcd reload/m);
  });

  test("a file of another user is refused", { skip: NOT_ROOT }, async () => {
    for (const name of ["host_key", "policy.yaml", "services/example.mjs", "rpcd.yaml"]) {
      chownSync(state.file(name), 65_534, 65_534);
      await state.refuses(name, "belongs to user 65534");
      chownSync(state.file(name), 0, 0);
    }
  });

  test("a host key that is no key, encrypted, a link or missing is refused, in words", async () => {
    renameSync(state.file("host_key"), state.file("real_key"));
    await state.refuses("host_key");
    symlinkSync("real_key", state.file("host_key"));
    await state.refuses("host_key", /symbolic link|link/);
    rmSync(state.file("host_key"));
    writeFileSync(state.file("host_key"), "no key\n", { mode: 0o600 });
    await state.refuses("host_key", "mend: make one: rpcctl key new");
    rmSync(state.file("host_key"));
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "a secret phrase", "-f", state.file("host_key")]);
    await state.refuses("host_key", "ssh-keygen -p -N ''");
  });

  test("a host key of ssh-keygen is as good as one of ours", async () => {
    rmSync(state.file("host_key"));
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", state.file("host_key")]);
    assert.equal((await state.check()).code, 0);
  });

  test("a service that is missing, breaks, or exports no service is refused by its name", async () => {
    const defining = (names: string, what: string): string =>
      `import { defineService, ${names} } from 'rpcd/service'; export default defineService(${what});`;
    const service = (text: string): void => writeFileSync(state.file("services/example.mjs"), text);
    service("export default 7;\n");
    await state.refuses("services/example.mjs: its default export is not what defineService(…) gives");
    const bad: readonly (readonly [string, ...(string | RegExp)[]])[] = [
      [
        defining(
          "method, param, z",
          "{ add: method({ params: [param('a', z.bigint().default(1n))], run: () => 1 }) }",
        ),
        "services/example.mjs: add: its description cannot be sent",
      ],
      [
        defining(
          "method, param",
          "{ add: method({ params: [param('a', { '~standard': { version: 1, vendor: 'x', validate: () => { throw new Error('odd schema'); } } })], run: () => 1 }) }",
        ),
        "services/example.mjs: odd schema",
      ],
      ["throw new Error('at the top');\n", "services/example.mjs: the module cannot be loaded: at the top"],
      [
        `\n\n${defining("method", "{ add: method({ params: 7, run: () => 1 }) }")}`,
        /example\.mjs: the module cannot be loaded: a method needs params: [^\n]*example\.mjs:[3-9]:\d+\)/,
      ],
      [defining("method", "'rpcd', {}"), "error: "],
      [
        defining("method", "'rpcd', { x: method({ params: [], run: () => 1 }) }"),
        "names under 'rpcd' are the daemon's own",
      ],
      [
        `let n = 0; ${defining("method, param, z", "{ add: method({ params: [param('a', z.number().default(() => n++))], run: () => 1 }) }")}`,
        "the default of 'a' is another each time",
      ],
      [
        "\nexport default {;\n",
        "services/example.mjs: the module cannot be loaded",
        /mend: node --check .*example\.mjs/,
      ],
      [defining("method", "{ add: () => 1 }"), "'add' is not what method({ … }) gives"],
    ];
    for (const [text, ...said] of sample(bad, 3)) {
      service(text);
      await state.refusesAnew(...said);
    }
    rmSync(state.file("node_modules/rpcd"));
    await state.refusesAnew("Cannot find package 'rpcd'", "ln -s");
    rmSync(state.file("services/example.mjs"));
    await state.refusesAnew("services/example.mjs: a service module was expected", "mend: put it there");
  });

  test("a service in TypeScript is refused where node cannot run it, with the mend", {
    skip:
      "typescript" in process.features && process.features.typescript ? "this node runs TypeScript" : false,
  }, async () => {
    cpSync(state.file("services/example.mjs"), state.file("services/example.ts"));
    state.edit("rpcd.yaml", "example.mjs", "example.ts");
    await state.refuses("does not run TypeScript", "compile it to .mjs");
  });

  test("a parameter without a shape is remarked on by the check, which is good all the same", async () => {
    state.edit("services/example.mjs", 'param("a", z.int())', 'param("a", z.date())');
    state.edit(
      "policy.yaml",
      "args: {a: {int: -1000000..1000000}, b: {int: -1000000..1000000}}",
      "args: any",
    );
    const { code, out } = await state.check();
    assert.equal(code, 0);
    assert.match(out, /note: add: parameter 'a' is 'any'; give it a shape/);
  });

  test("an audit log that belongs to another user is refused", { skip: NOT_ROOT }, async () => {
    writeFileSync(state.file("audit.jsonl"), "");
    chownSync(state.file("audit.jsonl"), 65_534, 65_534);
    const { code, err } = await state.serve();
    assert.deepEqual([code, /the audit log belongs to user 65534/.test(err)], [78, true], err);
  });

  test("an audit log that is a link, or that others can write, is refused before anything listens", async () => {
    symlinkSync("host_key", state.file("audit.jsonl"));
    const link = await state.serve();
    assert.deepEqual(
      [link.code, /a plain file for the audit log was expected here/.test(link.err)],
      [78, true],
      link.err,
    );
    rmSync(state.file("audit.jsonl"));
    writeFileSync(state.file("audit.jsonl"), "");
    chmodSync(state.file("audit.jsonl"), 0o666);
    const open = await state.serve();
    assert.deepEqual([open.code, /only its owner can write/.test(open.err)], [78, true], open.err);
    assert.equal(existsSync(state.file("rpcd.sock")), false);
  });
});
