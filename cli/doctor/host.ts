import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { type DaemonStatus, readDaemonStatus } from "../../base/daemon-status.ts";
import { processStart } from "../../base/process-start.ts";
import { readTrustedFile } from "../../certs/secure-file.ts";
import { readYaml } from "../../policy/yaml.ts";
import { runTool } from "./run-tool.ts";

const SYSTEMCTL = "/usr/bin/systemctl";

/** Of the service, as far as the checks look at it. */
const PROPERTIES = [
  "LoadState",
  "ActiveState",
  "Result",
  "NRestarts",
  "NeedDaemonReload",
  "UnitFileState",
  "FragmentPath",
  "DropInPaths",
  "ExecStart",
  "User",
  "NoNewPrivileges",
  "ProtectSystem",
  "ProtectHome",
  "PrivateNetwork",
  "PrivateDevices",
  "CapabilityBoundingSet",
  "LimitCORE",
  "MemoryMax",
  "WatchdogUSec",
] as const;

type UnitProperties = ReadonlyMap<string, string>;

/** What there is on this host of a daemon. */
export interface Host {
  /** the path of the configuration */
  readonly config: string;
  /** options of it, as far as they are texts; nothing of one that cannot be read */
  readonly options: ReadonlyMap<string, string>;
  readonly service: UnitProperties;
  readonly socket: UnitProperties;
  readonly status: DaemonStatus | undefined;
  /** the folder of this package */
  readonly package: string;
  readonly version: string;
  /** of the daemon's user, where the service has one */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
}

const CONFIG_MAX_BYTES = 8 * 1024 * 1024;
const STATUS_MAX_BYTES = 1024 * 1024;

/** Looks around on this host. @param config - the path of the daemon's configuration */
export async function lookAround(config: string): Promise<Host> {
  const manifest = createRequire(import.meta.url).resolve("rpcd/package.json");
  const { version }: { readonly version?: unknown } = JSON.parse(readFileSync(manifest, "utf8"));
  const [service, socket] = await Promise.all([show("rpcd.service"), show("rpcd.socket")]);
  const options = readOptions(config);
  const ids = await idsOf(service.get("User"));
  return {
    config,
    options,
    service,
    socket,
    status: readStatus(options.get("status_file") ?? join(dirname(config), "rpcd.status.json"), ids?.uid),
    package: dirname(manifest),
    version: String(version),
    ids,
  };
}

/** Whether systemd knows a service of rpcd here. */
export function hasUnit({ service }: Host): boolean {
  return service.get("LoadState") === "loaded";
}

async function show(unit: string): Promise<UnitProperties> {
  if (!existsSync(SYSTEMCTL) || !existsSync("/run/systemd/system")) return new Map();
  const { out } = await runTool(SYSTEMCTL, [
    "show",
    "--no-pager",
    `--property=${PROPERTIES.join(",")}`,
    unit,
  ]);
  return new Map(
    out.split("\n").flatMap((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}

async function idsOf(user: string | undefined): Promise<Host["ids"]> {
  if (user === undefined || user === "" || user === "root") return undefined;
  const { code, out } = await runTool("/usr/bin/getent", ["passwd", user]);
  const [, , uid, gid] = code === 0 ? out.trim().split(":") : [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** The daemon itself reads them strictly, and is asked to; here only where its files are. */
function readOptions(path: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  try {
    const wanted = { what: "a configuration", maxBytes: CONFIG_MAX_BYTES, secret: false, mayBeEmpty: true };
    const { root } = readYaml(readTrustedFile(path, wanted));
    if (root?.kind !== "map") return options;
    for (const [name, { value }] of root.entries) {
      if (value.kind !== "scalar" || typeof value.value !== "string") continue;
      const isPath = ["policy", "host_key", "audit", "status_file"].includes(name);
      options.set(name, isPath ? resolve(dirname(path), value.value) : value.value);
    }
  } catch {
    // Whatever is wrong with it, `rpcd --check` says it.
  }
  return options;
}

function readStatus(path: string, owner: number | undefined): DaemonStatus | undefined {
  try {
    const owners = owner === undefined ? [] : [owner];
    const wanted = { what: "a status file", maxBytes: STATUS_MAX_BYTES, secret: true, owners };
    const status = readDaemonStatus(readTrustedFile(path, wanted).toString());
    return status !== undefined && processStart(status.pid) === status.processStart ? status : undefined;
  } catch {
    // Nobody runs, or it is not for us to read.
    return undefined;
  }
}
