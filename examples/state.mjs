// A state folder for an example, made by `rpcd init` as anybody makes one: keys, a policy, a configuration. It is removed
// when the program ends.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, connectOver, loadKey } from "rpcd/client";

const RPCD = fileURLToPath(new URL("../dist/daemon/main.js", import.meta.url));
const FLAGS = ["--disallow-code-generation-from-strings", "--disable-proto=delete"];

/**
 * @param grants - the grants of the policy, as text
 * @param listen - the addresses, as the configuration takes them
 */
export async function makeState({ grants, listen }) {
  const folder = mkdtempSync(join(tmpdir(), "rpcd-example-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const state = join(folder, "state");
  const { status, stderr } = spawnSync(process.execPath, [...FLAGS, RPCD, "init", state], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  const policy = join(state, "policy.yaml");
  const [head] = readFileSync(policy, "utf8").split("\ngrants:\n");
  writeFileSync(policy, `${head}\ngrants:\n${grants}`, { mode: 0o600 });
  const config = join(state, "rpcd.yaml");
  const text = `listen: ${listen}\nlog_level: warn\naudit: audit.jsonl\n`;
  writeFileSync(config, text, { mode: 0o600 });
  const [, hostKey] = readFileSync(join(state, "client", "known_daemons"), "utf8")
    .trim()
    .split(" ");
  const identity = await loadKey(join(state, "client", "id_ed25519"));
  const options = { identity, hostKeyFingerprints: [hostKey] };
  return {
    config,
    connect: (address) => connect(address, options),
    connectOver: (stream) => connectOver(stream, options),
  };
}
