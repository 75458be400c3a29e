import { existsSync, lstatSync } from "node:fs";
import { loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { connect, HostKeyError, KnownDaemons, RpcError } from "../../client/index.ts";
import { systemCode } from "../../files/file-problem.ts";
import { readAddress } from "../connect/connection.ts";
import { Failure } from "../io/failure.ts";
import type { Io } from "../io/io.ts";
import type { Settings } from "../settings/settings.ts";
import { error, type Finding, findingsOf, stumbling } from "./finding.ts";

/** Whether the user has anything with which they could call: without a key they are no client. */
export function isClient(settings: Settings): boolean {
  try {
    return existsSync(settings.identity);
  } catch (thrown) {
    // Without a home there is no place to look for one.
    if (thrown instanceof Failure) return false;
    throw thrown;
  }
}

/** What keeps this user from calling: the key, the pins, the way to the daemon, the login. The first broken step ends it. */
export async function checkClient(settings: Settings, io: Io): Promise<readonly Finding[]> {
  const identity = await stumbling("the key", () => loadPrivateKeyFile(settings.identity).key);
  const pins = await stumbling("the pinned host keys", () => KnownDaemons.read(settings.knownDaemons.read));
  const address = await stumbling("the address", () => readAddress(settings.address));
  const flaws = [identity, pins, address].flatMap((found) => (isFindings(found) ? found : []));
  if (isFindings(identity) || isFindings(pins) || isFindings(address)) return flaws;
  const door = checkDoor(address);
  if (door !== undefined) return [door];
  const hostKeyFingerprints = pins.fingerprints(address);
  const { owners, timeoutMs = 10_000 } = settings;
  try {
    const rpc = await connect(address, {
      identity,
      hostKeyFingerprints,
      signal: io.signal,
      timeoutMs,
      ...(owners === undefined ? {} : { owners }),
    });
    try {
      await rpc.ping(timeoutMs);
    } finally {
      await rpc.close();
    }
    return [];
  } catch (thrown) {
    return connectFindings(address, thrown);
  }
}

function isFindings(found: unknown): found is readonly Finding[] {
  return Array.isArray(found);
}

/** A Unix socket says by itself, and before anything is sent, who may come to it. */
function checkDoor(address: string): Finding | undefined {
  if (!address.startsWith("unix")) return undefined;
  const path = address.slice(address.indexOf(":") + 1);
  try {
    if (lstatSync(path).isSocket()) return undefined;
    return error(path, "something that is no socket lies where the daemon should listen", "see what it is");
  } catch (thrown) {
    return error(
      path,
      `no daemon listens here (${systemCode(thrown)})`,
      "systemctl start rpcd.socket, or rpcd; rpcctl help addresses says where is looked",
    );
  }
}

function connectFindings(address: string, thrown: unknown): readonly Finding[] {
  if (thrown instanceof HostKeyError) {
    const { found, expected } = thrown;
    const text =
      expected.length === 0
        ? `its host key ${found} is not known here`
        : `it shows another host key, ${found}, than is known: ${expected.join(", ")}`;
    const mend = `ask its administrator for the fingerprint (rpcctl key fingerprint, on the host key); if it is this one: rpcctl trust ${address} ${found}`;
    return [error(address, text, mend)];
  }
  if (!(thrown instanceof RpcError)) return findingsOf(address, thrown);
  if (/EACCES/.test(thrown.message))
    return [
      error(
        address,
        "this user may not connect to the socket",
        "usermod -aG rpcd-callers NAME, then log in anew",
      ),
    ];
  const mend = MENDS.get(thrown.code) ?? "its log says more: journalctl -u rpcd";
  return [error(address, thrown.message, mend)];
}

const MENDS: ReadonlyMap<string, string> = new Map([
  [
    "unauthenticated",
    "the daemon does not let this key in: send the lines of rpcctl enrol to whoever keeps its policy",
  ],
  ["unavailable", "systemctl status rpcd.socket rpcd.service says whether it runs"],
  ["deadline_exceeded", "it is busy or stuck: journalctl -u rpcd"],
]);
