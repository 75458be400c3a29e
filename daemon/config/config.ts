import { resolve } from "node:path";
import { assertNever } from "../../base/assert-never.ts";
import { closest } from "../../base/closest.ts";
import { escapeText } from "../../base/escape.ts";
import { type Address, AddressError, parseAddress } from "../../link/address.ts";
import type { LivenessLimits } from "../../link/liveness.ts";
import { FILE_START, hasErrors, inOrder, type Place, type Problem } from "../../yaml/problem.ts";
import { readYaml } from "../../yaml/read.ts";
import { nodeWords, type YamlNode } from "../../yaml/tree.ts";
import type { AdmissionLimits, Startups } from "../limits/admission.ts";
import type { DeniedCallLimits } from "../limits/denied-calls.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "../log/log.ts";
import { type MetricsAddress, parseMetricsAddress } from "./metrics-address.ts";
import { MIB, OPTIONS, type Option, type OptionName } from "./options.ts";

/** The configuration as the daemon uses it: every path absolute, every default in its place. */
export interface Config {
  readonly listen: readonly Address[];
  /** permission bits */
  readonly socketMode: number;
  readonly hostKey: string;
  readonly otherHostKeys: readonly string[];
  readonly policy: string;
  readonly services: readonly string[];
  readonly audit: string;
  /** in bytes */
  readonly auditReserve: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly loginTimeoutMs: number;
  readonly admission: AdmissionLimits;
  readonly connectionsPerPrincipal: number;
  /** what all principals together may hold, in bytes of cost */
  readonly heldMax: number;
  readonly liveness: LivenessLimits;
  readonly deniedCalls: DeniedCallLimits;
  readonly referenceIdleMs: number;
  readonly drainTimeoutMs: number;
  readonly statusFile: string;
  /** none where no metrics are served */
  readonly metrics: MetricsAddress | undefined;
}

/** What came of reading a configuration file; `config` is missing exactly where a problem is an error. */
export interface LoadedConfig {
  readonly config: Config | undefined;
  readonly problems: readonly Problem[];
  /** The text, for excerpts. */
  readonly source: string;
}

/** More entries of a list than anybody has. */
const PATHS_MAX = 1_024;

type Value = string | number | readonly string[];

/**
 * Reads a configuration file through the same strict gate as the policy. All problems are reported.
 *
 * @param folder - where paths that are not absolute begin
 */
export function loadConfig(bytes: Uint8Array, folder: string): LoadedConfig {
  const { root, problems, source } = readYaml(bytes);
  if (hasErrors(problems)) return { config: undefined, problems, source };
  const reader = new ConfigReader(folder);
  const values = reader.read(root);
  const all = inOrder([...problems, ...reader.problems]);
  return { config: hasErrors(all) ? undefined : build(values, folder), problems: all, source };
}

class ConfigReader {
  readonly problems: Problem[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The value of every option: what stands there, or its default. */
  read(root: YamlNode | undefined): ReadonlyMap<OptionName, Value> {
    const values = new Map<OptionName, Value>();
    if (root !== undefined && root.kind !== "map") {
      this.#error("C203", root.at, `a map of options was expected, but ${nodeWords(root)} stands here`);
      return values;
    }
    for (const { key, keyAt } of root?.entries.values() ?? []) this.#knownOption(key, keyAt);
    for (const option of OPTIONS) {
      const node = root?.entries.get(option.name)?.value;
      const value = node === undefined ? option.default : this.#value(option, node);
      if (value !== undefined) values.set(option.name, this.#resolved(option, value, node?.at ?? FILE_START));
    }
    return values;
  }

  #knownOption(key: string, at: Place): void {
    if (OPTIONS.some(({ name }) => name === key)) return;
    const near = closest(
      key,
      OPTIONS.map(({ name }) => name),
    );
    const hint =
      near === undefined
        ? `the options are ${OPTIONS.map(({ name }) => name).join(", ")}`
        : `did you mean '${near}'?`;
    this.#error("C201", at, `there is no option '${escapeText(key)}'`, hint);
  }

  #value(option: Option, node: YamlNode): Value | undefined {
    switch (option.type) {
      case "path":
      case "metrics_address":
        return this.#text(option, node);
      case "paths":
      case "addresses": {
        const nodes = node.kind === "list" ? node.items : [node];
        const max = option.type === "paths" ? (option.max ?? PATHS_MAX) : PATHS_MAX;
        if (nodes.length > max)
          return this.#error("C208", node.at, `${option.name}: at most ${max}, not ${nodes.length}`);
        const texts = nodes.map((one) => this.#text(option, one));
        return texts.every((text) => text !== undefined) ? texts : undefined;
      }
      case "mode": {
        const text = this.#text(option, node);
        if (text === undefined || /^0[0-7]{3}$/.test(text)) return text;
        return this.#error(
          "C208",
          node.at,
          `${option.name}: a mode as chmod writes it was expected, "0660" for example`,
        );
      }
      case "word": {
        const text = this.#text(option, node);
        if (text === undefined || option.words.includes(text)) return text;
        return this.#error("C208", node.at, `${option.name}: one of ${option.words.join(", ")} was expected`);
      }
      case "startups": {
        const text = this.#text(option, node);
        if (text === undefined || readStartups(text) !== undefined) return text;
        return this.#error("C208", node.at, `${option.name}: ${STARTUPS_RULE}`);
      }
      case "whole": {
        const value = node.kind === "scalar" ? node.value : undefined;
        const { min, max, unit } = option;
        if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max)
          return value;
        return this.#error(
          "C208",
          node.at,
          `${option.name}: a whole number from ${min} to ${max} (${unit}) was expected`,
        );
      }
      default:
        return assertNever(option, "an option");
    }
  }

  #text({ name }: Option, node: YamlNode): string | undefined {
    if (node.kind === "scalar" && typeof node.value === "string" && node.value !== "") return node.value;
    const isEmpty = node.kind === "scalar" && node.value === "";
    const hint = node.kind === "scalar" && node.source !== "" ? "put it between quotes" : undefined;
    return this.#error(
      "C203",
      node.at,
      `${name}: a text was expected, but ${isEmpty ? "an empty one" : nodeWords(node)} stands here`,
      isEmpty ? undefined : hint,
    );
  }

  readonly #absolute = (path: string): string => resolve(this.#folder, path);

  #resolved({ name, type }: Option, value: Value, at: Place): Value {
    if (type === "path" && typeof value === "string") return this.#absolute(value);
    if (type === "metrics_address" && typeof value === "string" && value !== "")
      this.#readable(name, at, () => parseMetricsAddress(value, this.#absolute));
    if (type === "paths" && typeof value === "object") return value.map(this.#absolute);
    if (type !== "addresses" || typeof value !== "object") return value;
    if (value.length === 0) this.#error("C208", at, `${name}: at least one address was expected`);
    for (const address of value) this.#readable(name, at, () => parseAddress(address, this.#absolute));
    return value;
  }

  #readable(name: OptionName, at: Place, read: () => unknown): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      this.#error("C208", at, `${name}: ${error.message}`);
    }
  }

  #error(code: string, at: Place, text: string, hint?: string): undefined {
    this.problems.push({ code, severity: "error", at, text, ...(hint === undefined ? {} : { hint }) });
  }
}

function build(values: ReadonlyMap<OptionName, Value>, folder: string): Config {
  const text = (name: OptionName): string => expect(values.get(name), "string", name);
  const whole = (name: OptionName): number => expect(values.get(name), "number", name);
  const list = (name: OptionName): readonly string[] => {
    const value = values.get(name);
    if (typeof value !== "object") throw new Error(`option ${name} is no list`);
    return value;
  };
  const startups = (name: OptionName): Startups => {
    const read = readStartups(text(name));
    if (read === undefined) throw new Error(`option ${name} was not checked`);
    return read;
  };
  const absolute = (path: string): string => resolve(folder, path);
  const metrics = text("metrics");
  return {
    listen: list("listen").map((address) => parseAddress(address, absolute)),
    socketMode: Number.parseInt(text("socket_mode"), 8),
    hostKey: text("host_key"),
    otherHostKeys: list("other_host_keys"),
    policy: text("policy"),
    services: list("services"),
    audit: text("audit"),
    auditReserve: MIB * whole("audit_reserve_mib"),
    logLevel: LOG_LEVELS.find((level) => level === text("log_level")) ?? "info",
    logFormat: LOG_FORMATS.find((format) => format === text("log_format")) ?? "auto",
    loginTimeoutMs: whole("login_timeout_ms"),
    admission: {
      network: startups("max_startups"),
      local: startups("max_startups_local"),
      perSource: whole("max_startups_per_source"),
    },
    connectionsPerPrincipal: whole("max_connections_per_principal"),
    heldMax: MIB * whole("max_held_mib"),
    liveness: { silentMs: whole("ping_after_ms"), answerMs: whole("ping_timeout_ms") },
    deniedCalls: { burst: whole("denied_calls_burst"), perSecond: whole("denied_calls_per_second") },
    referenceIdleMs: whole("reference_idle_ms"),
    drainTimeoutMs: whole("drain_timeout_ms"),
    statusFile: text("status_file"),
    metrics: metrics === "" ? undefined : parseMetricsAddress(metrics, absolute),
  };
}

const STARTUPS_RULE =
  'three numbers as sshd has them were expected, between quotes: "10:30:100" is START:PERCENT:FULL, START up to FULL, FULL at most 65536';

function readStartups(text: string): Startups | undefined {
  const [, start = Number.NaN, percent = Number.NaN, full = Number.NaN] = (
    /^([0-9]{1,5}):([0-9]{1,3}):([0-9]{1,5})$/.exec(text) ?? []
  ).map(Number);
  const isGood = start >= 1 && start <= full && percent <= 100 && full <= 65_536;
  return isGood ? { start, percent, full } : undefined;
}

function expect(value: Value | undefined, type: "string", name: string): string;
function expect(value: Value | undefined, type: "number", name: string): number;
function expect(value: Value | undefined, type: string, name: string): Value {
  if (typeof value !== type || value === undefined) throw new Error(`option ${name} is no ${type}`);
  return value;
}
