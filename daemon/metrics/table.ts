/** A metric of the daemon's own. */
interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
}

/**
 * The one table of the daemon's own metrics; docs/metrics.md is held to it. What stands in a label comes from a closed list or
 * from the catalogue: nothing that a peer made up, and no principal or address.
 */
export const METRICS = {
  rpcd_info: { type: "gauge", help: "always 1; the version", labels: ["version"] },
  rpcd_start_time_seconds: { type: "gauge", help: "when the daemon began, since 1970", labels: [] },
  rpcd_draining: {
    type: "gauge",
    help: "1 while the daemon finishes what runs, before it stops",
    labels: [],
  },
  rpcd_connections: { type: "gauge", help: "connections that are open", labels: [] },
  rpcd_connections_before_login: {
    type: "gauge",
    help: "places taken by those that have not logged in",
    labels: [],
  },
  rpcd_connections_ended_before_login_total: {
    type: "counter",
    help: "connections that ended before their login, by the end",
    labels: ["end"],
  },
  rpcd_sessions: { type: "gauge", help: "sessions that are open", labels: [] },
  rpcd_logins_total: { type: "counter", help: "logins, by outcome", labels: ["outcome"] },
  rpcd_verifications_waiting: { type: "gauge", help: "signatures that wait to be verified", labels: [] },
  rpcd_calls_running: { type: "gauge", help: "calls whose work has not ended", labels: [] },
  rpcd_calls_waiting: { type: "gauge", help: "calls that wait for a slot", labels: [] },
  rpcd_calls_total: {
    type: "counter",
    help: "calls that were answered, by method and code; those that no method is known of have none",
    labels: ["method", "code"],
  },
  rpcd_denials_total: {
    type: "counter",
    help: "calls that the gate did not let through, by reason",
    labels: ["reason"],
  },
  rpcd_decision_seconds: {
    type: "histogram",
    help: "how long deciding a call took, without the write to the audit log",
    labels: [],
  },
  rpcd_references: {
    type: "gauge",
    help: "references in use: exported to clients, or imported from them",
    labels: ["direction"],
  },
  rpcd_callbacks_running: {
    type: "gauge",
    help: "calls at what clients have passed, unanswered",
    labels: [],
  },
  rpcd_calls_pipelined: {
    type: "gauge",
    help: "pipelined calls, which wait for the answer of another call",
    labels: [],
  },
  rpcd_held_bytes: {
    type: "gauge",
    help: "cost of what is held: calls, stream items, references, callbacks and unread output, in bytes",
    labels: [],
  },
  rpcd_event_loop_lag_mean_seconds: {
    type: "gauge",
    help: "how late the event loop was, in the last ten seconds",
    labels: [],
  },
  rpcd_event_loop_lag_p99_seconds: { type: "gauge", help: "the same, 99 of 100 looks", labels: [] },
  rpcd_event_loop_lag_max_seconds: { type: "gauge", help: "the same, at the most", labels: [] },
  rpcd_busy_seconds_total: {
    type: "counter",
    help: "time that the event loop worked, for whomever",
    labels: [],
  },
  rpcd_attributed_seconds_total: {
    type: "counter",
    help: "the part of it that is known to be for principals, or for peers that have not logged in",
    labels: ["to"],
  },
  rpcd_busiest_principal_ratio: {
    type: "gauge",
    help: "the part of the last ten seconds that the event loop worked for the one principal for which it worked most",
    labels: [],
  },
  rpcd_policy_info: { type: "gauge", help: "always 1; the policy that is in force", labels: ["hash"] },
  rpcd_policy_generation: {
    type: "gauge",
    help: "1 for the policy at the start, one more for each after it",
    labels: [],
  },
  rpcd_policy_reload_refused: {
    type: "gauge",
    help: "1 while the policy or the configuration on the disk is not in force, since it was refused",
    labels: [],
  },
  rpcd_audit_failing: { type: "gauge", help: "1 while the audit log cannot be written", labels: [] },
  rpcd_audit_records_total: { type: "counter", help: "records written to the audit log", labels: [] },
  rpcd_audit_failures_total: { type: "counter", help: "writes to the audit log that failed", labels: [] },
  rpcd_audit_free_bytes: {
    type: "gauge",
    help: "free space on the disk of the audit log",
    labels: [],
  },
  rpcd_audit_space_low: {
    type: "gauge",
    help: "1 while less than the reserve is free on the disk of the audit log",
    labels: [],
  },
  rpcd_audit_limited_total: {
    type: "counter",
    help: "calls that were refused so that others can be recorded",
    labels: [],
  },
  rpcd_audit_write_seconds_total: {
    type: "counter",
    help: "time spent writing the audit log",
    labels: [],
  },
  rpcd_log_lines_dropped_total: {
    type: "counter",
    help: "lines of the log that its reader did not take in time, or that could not be written",
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof METRICS;
