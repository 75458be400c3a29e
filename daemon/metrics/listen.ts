import type { Server } from "node:net";
import type { Overview } from "../builtin/overview.ts";
import { type MetricsAddress, metricsAddressText } from "../config/metrics-address.ts";
import type { Listener } from "../listen/listener.ts";
import { listenAt, type SocketFile } from "../listen/socket-file.ts";
import { SocketWatch } from "../listen/socket-watch.ts";
import { bindTcp } from "../listen/tcp.ts";
import { removeSocket } from "../listen/unix.ts";
import { METRICS_CONTENT_TYPE, metricsPage, watchProcess } from "./page.ts";
import { MetricsServer } from "./server.ts";

/** How the metrics are listened for. */
interface MetricsPlace {
  readonly address: MetricsAddress;
  /** permission bits of a Unix socket that is made */
  readonly socketMode: number;
  /** what listens there already; nothing where it is to be listened on */
  readonly server: Server | undefined;
}

/**
 * Serves the metrics of a daemon.
 *
 * @throws FileProblem
 */
export async function listenForMetrics(
  { address, socketMode, server: door }: MetricsPlace,
  overview: Overview,
  tools: Pick<ConstructorParameters<typeof MetricsServer>[0], "clock" | "deadlines" | "log">,
): Promise<Listener> {
  watchProcess();
  const metrics = new MetricsServer(
    { ...tools, page: () => metricsPage(overview), contentType: METRICS_CONTENT_TYPE },
    address.kind === "unix",
  );
  const { server } = metrics;
  let bound = address;
  let file: SocketFile | undefined;
  if (door !== undefined) metrics.acceptFrom(door);
  else if (address.kind === "unix") file = await listenAt(server, address.path, socketMode);
  else bound = { ...address, ...(await bindTcp(server, address, metricsAddressText(address))) };
  server.on("error", (error) => tools.log.error("a reader of metrics could not be accepted", { error }));
  const watch = file && new SocketWatch(file, "the socket of the metrics", tools.log);
  return {
    address: metricsAddressText(bound),
    close: () => {
      watch?.close();
      if (file !== undefined) removeSocket(file, tools.log);
      return metrics.close();
    },
  };
}
