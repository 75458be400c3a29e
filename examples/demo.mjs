// npm run demo: a daemon, a client, a call that the policy allows and one that it denies. Everything is real:
// the programs, the keys, the socket. With --once it stops by itself, and says by its exit code whether all
// went as it should.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = (path) => fileURLToPath(new URL(`../dist/${path}/main.js`, import.meta.url));
const FLAGS = ["--disallow-code-generation-from-strings", "--disable-proto=delete"];
const isOnce = process.argv.includes("--once");

const folder = mkdtempSync(join(tmpdir(), "rpcd-demo-"));
const state = join(folder, "state");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const say = (text) => console.log(`\n# ${text}`);
let failed = false;
const expect = (good, what) => {
  if (good) return;
  failed = true;
  console.error(`this is not as it should be: ${what}`);
};

/** Runs rpcctl as a user would, and shows what it prints. */
function rpcctl(...words) {
  console.log(`$ rpcctl ${words.join(" ")}`);
  const config = join(state, "client", "rpcctl.yaml");
  const { status, stdout, stderr } = spawnSync(process.execPath, [...FLAGS, program("rpcctl"), ...words], {
    encoding: "utf8",
    env: { ...process.env, RPCCTL_CONFIG: config },
  });
  process.stdout.write(stdout);
  process.stdout.write(stderr);
  return { status, stdout, stderr };
}

say("a state folder: keys, a policy, a small service");
const init = spawnSync(process.execPath, [...FLAGS, program("daemon"), "init", state], { encoding: "utf8" });
console.log(`$ rpcd init ${state}`);
expect(init.status === 0, `rpcd init: ${init.stderr}`);

say("a daemon on a Unix socket");
console.log(`$ rpcd --config ${state}/rpcd.yaml`);
const daemon = spawn(process.execPath, [...FLAGS, program("daemon"), "--config", join(state, "rpcd.yaml")], {
  stdio: ["ignore", "pipe", "inherit"],
  // A terminal sends Ctrl-C to the whole group: here only the demo is to hear it, and to stop the daemon once.
  detached: true,
});
const ended = once(daemon, "exit");
await new Promise((resolve) => {
  createInterface({ input: daemon.stdout }).on("line", (line) => {
    const { level, msg, ...rest } = JSON.parse(line);
    console.log(`  ${level} ${msg} ${rest.address ?? rest.methods ?? ""}`);
    if (msg === "ready") resolve();
  });
  ended.then(resolve);
});

say("the client logs in with its Ed25519 key, and the policy allows the call");
const allowed = rpcctl("call", "add", "2", "3");
expect(allowed.status === 0 && allowed.stdout === "5\n", "add 2 3 should print 5");

say("a method that no grant names is denied: as if it were not there");
const denied = rpcctl("call", "erase");
expect(denied.status === 3, "erase should be denied, with exit code 3");
say("the same, as a program reads it");
const fault = rpcctl("call", "--json", "erase");
expect(fault.stderr.includes("permission_denied"), "the fault should be permission_denied");

say("and it goes on serving");
expect(rpcctl("call", "greet", "you").status === 0, "greet should answer");

const stop = async () => {
  daemon.kill("SIGTERM");
  const [code] = await ended;
  expect(code === 0, `the daemon ended with ${code}`);
  process.exitCode = failed ? 1 : 0;
};

if (isOnce) {
  await stop();
} else {
  // Before it is said, and for good: a second Ctrl-C must not leave the daemon behind.
  let stopping;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      stopping ??= stop();
    });
  }
  say("from a second terminal, in this folder");
  console.log(`  export RPCCTL_CONFIG=${state}/client/rpcctl.yaml
  node dist/rpcctl/main.js ls
  node dist/rpcctl/main.js call add 20 22

Ctrl-C ends the demo.`);
}
