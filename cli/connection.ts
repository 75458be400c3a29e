import { dirname } from "node:path";
import type { PrivateKey } from "../base/ed25519.ts";
import { FileProblem, shellWord } from "../certs/file-problem.ts";
import { loadPrivateKeyFile } from "../certs/private-key-file.ts";
import { parseAddress } from "../client/address.ts";
import { AddressError, connect, HostKeyError, KnownDaemons, type Rpc } from "../client/index.ts";
import type { Ending } from "./exit.ts";
import { Failure, usage } from "./failure.ts";
import type { Io } from "./io.ts";
import { type KnownDaemonsFiles, readSettings, type SettingOptions, type Settings } from "./settings.ts";

/** What a command is given to work with. */
export interface Session {
  readonly rpc: Rpc;
  readonly settings: Settings;
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
  const rpc = await open(settings, io);
  try {
    return await use({ rpc, settings });
  } finally {
    await rpc.close();
  }
}

/** Checks that a text is an address. @throws Failure */
export function checkAddress(address: string): void {
  try {
    parseAddress(address);
  } catch (error) {
    throw addressFailure(error);
  }
}

async function open(settings: Settings, io: Io): Promise<Rpc> {
  const { address, knownDaemons, owners, timeoutMs } = settings;
  checkAddress(address);
  const identity = loadIdentity(settings.identity);
  const hostKeys = KnownDaemons.read(knownDaemons.read).fingerprints(address);
  const options = {
    identity,
    signal: io.signal,
    ...(owners === undefined ? {} : { owners }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  try {
    return await connect(address, { ...options, hostKeys });
  } catch (error) {
    if (!(error instanceof HostKeyError)) throw addressFailure(error);
    if (error.expected.length > 0) throw changedKey(error, knownDaemons);
    await askToPin(error, knownDaemons, io);
    // The login proves that the daemon holds the key; the answer only said which one it must be.
    return await connect(address, { ...options, hostKeys: [error.found] });
  }
}

function loadIdentity(path: string): PrivateKey {
  try {
    return loadPrivateKeyFile(path).key;
  } catch (error) {
    if (!(error instanceof FileProblem) || error.kind !== "not_found") throw error;
    const hints = [
      "is there no daemon yet? rpcd starts one, and makes a key and a configuration for you",
      `mkdir -p -m 700 ${shellWord(dirname(path))} && rpcctl key new ${shellWord(path)} makes one`,
      "--identity FILE names another",
    ];
    throw new Failure("not_found", error.message, { hints, cause: error });
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
  KnownDaemons.pin(files.write, address, found);
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
