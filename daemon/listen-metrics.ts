import type { Listener } from "./listener.ts";
import { type MetricsAddress, metricsAddressText } from "./metrics-address.ts";
import { METRICS_CONTENT_TYPE, metricsPage, watchProcess } from "./metrics-page.ts";
import { MetricsServer } from "./metrics-server.ts";
import type { Overview } from "./overview.ts";
import { bindTcp } from "./tcp-listener.ts";
import { bindUnix } from "./unix-listener.ts";

/**
 * Serves the metrics of a daemon.
 *
 * @param socketMode - permission bits of a Unix socket
 * @throws FileProblem
 */
export async function listenForMetrics(
  address: MetricsAddress,
  socketMode: number,
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
  if (address.kind === "unix") await bindUnix(server, address.path, socketMode);
  else bound = { ...address, ...(await bindTcp(server, address, metricsAddressText(address))) };
  server.on("error", (error) => tools.log.error("a reader of metrics could not be accepted", { error }));
  return { address: metricsAddressText(bound), close: () => metrics.close() };
}
