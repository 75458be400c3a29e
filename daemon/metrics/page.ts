import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { BOUNDS_MS, type Durations } from "../base/durations.ts";
import type { Overview } from "../builtin/overview.ts";
import { LAG_WINDOW_MS } from "../limits/loop-lag.ts";
import { METRICS, type MetricName } from "./table.ts";

/** A value, and where the metric has labels, theirs in their order. */
type Sample = readonly [value: number, ...labels: string[]];

type Plain = Exclude<MetricName, "rpcd_decision_seconds">;

/** Of the process: one, however many daemons are in it, since what it watches with cannot be let go. */
let processRegistry: Registry | undefined;

/** The form of {@link metricsPage}. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/**
 * What a daemon has to tell, in the text format of Prometheus, each time it is asked.
 *
 *     the counters of the daemon ─▶ prom-client, for the time of one page
 *     the buckets of decisions ──▶ text: prom-client wants to see each duration by itself, in the way of each call
 *     the process ──────────────▶ prom-client's own
 */
export async function metricsPage(overview: Overview): Promise<string> {
  const own = registryOf(samplesOf(overview));
  const parts = [await own.metrics(), decisionText(overview.parts.measures.decisions)];
  return [...parts, await watchProcess().metrics()].join("\n");
}

/** Begins to look at the process, if that is not done yet: what is seen before the first page stands on it. */
export function watchProcess(): Registry {
  if (processRegistry !== undefined) return processRegistry;
  processRegistry = new Registry();
  collectDefaultMetrics({ register: processRegistry });
  return processRegistry;
}

function registryOf(samples: Readonly<Record<Plain, readonly Sample[]>>): Registry {
  const registry = new Registry();
  for (const [name, rows] of Object.entries(samples)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a record of them
    const { help, labels, type } = METRICS[name as Plain];
    const settings = { name, help, labelNames: [...labels], registers: [registry] };
    const metric = type === "counter" ? new Counter(settings) : new Gauge(settings);
    for (const [value, ...words] of rows)
      metric.inc(Object.fromEntries(labels.map((label, i) => [label, words[i] ?? ""])), value);
  }
  return registry;
}

function samplesOf(overview: Overview): Readonly<Record<Plain, readonly Sample[]>> {
  const { audit, room, measures, connections, admission, loads, verifications, lag, keeper, times } =
    overview.parts;
  const { sessions, calls, queued, exported, imported, callbacks, pipelined } = connections.counts;
  const { meanMs, p99Ms, maxMs } = lag.lag;
  const { hash, generation, refused } = keeper.status;
  const { lines, failures, writingMs } = audit.counts;
  return {
    rpcd_info: [[1, overview.version]],
    rpcd_start_time_seconds: [[overview.startedMs / 1_000]],
    rpcd_draining: [[Number(connections.isDraining)]],
    rpcd_connections: [[connections.size]],
    rpcd_connections_before_login: [[admission.open]],
    rpcd_connections_ended_before_login_total: byWord(measures.strangers),
    rpcd_sessions: [[sessions]],
    rpcd_logins_total: byWord(measures.logins),
    rpcd_verifications_waiting: [[verifications.waiting]],
    rpcd_calls_running: [[calls - queued]],
    rpcd_calls_waiting: [[queued]],
    rpcd_calls_total: [...measures.answers].flatMap(([method, codes]) =>
      Object.entries(codes).flatMap(([code, count]): Sample[] =>
        count === 0 ? [] : [[count, method, code]],
      ),
    ),
    rpcd_denials_total: byWord(measures.denials),
    rpcd_references: [
      [exported, "exported"],
      [imported, "imported"],
    ],
    rpcd_callbacks_running: [[callbacks]],
    rpcd_calls_pipelined: [[pipelined]],
    rpcd_held_bytes: [[loads.cost]],
    rpcd_event_loop_lag_mean_seconds: [[meanMs / 1_000]],
    rpcd_event_loop_lag_p99_seconds: [[p99Ms / 1_000]],
    rpcd_event_loop_lag_max_seconds: [[maxMs / 1_000]],
    rpcd_busy_seconds_total: [[performance.eventLoopUtilization().active / 1_000]],
    rpcd_attributed_seconds_total: [
      [times.principalsMs / 1_000, "principals"],
      [times.unauthenticated.usedMs / 1_000, "before_login"],
    ],
    rpcd_busiest_principal_ratio: [[times.busiestMs / LAG_WINDOW_MS]],
    rpcd_policy_info: [[1, hash]],
    rpcd_policy_generation: [[generation]],
    rpcd_policy_reload_refused: [[Number(refused !== undefined)]],
    rpcd_audit_failing: [[Number(audit.isFailing)]],
    rpcd_audit_records_total: [[lines]],
    rpcd_audit_failures_total: [[failures]],
    rpcd_audit_free_bytes: Number.isFinite(room.freeBytes) ? [[room.freeBytes]] : [],
    rpcd_audit_space_low: [[Number(room.isLow)]],
    rpcd_audit_limited_total: [[room.limited]],
    rpcd_audit_write_seconds_total: [[writingMs / 1_000]],
    rpcd_log_lines_dropped_total: [[overview.parts.log.droppedLines]],
  };
}

function byWord(counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([word, count]) => [count, word]);
}

function decisionText({ count, totalMs, cumulative }: Durations): string {
  const name = "rpcd_decision_seconds" satisfies MetricName;
  const { help, type } = METRICS[name];
  const buckets = BOUNDS_MS.map((ms, i) => `${name}_bucket{le="${ms / 1_000}"} ${cumulative[i]}`);
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...buckets,
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_sum ${totalMs / 1_000}`,
    `${name}_count ${count}`,
    "",
  ].join("\n");
}
