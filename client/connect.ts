import type { Duplex } from "node:stream";
import { systemClock } from "../base/clock.ts";
import { PrivateKey } from "../certs/ed25519.ts";
import { loadPrivateKeyFile } from "../certs/private-key-file.ts";
import { addressText, parseAddress } from "../link/address.ts";
import type { Channel } from "../link/channel.ts";
import { LOGIN_DEADLINE_MS } from "../wire/limits.ts";
import {
  checkKnown,
  checkRecord,
  checkSignal,
  checkTexts,
  checkTimeout,
  unfit,
} from "./calls/check-options.ts";
import { onAbort } from "./calls/on-abort.ts";
import { Connection } from "./connect/connection.ts";
import { dial, secure } from "./connect/dial.ts";
import { KnownDaemons } from "./connect/known-daemons.ts";
import type { Credentials } from "./connect/login.ts";
import { lateError } from "./errors/rpc-error.ts";
import { Rpc } from "./rpc.ts";

/** The longest time that a timer of node keeps: beyond it, it fires at once. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

export interface ConnectOptions {
  /** the key that the policy knows this client by */
  readonly identity: PrivateKey;
  /**
   * The fingerprints (`SHA256:…`) that the daemon's host key may have: any other ends in a HostKeyError. With a list of known
   * daemons, those that it has for the address; a stream has no address, so {@link connectOver} takes fingerprints only.
   */
  readonly hostKeyFingerprints: readonly string[] | KnownDaemons;
  /** users that may own the socket and the folders above it, beside root and this one; `rpcd` where nothing is said */
  readonly owners?: readonly string[];
  /** for connecting and the login together, in milliseconds; 10 s where nothing is said */
  readonly timeoutMs?: number;
  /** gives up connecting */
  readonly signal?: AbortSignal;
}

/**
 * Connects to a daemon and logs in. Nothing of the client is shown before the host proved its key.
 *
 * @param address - `unix:/path`, `tls://host:port` or `unix+tls:/path`
 * @throws AddressError, HostKeyError, RpcError; TypeError for options that are none
 */
export async function connect(address: string, options: ConnectOptions): Promise<Rpc> {
  checkConnectOptions(options);
  const { owners = ["rpcd"] } = options;
  const parsed = parseAddress(address);
  const name = addressText(parsed);
  const pins = options.hostKeyFingerprints;
  const hostKeyFingerprints = pins instanceof KnownDaemons ? pins.fingerprints(name) : pins;
  return logIn(name, { ...options, hostKeyFingerprints }, (signal) => dial(parsed, owners, signal));
}

/**
 * Logs in over a stream that leads to a daemon: a pipe, a broker, a forwarded port. TLS is spoken over it, so
 * nobody on the way can read, write or take part. The stream belongs to the connection from here on.
 *
 * @param stream - bytes both ways, in their order; not in object mode
 * @param options - `owners` means nothing here
 * @throws HostKeyError, RpcError; TypeError for options that are none
 */
export async function connectOver(stream: Duplex, options: ConnectOptions): Promise<Rpc> {
  checkConnectOptions(options);
  const { hostKeyFingerprints } = options;
  if (hostKeyFingerprints instanceof KnownDaemons)
    throw unfit(
      "hostKeyFingerprints",
      "a list of fingerprints, since a stream has no address",
      hostKeyFingerprints,
    );
  return logIn("a stream", { ...options, hostKeyFingerprints }, (signal) =>
    secure(stream, "stream", "a stream", signal),
  );
}

/** Options of earlier versions, and their names today. */
const RENAMED_OPTIONS: ReadonlyMap<string, string> = new Map([["hostKeys", "hostKeyFingerprints"]]);

function checkConnectOptions(given: ConnectOptions): void {
  checkRecord(given, "options");
  for (const name of Object.keys(given)) {
    const today = RENAMED_OPTIONS.get(name);
    if (today !== undefined) throw new TypeError(`the option '${name}' is called '${today}' now`);
  }
  checkKnown(given, ["identity", "hostKeyFingerprints", "owners", "timeoutMs", "signal"]);
  if (!(given.identity instanceof PrivateKey))
    throw unfit("identity", "a key that loadKey gives", given.identity);
  if (!(given.hostKeyFingerprints instanceof KnownDaemons))
    checkTexts(
      "hostKeyFingerprints",
      "a list of fingerprints (SHA256:…), or KnownDaemons",
      given.hostKeyFingerprints,
    );
  if (given.owners !== undefined) checkTexts("owners", "a list of user names", given.owners);
  checkTimeout(given.timeoutMs);
  checkSignal(given.signal);
}

/** The one text of an address: texts that mean the same place have the same, and pins go by it. @throws AddressError */
export function canonicalAddress(text: string): string {
  return addressText(parseAddress(text));
}

async function logIn(
  address: string,
  {
    identity,
    hostKeyFingerprints,
    timeoutMs = LOGIN_DEADLINE_MS,
    signal,
  }: ConnectOptions & Pick<Credentials, "hostKeyFingerprints">,
  open: (signal: AbortSignal) => Promise<Channel>,
): Promise<Rpc> {
  if (!(timeoutMs > 0)) throw lateError(timeoutMs, "not_started");
  const startedAt = systemClock.monotonicMs();
  const timeout = AbortSignal.timeout(Math.min(Math.ceil(timeoutMs), TIMEOUT_MAX_MS));
  const giveUp = AbortSignal.any([timeout, ...(signal === undefined ? [] : [signal])]);
  const channel = await open(giveUp);
  const leftMs = timeoutMs - (systemClock.monotonicMs() - startedAt);
  const destroy = (): void => {
    channel.socket.destroy(new Error("given up"));
  };
  // It may have been aborted just after the channel was there.
  const endHearing = signal && !signal.aborted ? onAbort(signal, destroy) : undefined;
  if (signal?.aborted) destroy();
  try {
    return new Rpc(
      await Connection.open(channel, { address, identity, hostKeyFingerprints }, leftMs, systemClock),
    );
  } finally {
    endHearing?.();
  }
}

/** Reads a private key file, as `ssh-keygen -t ed25519 -N ''` and `rpcctl key new` write it. @throws FileProblem */
export function loadKey(path: string): Promise<PrivateKey> {
  return new Promise((resolve) => resolve(loadPrivateKeyFile(path).key));
}
