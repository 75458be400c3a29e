import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { PrivateKey } from "../../certs/ed25519.ts";
import { loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import {
  AddressError,
  type ConnectOptions,
  canonicalAddress,
  connect,
  HostKeyError,
  KnownDaemons,
  type Rpc,
} from "../../client/index.ts";
import { FileProblem, shellWord } from "../../files/file-problem.ts";
import type { Ending } from "../io/exit.ts";
import { Failure, usage } from "../io/failure.ts";
import type { Io } from "../io/io.ts";
import {
  type KnownDaemonsFiles,
  readSettings,
  type SettingOptions,
  type Settings,
} from "../settings/settings.ts";
import { TimeLimit } from "../settings/time-limit.ts";

/** What a command is given to work with. */
export interface Session {
  readonly rpc: Rpc;
  readonly settings: Settings;
  /** of the whole command */
  readonly limit: TimeLimit;
}

/**
 * Connects by the settings, logs in, calls, and closes in any case.
 *
 * @throws Failure, FileProblem, RpcError
 */
export async function withRpc(
  options: SettingOptions,
  io: Io,
  use: (session: Session) => Promise<Ending>,
): Promise<Ending> {
  const settings = await readSettings(options, io);
  const limit = new TimeLimit(settings.timeoutMs, io.signal);
  return limit.during(async () => {
    const rpc = await openRpc(settings, io, () => limit.leftMs);
    try {
      return await use({ rpc, settings, limit });
    } finally {
      await rpc.close();
    }
  });
}

/** For the next call of a command: what is left of its time, and its signal. @throws Failure where no time is left */
export function callLimits(
  { limit }: Session,
  io: Io,
): { timeoutMs: number | undefined; signal: AbortSignal } {
  return { timeoutMs: limit.leftMs, signal: io.signal };
}

/** What the caller may call: from the cache, where the daemon has named it before. @throws RpcError */
export function readCatalogue(session: Session, io: Io): Promise<Catalogue> {
  const { rpc, settings } = session;
  return rpc.catalogue({ ...callLimits(session, io), cacheFolder: settings.cacheFolder });
}

/** The one text of an address. @throws Failure */
export function readAddress(address: string): string {
  try {
    return canonicalAddress(address);
  } catch (error) {
    throw addressFailure(error);
  }
}

/**
 * The same connection, for a caller that closes it itself.
 *
 * @param leftMs - how long connecting may take, asked again when a person has answered; `undefined` leaves it to the client
 * @throws as {@link withRpc}
 */
export async function openRpc(
  settings: Settings,
  io: Io,
  leftMs: () => number | undefined = () => settings.timeoutMs,
): Promise<Rpc> {
  const { knownDaemons, owners } = settings;
  const address = readAddress(settings.address);
  const identity = loadIdentity(settings, io.env);
  const known = KnownDaemons.read(knownDaemons.read);
  const hostKeyFingerprints = known.fingerprints(address);
  const options = (): Omit<ConnectOptions, "hostKeyFingerprints"> => {
    const timeoutMs = leftMs();
    return {
      identity,
      signal: io.signal,
      ...(owners === undefined ? {} : { owners }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
  };
  try {
    const rpc = await connect(address, { ...options(), hostKeyFingerprints });
    followHostKeys(rpc, { address, known, files: knownDaemons }, io);
    return rpc;
  } catch (error) {
    if (!(error instanceof HostKeyError)) throw addressFailure(error);
    if (error.expected.length > 0) throw changedKey(error, knownDaemons);
    await askToPin(error, knownDaemons, io);
    // The login proves that the daemon holds the key; the answer only said which one it must be.
    return await connect(address, { ...options(), hostKeyFingerprints: [error.found] });
  }
}

/**
 * Keeps the pins as the daemon says: it is the right one, by a key that is pinned, and has shown that it has the
 * others. What the administrator has pinned (the files that are only read) stays and is not repeated.
 */
function followHostKeys(
  { hostKeyFingerprints }: Rpc,
  {
    address,
    known,
    files,
  }: { readonly address: string; readonly known: KnownDaemons; readonly files: KnownDaemonsFiles },
  io: Io,
): void {
  const file = files.write;
  if (file === undefined) return;
  const own = known.fingerprints(address, file);
  const others = known.fingerprints(address).filter((one) => !own.includes(one));
  const wanted = hostKeyFingerprints.filter((one) => !others.includes(one));
  const added = wanted.filter((one) => !own.includes(one));
  const dropped = own.filter((one) => !wanted.includes(one));
  if (added.length === 0 && dropped.length === 0) return;
  try {
    KnownDaemons.pin(file, address, wanted);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    io.err(`the daemon's host keys have changed, but ${error.message}`);
    return;
  }
  const said = [
    ...added.map((one) => `${one} is good too`),
    ...dropped.map((one) => `${one} is good no longer`),
  ];
  io.err(`${shellWord(address)} changes its host keys: ${said.join(", ")} (kept in ${shellWord(file)})`);
}

function loadIdentity({ identity: path, hasOwnIdentity }: Settings, env: Io["env"]): PrivateKey {
  try {
    return loadPrivateKeyFile(path).key;
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    if (isAgent(path, env)) throw agentFailure(error);
    if (error.kind !== "not_found") throw error;
    const folder = dirname(path);
    const before = existsSync(folder) ? "" : `mkdir -p -m 700 ${shellWord(folder)} && `;
    const hints = [
      "is there no daemon yet? rpcd starts one, and makes a key and a configuration for you",
      hasOwnIdentity ? "rpcctl key new makes one" : `${before}rpcctl key new ${shellWord(path)} makes one`,
      "--identity FILE names another; --config FILE or RPCCTL_CONFIG names the client/rpcctl.yaml that rpcd init made",
    ];
    throw new Failure("not_found", error.message, { hints, cause: error });
  }
}

/** Whether an ssh-agent was meant: by its name, or by its socket. */
function isAgent(path: string, env: Io["env"]): boolean {
  return /^(?:ssh-)?agent$/.test(basename(path)) || path === env["SSH_AUTH_SOCK"];
}

function agentFailure(error: FileProblem): Failure {
  const hints = [
    "rpcctl cannot use keys of an ssh-agent: it reads a private key from its file",
    "--identity FILE names a private key; rpcctl key new makes one",
  ];
  return new Failure(error.kind === "not_found" ? "not_found" : "identity", error.message, {
    hints,
    cause: error,
  });
}

/** Makes these keys the ones of an address. @throws FileProblem; Failure where the list cannot hold the address */
export function pin(file: string, address: string, fingerprints: readonly string[]): void {
  try {
    KnownDaemons.pin(file, address, fingerprints);
  } catch (error) {
    throw addressFailure(error);
  }
}

function addressFailure(error: unknown): unknown {
  if (!(error instanceof AddressError)) return error;
  return usage(error.message, "rpcctl help addresses");
}

/** A new daemon: a person is asked, a script is not. @throws Failure unless the key is pinned in the end */
async function askToPin(error: HostKeyError, files: KnownDaemonsFiles, io: Io): Promise<void> {
  const { address, found } = error;
  const trust = `rpcctl trust ${shellWord(address)} ${found}`;
  if (!io.isTerminal || files.write === undefined) {
    const hints = [
      "compare the fingerprint with the daemon's own: rpcctl key fingerprint, on its host key",
      `if it is the same: ${trust}`,
      files.write === undefined ? "name a file to keep it in: --known-daemons FILE" : undefined,
    ];
    throw new Failure("identity", `unknown host key: ${address} shows ${found}`, { hints, cause: error });
  }
  io.err(`The daemon at ${shellWord(address)} is not known yet. Its host key is`);
  io.err(`  ${found}`);
  const answer = await io.ask("Is that the right one? It is kept if you say yes. [yes/no, default no] ");
  if (!["y", "yes"].includes(answer.trim().toLowerCase())) {
    throw new Failure("identity", `unknown host key: ${address} shows ${found}, and it was not accepted`, {
      cause: error,
    });
  }
  pin(files.write, address, [found]);
}

/** Never asked about: it is what an attack looks like. */
function changedKey(error: HostKeyError, { write }: KnownDaemonsFiles): Failure {
  const { address, found, expected } = error;
  const message = `changed host key: ${address} shows ${found}, but ${expected.join(" or ")} is known`;
  const hints = [
    "ask whoever runs the daemon whether its key was changed: somebody else may be answering",
    `if it was: rpcctl trust ${shellWord(address)} ${found}`,
    write === undefined ? "name a file to keep it in: --known-daemons FILE" : undefined,
  ];
  return new Failure("identity", message, { hints, cause: error });
}
