import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { NODE_FLAGS, RPCD, TestDaemon } from "../support/daemon.ts";
import { type Ended, parsed, rpcctl } from "./run-cli.ts";

const GRANTS = `
grants:
  narrow:
    to: caller
    call: add
    args: {a: {int: 0..100}, b: {int: 0..100}}
  by-night:
    to: caller
    call: nothing
    args: none
    via: tls
    from: 10.0.0.0/8
    valid: {until: 2020-01-01T00:00:00Z}
  ask:
    to: caller
    call: [rpcd.policy.explain, rpcd.policy.can, rpcd.policy.show, rpcd.policy.methods, rpcd.policy.status, rpcd.policy.reload]
    args: any
shadow:
  wider: {to: caller, call: add, args: {a: int, b: int}}
never:
  no-secret: {call: secret}
`;

describe("rpcctl policy, of a file and of a running daemon", () => {
  let daemon: TestDaemon;
  let catalogue: string;
  before(async () => {
    daemon = await TestDaemon.start({ grants: GRANTS });
    writeFileSync(join(daemon.folder, "known"), `${daemon.address} ${daemon.hostKey}\n`, { mode: 0o600 });
    catalogue = join(daemon.folder, "methods.json");
    const config = join(daemon.folder, "rpcd.yaml");
    writeFileSync(
      catalogue,
      execFileSync(process.execPath, [...NODE_FLAGS, RPCD, "--catalogue", "--config", config]),
    );
  });
  after(async () => {
    await daemon.stop();
  });
  const policy = (...words: string[]): Promise<Ended> =>
    rpcctl(["policy", ...words], {
      env: {
        HOME: daemon.folder,
        RPCCTL_ADDRESS: daemon.address,
        RPCCTL_IDENTITY: join(daemon.folder, "client_key"),
        RPCCTL_KNOWN_DAEMONS: join(daemon.folder, "known"),
      },
    });
  const offline = (command: string, ...words: string[]): Promise<Ended> =>
    policy(command, "--file", join(daemon.folder, "policy.yaml"), "--catalogue", catalogue, ...words);

  test("explain says of an allowed call which grant admits it, and ends with 0", async () => {
    const { code, out, err } = await policy("explain", "tester", "add(2, b=3)");
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^allow: add\(2, b=3\) by id:tester\n {2}grant 'narrow' admits it\n/);
  });

  test("explain says of a denied call what each candidate asks for, and ends with 1", async () => {
    const { code, out } = await policy("explain", "tester", "add(2, 101)");
    assert.equal(code, 1);
    assert.match(
      out,
      /^deny: add\(2, 101\) by id:tester\n {2}grant 'narrow' wants b to be int 0\.\.100, and 101 came\n/,
    );
    assert.match(out, /^ {4}✓ to {6}caller$/m);
    assert.match(out, /^ {4}✗ args {4}b: int 0\.\.100; 101 came$/m);
    assert.match(out, /^ {2}shadow grant 'wider' would admit it$/m);
  });

  test("explain knows the channel, the address and the moment that it is told", async () => {
    const at = ["--via", "tls", "--from", "10.1.2.3", "--at", "2019-12-31T23:59:59Z"];
    assert.equal((await policy("explain", ...at, "tester", "nothing()")).code, 0);
    for (const [flag, other] of [
      ["--via", "stream"],
      ["--from", "11.1.2.3"],
      ["--at", "2020-01-01T00:00:00Z"],
    ] as const) {
      const words = at.map((word, i) => (at[i - 1] === flag ? other : word));
      assert.equal((await policy("explain", ...words, "tester", "nothing()")).code, 1, flag);
      assert.equal((await offline("explain", ...words, "tester", "nothing()")).code, 1, flag);
    }
  });

  test("a file with the daemon's catalogue answers as the daemon does, to the byte", async () => {
    const at = ["--at", "2026-01-01T00:00:00Z"];
    for (const call of ["add(2, 3)", "add(2, 101)", "nothing()", "secret(1)", "no.such()", "add(1, 2, 3)"]) {
      const live = await policy("explain", ...at, "tester", call);
      assert.deepEqual(await offline("explain", ...at, "tester", call), live, call);
      const json = await policy("explain", "--json", ...at, "tester", call);
      assert.deepEqual(await offline("explain", "--json", ...at, "tester", call), json, call);
      assert.equal(parsed(json.out)["decision"], live.code === 0 ? "allow" : "deny");
    }
    assert.deepEqual(await offline("can", ...at, "tester"), await policy("can", ...at, "tester"));
    assert.deepEqual(await offline("show"), await policy("show"));
  });

  test("without the catalogue, positions and names are not matched, and that is said", async () => {
    const file = ["--file", join(daemon.folder, "policy.yaml")];
    const { code, out } = await policy("explain", ...file, "tester", "add(2, 3)");
    assert.equal(code, 1);
    assert.match(out, /^undecided: add\(2, 3\) by id:tester\n/);
    assert.match(out, /positions and names cannot be matched without the methods/);
    const json = parsed((await policy("explain", "--json", ...file, "tester", "add(2, 3)")).out);
    assert.deepEqual([json["decision"], json["reason"]], ["undecided", "unmatched"]);
    // What no argument could mend is denied, known methods or not.
    assert.match((await policy("explain", ...file, "tester", "no.such(2)")).out, /^deny: /);
    assert.equal((await policy("explain", ...file, "tester", "add(a=2, b=3)")).code, 0);
  });

  test("lint and test with --live hold a file against the daemon's methods, as with the file of them", async () => {
    const file = join(daemon.folder, "typed.yaml");
    writeFileSync(
      file,
      "policy: 1\ngrants:\n  g: {to: everyone, call: add, args: {a: string, b: int}}\n  h: {to: everyone, call: ad, args: any}\n",
    );
    const live = await policy("lint", "--live", file);
    assert.equal(live.code, 5);
    assert.match(live.out, /P310[\s\S]*P307/);
    assert.deepEqual(await policy("lint", "--catalogue", catalogue, file), live);
    assert.equal((await policy("lint", "--live", "--catalogue", catalogue, file)).code, 2);
    assert.equal((await policy("test", "--live", file)).code, 5);
  });

  test("can lists what somebody may call, then and from there", async () => {
    const { out } = await policy("can", "--json", "tester");
    const methods = parsed(out)["methods"] as { readonly method: string }[];
    assert.deepEqual(
      methods.map(({ method }) => method),
      [
        "add",
        "rpcd.policy.can",
        "rpcd.policy.explain",
        "rpcd.policy.methods",
        "rpcd.policy.reload",
        "rpcd.policy.show",
        "rpcd.policy.status",
      ],
    );
    const earlier = ["--via", "tls", "--from", "10.0.0.1", "--at", "2019-01-01T00:00:00Z"];
    assert.match(
      (await policy("can", ...earlier, "tester")).out,
      /^ {2}nothing {2}none {2}\(by-night; via tls/m,
    );
  });

  test("show gives each grant, shadow grant and assertion a line", async () => {
    const { code, out } = await policy("show");
    assert.equal(code, 0);
    assert.match(out, /^policy sha256:[0-9a-f]{64}$/m);
    assert.match(out, /^identity tester: caller; SHA256:/m);
    assert.match(out, /^grant narrow: caller may call add with \{a: int 0\.\.100, b: int 0\.\.100\}$/m);
    assert.match(out, /^shadow wider: /m);
    assert.match(out, /^never no-secret: secret with any arguments$/m);
  });

  test("a file that the daemon would refuse is refused with 5, with every error and no answer", async () => {
    const bad = join(daemon.folder, "bad.yaml");
    writeFileSync(bad, "policy: 1\ngrants:\n  g: {to: nobody, call: 'a..b', args: any}\n");
    for (const words of [
      ["explain", "--file", bad, "tester", "add()"],
      ["can", "--file", bad, "tester"],
      ["show", "--file", bad],
      ["test", bad],
    ]) {
      const { code, out, err } = await policy(...words);
      assert.deepEqual([code, out], [5, ""], words.join(" "));
      assert.match(err, /bad\.yaml:3:\d+: E P301 /);
      assert.match(err, /bad\.yaml:3:\d+: E P205 /);
    }
  });

  test("wrong words end with 2 and name what was expected; whoever is not there ends with 6", async () => {
    for (const [words, said] of [
      [["explain", "tester"], /call/i],
      [["explain", "tester", "add("], /CALL: .*character 5/],
      [["explain", "--at", "2026-01-01", "tester", "add()"], /--at: .*no offset/],
      [["explain", "--from", "ten", "tester", "add()"], /--from: an address/],
      [["explain", "--via", "pigeon", "tester", "add()"], /pigeon/],
      [
        ["explain", "--from", "10.1.2.3", "tester", "add()"],
        /--from: no peer on a Unix socket[\s\S]*--via tls/,
      ],
      [
        ["can", "--via", "unix", "--from", "10.1.2.3", "tester"],
        /--from: no peer on a Unix socket has an address/,
      ],
      [["explain", "--bytes", "-1", "tester", "add()"], /--bytes/],
      [["explain", "--catalogue", catalogue, "tester", "add()"], /--catalogue belongs to --file/],
      [["tset", "x"], /no command 'policy tset'/],
    ] as const) {
      const { code, out, err } = await policy(...words);
      assert.deepEqual([code, out], [2, ""], words.join(" "));
      assert.match(err, said);
    }
    for (const words of [
      ["explain", "nobody", "add()"],
      ["can", "nobody"],
      ["explain", "--file", "/nonexistent", "tester", "add()"],
      ["test", "/nonexistent"],
      ["show", "--file", join(daemon.folder, "policy.yaml"), "--catalogue", join(daemon.folder, "rpcd.yaml")],
    ]) {
      assert.equal((await policy(...words)).code, 6, words.join(" "));
    }
  });

  test("status, reload and status again: a bad file changes nothing and is told until it is mended", async () => {
    const first = parsed((await policy("status", "--json")).out);
    assert.deepEqual([first["generation"], first["refused"]], [1, null]);
    daemon.writePolicy(`${GRANTS}  no-add: {call: add}\n`);
    const refused = await policy("reload");
    assert.equal(refused.code, 5);
    assert.match(refused.err, /policy\.yaml:\d+:\d+: E P602 the grant 'narrow'/);
    const told = await policy("status");
    assert.equal(told.code, 1);
    assert.match(told.out, /^refused at .*: sha256:/m);
    assert.match(told.out, /E P602/);
    const json = parsed((await policy("reload", "--json")).out);
    assert.match(JSON.stringify(json["refused"]), /P602/);
    daemon.writePolicy(`${GRANTS}  # mended\n`);
    const mended = await policy("reload");
    assert.equal(mended.code, 0);
    assert.match(mended.out, /is in force since .* \(generation 2; 2 warnings\)/);
    assert.equal((await policy("status")).code, 0);
  });

  test("whoever has no grant for it is denied, with 3, and reads why only if they may explain", async () => {
    assert.match(
      (await rpcctl(["call", "--json", "add", "2", "101"], { env: { ...env(daemon) } })).err,
      /"denial":/,
    );
    daemon.writePolicy("grants:\n  narrow: {to: caller, call: add, args: {a: {int: 0..1}, b: int}}\n");
    assert.equal(await daemon.reload(), true);
    for (const words of [
      ["explain", "tester", "add()"],
      ["can", "tester"],
      ["show"],
      ["status"],
      ["reload"],
    ]) {
      const { code, err } = await policy(...words);
      assert.equal(code, 3, words.join(" "));
      assert.match(err, /^denied: rpcd\.policy\.\w+ \(request /);
    }
    const { code, err } = await rpcctl(["call", "--json", "add", "2", "3"], { env: env(daemon) });
    assert.equal(code, 3);
    assert.doesNotMatch(err, /"denial"|narrow|0\.\.1/);
  });
});

function env(daemon: TestDaemon): Readonly<Record<string, string>> {
  return {
    HOME: daemon.folder,
    RPCCTL_ADDRESS: daemon.address,
    RPCCTL_IDENTITY: join(daemon.folder, "client_key"),
    RPCCTL_KNOWN_DAEMONS: join(daemon.folder, "known"),
  };
}

describe("rpcctl policy test", () => {
  const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICsfqjcF4+5oal2ekVfFpk3izW0Sig3iuViFXV5/VUIA";
  const file = (tests: string): string => `policy: 1
roles:
  caller:
identities:
  alice: {keys: ["${KEY}"], roles: [caller]}
grants:
  narrow: {to: caller, call: add, args: {a: {int: 0..100}}}
tests:
${tests}`;
  const run = (text: string, ...words: string[]): Promise<Ended> =>
    rpcctl(["policy", "test", ...words, "-"], { input: text });

  test("prints each call with what came of it, and ends with 0 where all is as expected", async () => {
    const { code, out } = await run(
      file("  - as: alice\n    allow: [add(a=1)]\n    deny: [add(a=101), add()]\n"),
    );
    assert.equal(code, 0);
    assert.equal(
      out,
      "alice via unix\n  ✓ allow add(a=1)\n  ✓ deny  add(a=101)\n  ✓ deny  add()\n3 calls tested: 3 as expected\n",
    );
  });

  test("a call that is not as expected ends with 5, with its place and why", async () => {
    const { code, out } = await run(file("  - as: alice\n    allow: [add(a=101)]\n    deny: [add(a=1)]\n"));
    assert.equal(code, 5);
    assert.match(
      out,
      /^ {2}✗ allow add\(a=101\) {2}\(-:10:13: grant 'narrow' wants a to be int 0\.\.100, and 101 came\)$/m,
    );
    assert.match(out, /^ {2}✗ deny {2}add\(a=1\) {2}\(-:11:12: a grant admits it\)$/m);
    assert.match(out, /^2 calls tested: 0 as expected, 2 not$/m);
    const json = parsed((await run(file("  - as: alice\n    allow: [add(a=101)]\n"), "--json")).out);
    assert.deepEqual([json["tests"], json["failed"]], [1, 1]);
  });

  test("a call that needs the methods is not run without them, and ends with 1", async () => {
    const { code, out } = await run(file("  - as: alice\n    allow: [add(1)]\n"));
    assert.equal(code, 1);
    assert.match(out, /^ {2}\? allow add\(1\) /m);
    assert.match(out, /1 not run for want of --catalogue FILE$/m);
  });

  test("a file without tests ends with 1: nothing was tried", async () => {
    const { code, out } = await run("policy: 1\n");
    assert.deepEqual([code, out], [1, "there are no tests in -\n"]);
  });

  test("tests without a moment are run at the one that is given", async () => {
    const dated = file("  - as: alice\n    allow: [add(a=1)]\n").replace(
      "roles: [caller]}",
      "roles: [caller], valid: {until: 2030-01-01T00:00:00Z}}",
    );
    assert.equal((await run(dated, "--at", "2029-12-31T23:59:59.999Z")).code, 0);
    assert.equal((await run(dated, "--at", "2030-01-01T00:00:00Z")).code, 5);
  });
});
