import { type Address, addressText } from "../../link/address.ts";
import type { Overview } from "../builtin/overview.ts";
import { type MetricsAddress, metricsAddressText } from "../config/metrics-address.ts";
import { Inheritance, type ListenerPlace } from "../listen/inheritance.ts";
import type { InheritedSocket } from "../listen/inherited-sockets.ts";
import { listenOn, tlsFor } from "../listen/listen.ts";
import type { Listener, ListenerEvents } from "../listen/listener.ts";
import type { LoginCore } from "../login/login-core.ts";

/** All that others connect to. */
export interface Doors {
  readonly listeners: readonly Listener[];
  readonly metrics: Listener | undefined;
}

/**
 * Listens where the configuration says: for clients, and for readers of metrics. Metrics first: whoever can log in is counted.
 *
 * @param inherited - what systemd has opened; where there is any, nothing else is opened
 * @throws FileProblem; nothing is left open then
 */
export async function openDoors(
  core: LoginCore,
  overview: Overview,
  inherited: readonly InheritedSocket[],
  events: ListenerEvents,
): Promise<Doors> {
  const { listen: addresses, socketMode, metrics: address } = core.config;
  const tls = await tlsFor(addresses);
  // node:http and prom-client take some 70 ms and nine megabytes to load: only where they are used.
  const forMetrics = address === undefined ? undefined : await import("../metrics/listen.ts");
  const places = [...addresses.map(clientPlace), ...(address === undefined ? [] : [metricsPlace(address)])];
  const inheritance = inherited.length === 0 ? undefined : await Inheritance.open(inherited, places);
  let metrics: Listener | undefined;
  try {
    if (address !== undefined)
      metrics = await forMetrics?.listenForMetrics(
        { address, socketMode, server: inheritance?.serverOf(metricsPlace(address)) },
        overview,
        core,
      );
    const serverOf =
      inheritance === undefined ? undefined : (one: Address) => inheritance.serverOf(clientPlace(one));
    return {
      metrics,
      listeners: await listenOn({ addresses, socketMode, serverOf, tls, log: core.log }, events),
    };
  } catch (error) {
    await metrics?.close();
    await inheritance?.close();
    throw error;
  }
}

function clientPlace(address: Address): ListenerPlace {
  const common = { option: "listen", text: addressText(address) } as const;
  return address.kind === "tls"
    ? { ...common, kind: "tcp", host: address.host, port: address.port }
    : { ...common, kind: "unix", path: address.path };
}

function metricsPlace(address: MetricsAddress): ListenerPlace {
  const common = { option: "metrics", text: metricsAddressText(address) } as const;
  return address.kind === "http"
    ? { ...common, kind: "tcp", host: address.host, port: address.port }
    : { ...common, kind: "unix", path: address.path };
}
