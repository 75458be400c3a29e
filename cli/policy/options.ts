import { addressOf, type Circumstances, parseTime, VIAS } from "../../policy/engine.ts";
import { usage } from "../io/failure.ts";
import type { Options } from "../settings/options.ts";

export const CATALOGUE_FILE = {
  catalogue: {
    kind: "text",
    value: "FILE",
    describe: "the daemon's methods, as rpcd --catalogue prints them",
  },
} as const satisfies Options;

/** A policy that lies in a file; without it the running daemon is asked about its own. */
export const POLICY_FILE = {
  file: { kind: "text", value: "FILE", describe: "ask this policy file, and no daemon; - is standard input" },
  ...CATALOGUE_FILE,
} as const satisfies Options;

/** Who calls, from where, and when. */
export const CIRCUMSTANCES = {
  role: {
    kind: "texts",
    value: "ROLE",
    describe: "a role that the certificate of AUTHORITY/NAME gives; may stand several times",
  },
  via: { kind: "text", value: "CHANNEL", describe: "the channel; unix where nothing is said", choices: VIAS },
  from: { kind: "text", value: "ADDRESS", describe: "the peer's address; none where nothing is said" },
  at: {
    kind: "text",
    value: "TIME",
    describe: "the moment, like 2026-12-31T00:00:00Z; now where nothing is said",
  },
} as const satisfies Options;

/** The channel and its address. @throws Failure */
export function readPeer(via: string | undefined, from: string | undefined): Circumstances["peer"] {
  const channel = VIAS.find((one) => one === via) ?? "unix";
  if (from === undefined) return { via: channel, address: undefined };
  const address = addressOf(from);
  if (address === undefined) throw usage(`--from: an address was expected, like 10.20.3.4, not '${from}'`);
  if (channel === "unix")
    throw usage(
      "--from: no peer on a Unix socket has an address",
      via === undefined ? "name the channel too: --via tls" : "leave out --from, or write --via tls",
    );
  return { via: channel, address, text: from };
}

/** The moment that is asked about, in milliseconds since 1970. @throws Failure */
export function readMoment(at: string | undefined): number {
  if (at === undefined) return Date.now();
  const ms = parseTime(at);
  if (typeof ms === "string") throw usage(`--at: ${ms}`);
  return ms;
}
