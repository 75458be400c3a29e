import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { escapeText } from "../base/escape.ts";
import { flushedWhileTaken } from "../base/flushed.ts";
import { catalogueJson } from "../catalogue/json.ts";
import { makeFolder } from "../files/make-folder.ts";
import { SYSTEM_CONFIG } from "../files/system-paths.ts";
import { writeFileAtomically } from "../files/write-file.ts";
import { addressText } from "../link/address.ts";
import { Deadlines } from "../link/deadlines.ts";
import { takeHangup } from "./base/early-hangup.ts";
import { EXIT } from "./base/exit.ts";
import { OutputFailed, type Say } from "./base/standard-output.ts";
import { homeFolder } from "./base/this-user.ts";
import { Daemon } from "./daemon.ts";
import { takeInheritedSockets } from "./listen/inherited-sockets.ts";
import { Failures } from "./log/failures.ts";
import type { Log } from "./log/log.ts";
import { outliveReaders, processLog } from "./log/process-log.ts";
import { logPrinted, whilePrintedApart } from "./log/service-output.ts";
import type { Registry } from "./services/registry.ts";
import { loadServices } from "./start/load-services.ts";
import { prepare, readConfig } from "./start/prepare.ts";
import { Herald } from "./systemd/herald.ts";
import { type Installation, installUnits, removeUnits, wouldWrite } from "./systemd/install-units.ts";
import { reloadRunning } from "./systemd/reload-command.ts";
import { ServiceManager } from "./systemd/service-manager.ts";
import { clientConfiguration, defaultStateFolder, makeStateFolder } from "./systemd/state-folder.ts";
import { StatusFile } from "./systemd/status-file.ts";

/** `rpcd init [DIR]`: makes a state folder and says how to go on. @throws FileProblem */
export async function initialise(folder: string | undefined, say: Say): Promise<number> {
  const state = await makeStateFolder(folder ?? defaultStateFolder(process.env));
  const config = join(state, "rpcd.yaml");
  const client = join(state, "client", "rpcctl.yaml");
  const isDefault = folder === undefined && !existsSync(SYSTEM_CONFIG);
  const bare = isDefault && writeClientConfiguration(state);
  await say(`${state} is ready. Next:

  rpcd${isDefault ? "" : ` --config ${config}`}
  rpcctl${bare ? "" : ` --config ${client}`} call add 2 3`);
  return EXIT.ok;
}

/** `rpcd --check`: everything but listening. @throws NotReady with all that is wrong */
export async function check(config: string | undefined, say: Say): Promise<number> {
  const path = configPath(config);
  const { value, remarks } = readConfig(path);
  const prepared = await whilePrintedApart(() => prepare(value, path));
  for (const remark of [...remarks, ...prepared.remarks]) await say(remark);
  const names = [...prepared.value.registry.catalogue.keys()];
  const own = names.filter((name) => name.startsWith("rpcd.")).length;
  await say(
    `${path} is good: ${names.length - own} methods and ${own} of rpcd's own, listening on ${value.listen.map(addressText).join(", ")}`,
  );
  return EXIT.ok;
}

/** `rpcd --catalogue`: the methods of the services and the daemon's own. @throws NotReady, FileProblem */
export async function printCatalogue(config: string | undefined, say: Say): Promise<number> {
  const { value } = readConfig(configPath(config));
  const { catalogue } = await whilePrintedApart(() => loadServices(value.services, []));
  await say(catalogueJson(catalogue).trimEnd());
  return EXIT.ok;
}

/**
 * `rpcd reload`: has the running daemon read its files again.
 *
 * @param status - its status file; without it, the one that the configuration names
 * @throws NotReady, FileProblem
 */
export async function reload(
  config: string | undefined,
  status: string | undefined,
  say: Say,
): Promise<number> {
  const path = status === undefined ? readConfig(configPath(config)).value.statusFile : resolve(status);
  const { policy, generation, refused, waiting } = await reloadRunning(path);
  if (refused !== undefined) {
    console.error(`refused; what was in force stays in force (${policy}, generation ${generation})`);
    for (const line of refused) console.error(escapeText(line));
    console.error("→ rpcd --check --config FILE, and rpcctl policy lint FILE, say of each what to do");
    return EXIT.refused;
  }
  await say(`in force: ${policy}, generation ${generation}`);
  if (waiting.length > 0) await say(`for the next start: ${waiting.join(", ")}`);
  return EXIT.ok;
}

/** `rpcd install-units`: puts the service in place, or takes it away. @throws FileProblem */
export async function manageUnits(
  { task, ...installation }: Installation & { readonly task: "install" | "say" | "remove" },
  say: Say,
): Promise<number> {
  const done =
    task === "say"
      ? wouldWrite(installation)
      : task === "remove"
        ? removeUnits(installation.root)
        : await installUnits(installation);
  for (const line of done.length === 0 ? ["nothing to do"] : done) await say(escapeText(line));
  if (task !== "say") await say(task === "remove" ? UNITS_REMOVED : unitsInstalled(installation.root));
  return EXIT.ok;
}

const unitsInstalled = (root: string): string => `
Next${root === "/" ? "" : ", on the host that the image becomes"}:

  systemctl enable --now rpcd.socket rpcd.service
  usermod -aG rpcd-callers NAME        who may come to the socket; NAME logs in anew, then: rpcctl key new, rpcctl enrol
  editor /etc/rpcd/policy.yaml         the lines that enrol prints
  systemctl reload rpcd`;

const UNITS_REMOVED = `
What stays: /etc/rpcd (keys, policy, configuration), /var/log/rpcd, /var/lib/rpcd, the user rpcd, and drop-ins of the units.`;

/** `rpcd`: serves until SIGTERM or SIGINT. @throws NotReady, FileProblem */
export async function serve(config: string | undefined, say: Say): Promise<number> {
  const reloads = reloadOnSignal();
  // Node opens its inspector on SIGUSR1 unless somebody listens: then code could be run in this process.
  process.on("SIGUSR1", () => undefined);
  const inherited = takeInheritedSockets(process.env, process.pid);
  const path = await configOrDefault(config, say);
  const { value } = readConfig(path);
  outliveReaders(process.stdout);
  const log = processLog(value.logLevel, value.logFormat, {
    write: process.stdout.write.bind(process.stdout),
  });
  let registry: Registry | undefined;
  logPrinted(log, (module) => registry?.serviceOf(module));
  const failures = new Failures(log, new Deadlines(systemClock));
  // A promise that a service forgot is no reason to end everybody's calls; its text may be a peer's.
  process.on("unhandledRejection", (error) =>
    failures.failed("a promise was rejected and nobody listened", {}, { error }),
  );
  const manager = ServiceManager.take(process.env, process.pid, log);
  const prepared = await prepare(value, path);
  ({ registry } = prepared.value);
  for (const remark of prepared.remarks) log.warn(remark);
  const herald = new Herald(new StatusFile(value.statusFile, path, log), manager);
  const starting = Daemon.start(value, prepared.value, log, { inherited, herald });
  // From now on: a signal that comes while the daemon starts must not be lost, nor kill it.
  const ended = Promise.race([stopped(starting, log), broken(starting, log)]);
  reloads(starting, log);
  await starting;
  const code = await ended;
  await giveUpStuckReaders();
  return code;
}

/** How long the reader of the log may take nothing when the daemon has stopped, in milliseconds. */
const READER_PATIENCE_MS = 1_000;

/** A reader that is slow gets the last lines of the log; one that takes nothing does not keep a daemon that has stopped. */
async function giveUpStuckReaders(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) await flushedWhileTaken(stream, READER_PATIENCE_MS);
}

/**
 * Settles when something was thrown that nobody caught: what it left behind is not known, so the daemon lets
 * the calls that run finish, and ends. Whoever watches over it starts it again.
 */
function broken(starting: Promise<Daemon>, log: Log): Promise<number> {
  return new Promise((settle, reject) => {
    process.on("uncaughtException", (error) => {
      log.error("something was thrown and nobody caught it; the daemon stops", { error });
      starting.then((daemon) => daemon.drain()).then(() => settle(EXIT.failed), reject);
    });
  });
}

/** Settles when a signal has stopped the daemon. The first lets running calls finish, the second does not. */
function stopped(starting: Promise<Daemon>, log: Log): Promise<number> {
  return new Promise((settle, reject) => {
    let asked = false;
    const stop = (signal: NodeJS.Signals): void => {
      log.info("signal", { signal, at_once: asked });
      const atOnce = asked;
      asked = true;
      const work = starting.then((daemon) => (atOnce ? daemon.stop() : daemon.drain()));
      // The listeners stay: a signal that comes while the process ends must not kill it.
      work.then(() => settle(EXIT.ok), reject);
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}

/**
 * On SIGHUP the files are read again; what came of it stands in the log. One that comes while they are read for the start does
 * not end the process, and is not lost.
 *
 * @returns what takes the daemon, once there is one
 */
function reloadOnSignal(): (starting: Promise<Daemon>, log: Log) => void {
  let isEarly = false;
  let readAgain = (): void => {
    isEarly = true;
  };
  process.on("SIGHUP", () => readAgain());
  isEarly = takeHangup();
  return (starting, log) => {
    readAgain = () => {
      log.info("signal", { signal: "SIGHUP" });
      starting
        .then((daemon) => daemon.reload())
        .catch((error: unknown) => log.error("a reload failed", { error }));
    };
    if (isEarly) readAgain();
  };
}

/** The file that says how to serve: the one that was named, the system's, or the user's own. */
function configPath(named: string | undefined): string {
  if (named !== undefined) return resolve(named);
  if (existsSync(SYSTEM_CONFIG)) return SYSTEM_CONFIG;
  return join(defaultStateFolder(process.env), "rpcd.yaml");
}

/** As {@link configPath}; the user's own state folder is made if it is not there: the embedded default. */
async function configOrDefault(named: string | undefined, say: Say): Promise<string> {
  const path = configPath(named);
  if (named === undefined && path !== SYSTEM_CONFIG && !existsSync(dirname(path)))
    await initialise(undefined, say).catch((error: unknown) => {
      // Nobody reads it: the folder is made, and the daemon serves on whatever becomes of its output.
      if (!(error instanceof OutputFailed)) throw error;
    });
  return path;
}

/** Lets a bare `rpcctl` find this daemon, if it has no configuration yet. @returns whether it now does */
function writeClientConfiguration(state: string): boolean {
  const xdg = process.env["XDG_CONFIG_HOME"];
  const folder = join(xdg?.startsWith("/") ? xdg : join(homeFolder(), ".config"), "rpcctl");
  const path = join(folder, "rpcctl.yaml");
  if (existsSync(path)) return false;
  makeFolder(folder);
  const client = join(state, "client");
  const text = clientConfiguration(
    `unix:${join(state, "rpcd.sock")}`,
    join(client, "id_ed25519"),
    join(client, "known_daemons"),
  );
  writeFileAtomically(path, Buffer.from(text), 0o600, { replace: false });
  return true;
}
