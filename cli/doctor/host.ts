import { existsSync, lstatSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type DaemonStatus, readDaemonStatus } from "../../base/daemon-status.ts";
import { isProcessOf } from "../../base/process-start.ts";
import { readTrustedFile } from "../../files/secure-file.ts";
import { SYSTEM_CONFIG } from "../../files/system-paths.ts";
import { readYaml } from "../../yaml/read.ts";
import { packageFolder, packageVersion } from "../settings/package-version.ts";
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

/** Where a daemon has its files, by its configuration. */
interface Paths {
  readonly policy: string;
  readonly audit: string;
  readonly statusFile: string;
  /** of its Unix sockets */
  readonly sockets: readonly string[];
}

/** What there is on this host of a daemon. */
export interface Host {
  /** the path of the configuration */
  readonly config: string;
  readonly paths: Paths;
  /** of the service, where it is this daemon's; empty elsewhere */
  readonly service: UnitProperties;
  readonly socket: UnitProperties;
  readonly status: DaemonStatus | undefined;
  /** the folder of this package */
  readonly package: string;
  readonly version: string;
  /** of the daemon's user: the service's, or the owner of the configuration */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
}

const CONFIG_MAX_BYTES = 8 * 1024 * 1024;
const STATUS_MAX_BYTES = 1024 * 1024;

/** Looks around on this host. @param config - the path of the daemon's configuration */
export async function lookAround(config: string): Promise<Host> {
  // The units are the system's daemon's: of any other they say nothing.
  const isSystem = config === SYSTEM_CONFIG;
  const [service, socket] = isSystem
    ? await Promise.all([show("rpcd.service"), show("rpcd.socket")])
    : [NO_UNIT, NO_UNIT];
  const paths = readPaths(config);
  const ids = (await idsOf(service.get("User"))) ?? ownerOf(config);
  return {
    config,
    paths,
    service,
    socket,
    status: readStatus(paths.statusFile, ids?.uid),
    package: packageFolder(),
    version: packageVersion(),
    ids,
  };
}

const NO_UNIT: UnitProperties = new Map();

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

/** Without a service of its own it is the daemon of whoever owns the configuration: what that names is run as nobody else. */
function ownerOf(config: string): Host["ids"] {
  const stats = lstatSync(config, { throwIfNoEntry: false });
  return stats === undefined ? undefined : { uid: stats.uid, gid: stats.gid };
}

/** The daemon itself reads them strictly, and is asked to; here only where its files are. What cannot be read is as by default. */
function readPaths(path: string): Paths {
  const options = readOptions(path);
  const absolute = (relative: string): string => resolve(dirname(path), relative);
  const one = (name: string, fallback: string): string => absolute(options.get(name)?.[0] ?? fallback);
  const listen = options.get("listen") ?? ["unix:rpcd.sock"];
  return {
    policy: one("policy", "policy.yaml"),
    audit: one("audit", "audit.jsonl"),
    statusFile: one("status_file", "rpcd.status.json"),
    sockets: listen.flatMap((address) => {
      const [, socket] = /^unix(?:\+tls)?:(.+)$/.exec(address) ?? [];
      return socket === undefined ? [] : [absolute(socket)];
    }),
  };
}

/** Options that are texts, or lists of them. */
function readOptions(path: string): ReadonlyMap<string, readonly string[]> {
  try {
    const wanted = {
      what: "a configuration",
      maxBytes: CONFIG_MAX_BYTES,
      secret: false,
      mayBeEmpty: true,
      mayBeLink: true,
    };
    const { root } = readYaml(readTrustedFile(path, wanted));
    if (root?.kind !== "map") return new Map();
    return new Map(
      [...root.entries].map(([name, { value }]) => [
        name,
        (value.kind === "list" ? value.items : [value]).flatMap((node) =>
          node.kind === "scalar" && typeof node.value === "string" ? [node.value] : [],
        ),
      ]),
    );
  } catch {
    // Whatever is wrong with it, `rpcd --check` says it.
    return new Map();
  }
}

function readStatus(path: string, owner: number | undefined): DaemonStatus | undefined {
  try {
    const owners = owner === undefined ? [] : [owner];
    const wanted = { what: "a status file", maxBytes: STATUS_MAX_BYTES, secret: true, owners };
    const status = readDaemonStatus(readTrustedFile(path, wanted).toString());
    if (status === undefined) return undefined;
    // The file is the word of its owner, about a process of that user alone: with any other it would have root believe of a
    // process what somebody else says.
    return isProcessOf(status, lstatSync(path).uid) ? status : undefined;
  } catch {
    // Nobody runs, or it is not for us to read.
    return undefined;
  }
}
