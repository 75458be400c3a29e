import { CALL_DEADLINE_MAX_MS, LOGIN_DEADLINE_MS, OTHER_HOST_KEYS_MAX } from "../../wire/limits.ts";
import { HELD_COST_MAX, REFERENCE_IDLE_MS } from "../base/limits.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../log/log.ts";

export const MIB = 1024 * 1024;

/** The names that stand in the file. */
export type OptionName =
  | "listen"
  | "socket_mode"
  | "host_key"
  | "other_host_keys"
  | "policy"
  | "services"
  | "audit"
  | "audit_reserve_mib"
  | "log_level"
  | "log_format"
  | "login_timeout_ms"
  | "max_startups"
  | "max_startups_local"
  | "max_startups_per_source"
  | "max_connections_per_principal"
  | "max_held_mib"
  | "ping_after_ms"
  | "ping_timeout_ms"
  | "denied_calls_burst"
  | "denied_calls_per_second"
  | "reference_idle_ms"
  | "drain_timeout_ms"
  | "status_file"
  | "metrics";

/** What an option of the configuration file may be. Paths that are not absolute begin at the file's folder. */
type OptionKind =
  | { readonly type: "path" }
  | { readonly type: "paths"; readonly max?: number }
  | { readonly type: "addresses" }
  | { readonly type: "metrics_address" }
  | { readonly type: "mode" }
  | { readonly type: "startups" }
  | { readonly type: "word"; readonly words: readonly string[] }
  | { readonly type: "whole"; readonly min: number; readonly max: number; readonly unit: string };

export type Option = OptionKind & {
  readonly name: OptionName;
  /** in the form in which it stands in the file */
  readonly default: string | number | readonly string[];
  readonly meaning: string;
  /** whether a reload puts what stands there in force; what does not waits for the next start */
  readonly reloads?: true;
};

/**
 * The one table of options: the checks are made from it, and the table in docs/configuration.md is held to it. No option
 * switches a check off, and none can be set by an environment variable.
 */
export const OPTIONS: readonly Option[] = [
  {
    name: "listen",
    type: "addresses",
    default: ["unix:rpcd.sock"],
    meaning: "the addresses to listen on; a list, or one",
  },
  {
    name: "socket_mode",
    type: "mode",
    default: "0600",
    meaning:
      "who may connect to a Unix socket at all, as chmod writes it, between quotes; the login decides the rest",
  },
  {
    name: "host_key",
    type: "path",
    default: "host_key",
    meaning: "the daemon's private key, an OpenSSH Ed25519 key file",
  },
  {
    name: "other_host_keys",
    type: "paths",
    max: OTHER_HOST_KEYS_MAX,
    default: [],
    meaning: "private keys that clients shall know too, for a change of the host key",
  },
  { name: "policy", type: "path", default: "policy.yaml", meaning: "who may call what" },
  { name: "services", type: "paths", default: [], meaning: "the modules whose default exports are services" },
  {
    name: "audit",
    type: "path",
    default: "audit.jsonl",
    meaning: "the audit log: a line for each login and each decision",
  },
  {
    name: "audit_reserve_mib",
    reloads: true,
    type: "whole",
    min: 0,
    max: 1_048_576,
    unit: "MiB",
    default: 64,
    meaning:
      "free space on the disk of the audit log, or a tenth of that disk where it is less, below which the principals with the most calls are limited first, so that others and the operators are still recorded; 0 limits nobody",
  },
  {
    name: "log_level",
    reloads: true,
    type: "word",
    words: LOG_LEVELS,
    default: "info",
    meaning: "the least level that is logged",
  },
  {
    name: "log_format",
    type: "word",
    words: LOG_FORMATS,
    default: "auto",
    meaning: "auto: pretty on a terminal, for the journal under systemd, else JSON",
  },
  {
    name: "login_timeout_ms",
    reloads: true,
    type: "whole",
    min: 100,
    max: 60_000,
    unit: "ms",
    default: LOGIN_DEADLINE_MS,
    meaning: "from accept to the end of the login; bytes that arrive do not refresh it",
  },
  {
    name: "max_startups",
    reloads: true,
    type: "startups",
    default: "10:30:100",
    meaning:
      "connections over the network before their login: from the first number on a new one is dropped with so many percent, growing to all at the last",
  },
  {
    name: "max_startups_local",
    reloads: true,
    type: "startups",
    default: "100:30:200",
    meaning: "the same for Unix sockets, which count apart",
  },
  {
    name: "max_startups_per_source",
    reloads: true,
    type: "whole",
    min: 1,
    max: 65_536,
    unit: "connections",
    default: 10,
    meaning: "of one address before their login; of one /64 for IPv6",
  },
  {
    name: "max_connections_per_principal",
    reloads: true,
    type: "whole",
    min: 1,
    max: 65_536,
    unit: "connections",
    default: 16,
    meaning: "after the login; one more login is refused",
  },
  {
    name: "max_held_mib",
    reloads: true,
    type: "whole",
    min: 48,
    max: 65_536,
    unit: "MiB",
    default: HELD_COST_MAX / MIB,
    meaning:
      "memory, counted as cost (limits.md), that may be held for all principals together; one principal may hold a quarter of what the others leave. Keep `MemoryMax=` of the unit 256 MiB above it",
  },
  {
    name: "ping_after_ms",
    reloads: true,
    type: "whole",
    min: 1_000,
    max: 60 * 60_000,
    unit: "ms",
    default: 30_000,
    meaning: "how long a client may be silent before the daemon asks whether it is alive",
  },
  {
    name: "ping_timeout_ms",
    reloads: true,
    type: "whole",
    min: 1_000,
    max: 10 * 60_000,
    unit: "ms",
    default: 15_000,
    meaning: "how long the daemon then waits for a sign of life before it closes the connection",
  },
  {
    name: "denied_calls_burst",
    reloads: true,
    type: "whole",
    min: 1,
    max: 1_000_000,
    unit: "calls",
    default: 100,
    meaning:
      "calls of one principal that may be denied at once; beyond it they are counted, and the connection that made them is answered `resource_exhausted` for a while",
  },
  {
    name: "denied_calls_per_second",
    reloads: true,
    type: "whole",
    min: 1,
    max: 1_000_000,
    unit: "calls a second",
    default: 10,
    meaning: "how fast that number comes back",
  },
  {
    name: "reference_idle_ms",
    reloads: true,
    type: "whole",
    min: 1_000,
    max: 24 * 60 * 60_000,
    unit: "ms",
    default: REFERENCE_IDLE_MS,
    meaning:
      "how long a client may hold an object, a function or a stream that a method returned, and not use it",
  },
  {
    name: "drain_timeout_ms",
    reloads: true,
    type: "whole",
    min: 0,
    max: CALL_DEADLINE_MAX_MS,
    unit: "ms",
    default: 10_000,
    meaning: "how long running calls may go on after SIGTERM",
  },
  {
    name: "status_file",
    type: "path",
    default: "rpcd.status.json",
    meaning: "where a running daemon says how it is, for `rpcd reload` and `rpcctl doctor`",
  },
  {
    name: "metrics",
    type: "metrics_address",
    default: "",
    meaning: "where Prometheus reads metrics, on this host alone; nowhere if nothing is said",
  },
];
