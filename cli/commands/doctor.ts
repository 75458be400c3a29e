import { existsSync, lstatSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { closest } from "../../base/closest.ts";
import { escapeText } from "../../base/escape.ts";
import { SYSTEM_CONFIG, SYSTEM_UNIT } from "../../files/system-paths.ts";
import { checkClient, isClient } from "../doctor/client-checks.ts";
import { error, FINDING_CODES, type Finding, findingsOf, isFindingCode } from "../doctor/finding.ts";
import { type Host, hasUnit, lookAround } from "../doctor/host.ts";
import { checkNode, debianPackageOf } from "../doctor/node-checks.ts";
import { checkConfiguration, checkService } from "../doctor/service-checks.ts";
import { checkAudit, checkClock, checkRunning, checkSockets } from "../doctor/state-checks.ts";
import { usage } from "../io/failure.ts";
import type { Io } from "../io/io.ts";
import { jsonText } from "../print/json.ts";
import { CONNECTION } from "../settings/options.ts";
import { readSettings, type SettingOptions, Settings } from "../settings/settings.ts";
import { defineCommand } from "../words/command.ts";

/** What was looked at, and what is not as it should be. */
interface Looked {
  readonly at: string;
  readonly findings: readonly Finding[];
}

export default defineCommand({
  examples: [
    ["rpcctl doctor", "look at this user's way to the daemon, and as root at the service of this host"],
    ["rpcctl doctor --daemon-config ./rpcd.yaml", "look at a daemon that has its configuration there"],
    ["rpcctl doctor --ignore node-line", "acknowledge a note or a warning"],
  ],
  options: {
    "daemon-config": {
      kind: "text",
      value: "FILE",
      describe: "the daemon's configuration on this host; /etc/rpcd/rpcd.yaml where there is one",
    },
    ignore: {
      kind: "texts",
      value: "CODE",
      describe: "leave out a note or a warning, by its code between [ ]; may stand several times",
    },
    ...CONNECTION,
  },
  notes:
    "It changes nothing. It ends with 12 if it found an error (BAD) or a warning (look), each with what fixes it; with 0 if there are only notes. Errors cannot be ignored.",

  run: async ({ json, "daemon-config": given, ignore, ...options }, io) => {
    const settings = await settingsOf(options, io);
    const ignored = ignoredCodes(ignore, settings instanceof Settings ? settings.doctorIgnore : []);
    const all = [
      lookAtNode(),
      ...(await lookAtClient(settings, options, io)),
      ...(await lookAtHost(given, io)),
    ];
    const looked = all.map(({ at, findings }) => ({
      at,
      findings: findings.filter((one) => !isIgnored(one, ignored)),
    }));
    const findings = looked.flatMap(({ findings: found }) => found);
    const left = all.flatMap((one) =>
      one.findings.filter((found) => isIgnored(found, ignored)).map(({ code }) => code),
    );
    if (json) {
      io.out(jsonText({ looked_at: looked.map(({ at }) => at), findings, ignored: left }));
    } else {
      for (const line of looked.flatMap((one) => [...linesOf(one)])) io.out(escapeText(line));
      if (left.length > 0) io.out(`ignored: ${left.join(", ")}`);
    }
    return findings.some(({ severity }) => severity !== "note") ? "unhealthy" : "ok";
  },
});

/** What somebody has looked at before, and knows. @throws Failure for a word that is no code */
function ignoredCodes(given: readonly string[], ofSettings: readonly string[]): ReadonlySet<string> {
  for (const [where, codes] of [
    ["--ignore", given],
    ["doctor_ignore in the settings", ofSettings],
  ] as const) {
    const wrong = codes.find((code) => !isFindingCode(code));
    if (wrong === undefined) continue;
    const near = closest(wrong, FINDING_CODES);
    throw usage(
      `${where}: '${wrong}' is the code of no note and no warning`,
      near === undefined ? undefined : `did you mean '${near}'?`,
      `known: ${FINDING_CODES.join(", ")}, and the codes of the linter (P401)`,
    );
  }
  return new Set([...given, ...ofSettings]);
}

function isIgnored({ code }: Finding, ignored: ReadonlySet<string>): boolean {
  return code !== undefined && ignored.has(code);
}

/** The settings, or what is wrong with them. @throws what readSettings throws that is about no file */
async function settingsOf(options: SettingOptions, io: Io): Promise<Settings | Looked> {
  try {
    return await readSettings(options, io);
  } catch (thrown) {
    const at = "the settings of rpcctl";
    const mend = "edit the file as it says; docs/configuration.md has every setting";
    return { at, findings: findingsOf(at, thrown).map((found) => ({ ...found, mend: found.mend ?? mend })) };
  }
}

function lookAtNode(): Looked {
  const debianPackage = debianPackageOf(realpathSync(process.execPath));
  const known = debianPackage === undefined ? "" : ` (Debian's, ${debianPackage})`;
  const nowMs = Date.now();
  return {
    at: `node ${process.version}${known}`,
    findings: checkNode({ version: process.version, debianPackage, nowMs }),
  };
}

/** This user as a client, if they are one. */
async function lookAtClient(
  settings: Settings | Looked,
  options: SettingOptions,
  io: Io,
): Promise<readonly Looked[]> {
  if (!(settings instanceof Settings)) return [settings];
  const isAsked =
    options.address !== undefined || options.identity !== undefined || options.config !== undefined;
  if (!isAsked && !isClient(settings))
    return [
      { at: "no key of this user: not looked at as a client (rpcctl key new makes one)", findings: [] },
    ];
  return [{ at: "the way to the daemon, as this user", findings: await checkClient(settings, io) }];
}

/** The daemon of this host, as far as this user may look. */
async function lookAtHost(given: string | undefined, io: Io): Promise<readonly Looked[]> {
  const config = given === undefined ? SYSTEM_CONFIG : resolve(given);
  if (given === undefined && !existsSync(config) && !existsSync(SYSTEM_UNIT)) return [];
  if (given === undefined && process.geteuid?.() !== 0)
    return [
      { at: "the service of this host: not looked at, that is for root (sudo rpcctl doctor)", findings: [] },
    ];
  const host = await lookAround(config);
  const nowMs = Date.now();
  const installedMs = lstatSync(join(host.package, "package.json")).ctimeMs;
  const looked = [
    { at: `the configuration ${config} and what it names`, findings: await checkConfiguration(host) },
    await lookAtUnits(host),
    lookAtRunning(host),
    {
      at: "audit log, socket and clock",
      findings: [...checkAudit(host, nowMs), ...checkSockets(host), ...checkClock(nowMs, installedMs)],
    },
  ];
  io.signal.throwIfAborted();
  return looked;
}

async function lookAtUnits(host: Host): Promise<Looked> {
  const at = "the units of systemd";
  if (hasUnit(host)) return { at, findings: await checkService(host) };
  if (host.config !== SYSTEM_CONFIG || !existsSync("/run/systemd/system"))
    return { at: `${at}: not looked at, none is known to start this daemon`, findings: [] };
  return { at, findings: [error("rpcd.service", "systemd knows no such unit", "sudo rpcd install-units")] };
}

function lookAtRunning(host: Host): Looked {
  const at = "the running daemon";
  const findings = checkRunning(host);
  if (host.status !== undefined || findings.length > 0) return { at, findings };
  return { at: `${at}: not looked at, none is found by ${host.paths.statusFile}`, findings };
}

const MARKS: Readonly<Record<Finding["severity"], string>> = { error: "BAD ", warning: "look", note: "note" };

function* linesOf({ at, findings }: Looked): Generator<string> {
  yield `${findings.length === 0 ? "ok  " : "    "}  ${at}`;
  for (const { severity, code, where, text, mend } of findings) {
    const shown = code === undefined ? "" : ` [${code}]`;
    yield `${MARKS[severity]}  ${where}: ${text.replaceAll("\n", "; ")}${shown}`;
    if (mend !== undefined) yield `        → ${mend}`;
  }
}
