import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { error, type Finding, isFindingCode, stumbling, warning } from "./finding.ts";
import { type Host, hasUnit } from "./host.ts";
import { runTool } from "./run-tool.ts";

const NODE_FLAGS = ["--disallow-code-generation-from-strings", "--disable-proto=delete"];

/** What the shipped unit says, and a drop-in may have taken back. Only what lets others in, or the daemon out, is looked at. */
const HARDENING: ReadonlyMap<string, { readonly is: RegExp; readonly lost: string }> = new Map([
  ["NoNewPrivileges", { is: /^yes$/, lost: "a program with the set-user-ID bit gives it more rights" }],
  ["CapabilityBoundingSet", { is: /^$/, lost: "it may have capabilities of root" }],
  ["ProtectSystem", { is: /^strict$/, lost: "it may write in the file system" }],
  ["ProtectHome", { is: /^(yes|tmpfs|read-only)$/, lost: "it sees the homes of users" }],
  ["PrivateNetwork", { is: /^yes$/, lost: "it can open connections of its own" }],
  ["PrivateDevices", { is: /^yes$/, lost: "it sees the devices of the host" }],
  ["LimitCORE", { is: /^0$/, lost: "a core dump would hold its keys" }],
  ["MemoryMax", { is: /^\d+$/, lost: "nothing bounds the memory that it takes" }],
  ["WatchdogUSec", { is: /^[1-9]/, lost: "a stuck daemon is not started again" }],
  ["User", { is: /^(?!root$|$)/, lost: "it runs as root" }],
]);

/** The service as systemd has it: its files, whether it runs, and what of its hardening was taken back. */
export async function checkService(host: Host): Promise<readonly Finding[]> {
  if (!hasUnit(host)) return [];
  const { service, socket } = host;
  const found: Finding[] = [...(await checkUnitFiles(host))];
  const say = (name: string): string => service.get(name) ?? "";
  if (say("NeedDaemonReload") === "yes" || socket.get("NeedDaemonReload") === "yes")
    found.push(
      warning(
        "unit-not-read",
        "rpcd.service",
        "its files were changed and systemd has not read them",
        "systemctl daemon-reload",
      ),
    );
  if (say("ActiveState") === "failed")
    found.push(
      error(
        "rpcd.service",
        `it has failed (${say("Result")})`,
        "journalctl -u rpcd says why; then systemctl reset-failed rpcd.service rpcd.socket and systemctl start rpcd.socket rpcd.service",
      ),
    );
  if (Number(say("NRestarts")) > 0)
    found.push(
      warning(
        "unit-restarts",
        "rpcd.service",
        `systemd has started it again ${say("NRestarts")} times`,
        "journalctl -u rpcd -p warning says why; systemctl restart rpcd begins to count anew",
      ),
    );
  if (socket.get("ActiveState") !== "active")
    found.push(
      error(
        "rpcd.socket",
        `nobody listens (${socket.get("ActiveState") ?? "not there"})`,
        "systemctl enable --now rpcd.socket",
      ),
    );
  else if (socket.get("UnitFileState") === "disabled")
    found.push(
      warning(
        "unit-not-enabled",
        "rpcd.socket",
        "it is not started when the host is",
        "systemctl enable rpcd.socket rpcd.service",
      ),
    );
  const dropIns = say("DropInPaths");
  for (const [name, { is, lost }] of HARDENING) {
    if (is.test(say(name))) continue;
    found.push(
      warning(
        "unit-hardening",
        dropIns === "" ? "rpcd.service" : dropIns,
        `${name}=${say(name)}: ${lost}`,
        "systemctl edit rpcd.service; docs/operations.md tells of each line",
      ),
    );
  }
  for (const flag of NODE_FLAGS)
    if (!say("ExecStart").includes(flag))
      found.push(
        error(
          "rpcd.service",
          `ExecStart= lacks ${flag}`,
          "sudo rpcd install-units writes it as it should be",
        ),
      );
  return [...found, ...(await checkHostKey(host))];
}

/** Whether install-units would write anything else than is there. */
async function checkUnitFiles(host: Host): Promise<readonly Finding[]> {
  if (process.geteuid?.() !== 0) return [];
  const { code, out, err } = await rpcd(host, ["install-units", "--dry-run"]);
  if (code !== 0) return [error("rpcd install-units", err.trim() || "it cannot be asked")];
  return out
    .split("\n")
    .filter((line) => line.startsWith("would "))
    .map((line) =>
      warning(
        "unit-changed",
        line.slice(line.lastIndexOf(" ") + 1),
        "it is not what this version of rpcd would put there",
        "sudo rpcd install-units; what is to be different goes into a drop-in (systemctl edit rpcd.service)",
      ),
    );
}

/** The key that systemd reads for the service. */
async function checkHostKey({ service }: Host): Promise<readonly Finding[]> {
  if (process.geteuid?.() !== 0) return [];
  // systemctl does not print the property.
  const files = [service.get("FragmentPath") ?? "", ...(service.get("DropInPaths") ?? "").split(" ")];
  const text = files.map((file) => (existsSync(file) ? readFileSync(file, "utf8") : "")).join("\n");
  // A drop-in may say another: the last one counts.
  const [, path] = [...text.matchAll(/^LoadCredential=host_key:(\S+)/gm)].at(-1) ?? [];
  if (path === undefined) return [];
  const key = await stumbling(path, () => loadPrivateKeyFile(path));
  return Array.isArray(key) ? key : [];
}

/** The configuration and all that it names, as the daemon would find it: asked of the daemon, as its user. */
export async function checkConfiguration(host: Host): Promise<readonly Finding[]> {
  const { config, ids } = host;
  const isRoot = process.geteuid?.() === 0;
  const { code, out, err } = await rpcd(host, ["--check", "--config", config], isRoot ? ids : undefined);
  // It says that all is good, or what is not; a service that it loads may end it before that.
  const isSaid = (code === 0 && out.includes(" is good: ")) || code === REFUSED;
  if (!isSaid)
    return [
      error(config, `rpcd --check ${endOf(code, err)}`, `${asUser(host)}rpcd --check --config ${config}`),
    ];
  // Without the service there is no copy of the host key.
  const absent = host.service.get("ActiveState") === "active" ? undefined : "/run/credentials/";
  return reportsOf(`${out}\n${err}`, config).filter(
    ({ where }) => absent === undefined || !where.startsWith(absent),
  );
}

/** What rpcd ends with where something is wrong (EX_CONFIG of sysexits(3)). */
const REFUSED = 78;

function endOf(code: number | undefined, err: string): string {
  const last = err.trim().split("\n").at(-1) ?? "";
  const how =
    code === undefined ? "did not come to an end" : `ended with ${code} before it had said anything`;
  return last === "" ? how : `${how}; its last words: ${last}`;
}

/** What comes before a command for it to run with no other rights than here. */
function asUser({ ids }: Host): string {
  if (process.geteuid?.() !== 0 || ids === undefined || ids.uid === 0) return "";
  return `setpriv --reuid=${ids.uid} --regid=${ids.gid} --init-groups `;
}

function rpcd(host: Host, args: readonly string[], ids?: Host["ids"]): ReturnType<typeof runTool> {
  const main = join(host.package, "dist", "daemon", "main.js");
  return runTool(process.execPath, [...NODE_FLAGS, main, ...args], ids);
}

/** The reports of `rpcd --check`: each begins with its severity, and goes on in lines that are set in. */
function reportsOf(text: string, config: string): readonly Finding[] {
  const found: Finding[] = [];
  for (const report of text.split(/\n(?=(?:error|warning|note)[[:])/)) {
    const [, severity, lintCode, body = ""] =
      /^(error|warning)(?:\[(\w+)\])?: ([^]*)/.exec(report.trim()) ?? [];
    if (severity === undefined) continue;
    const [, mend] = /\n +mend: (.*)/.exec(body) ?? [];
    const [, place] = /\n +--> (\S+)/.exec(body) ?? [];
    const [, path, detail] = /^(\/\S+): (.*)/.exec(body) ?? [];
    const words = detail ?? body.split("\n", 1)[0] ?? "";
    const [, hint] = /\n +\|\s*\^+ (.*)/.exec(body) ?? [];
    const code = lintCode !== undefined && isFindingCode(lintCode) ? lintCode : "configuration";
    const where = place ?? path ?? config;
    const step = mend ?? hint ?? `edit ${where.replace(/:\d+:\d+$/, "")}; rpcd --check shows the line`;
    found.push(severity === "error" ? error(where, words, step) : warning(code, where, words, step));
  }
  return found;
}
