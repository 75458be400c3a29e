import { resolve } from "node:path";
import { escapeText } from "../base/escape.ts";
import { unixPathFlaw } from "../link/unix-path.ts";
import { closest } from "../policy/closest.ts";
import { FILE_START, hasErrors, inOrder, type Place, type Problem } from "../policy/problem.ts";
import { readYaml } from "../policy/yaml.ts";
import { nodeWords, type YamlNode } from "../policy/yaml-tree.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "./log.ts";
import { OPTIONS, type Option, type OptionName } from "./options.ts";

/** The configuration as the daemon uses it: every path absolute, every default in its place. */
export interface Config {
  /** paths of Unix sockets */
  readonly listen: readonly string[];
  /** permission bits */
  readonly socketMode: number;
  readonly hostKey: string;
  readonly policy: string;
  readonly services: readonly string[];
  readonly audit: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly loginTimeoutMs: number;
  readonly drainTimeoutMs: number;
}

/** What came of reading a configuration file; `config` is missing exactly where a problem is an error. */
export interface LoadedConfig {
  readonly config: Config | undefined;
  readonly problems: readonly Problem[];
  /** The text, for excerpts. */
  readonly source: string;
}

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
  return { config: hasErrors(all) ? undefined : build(values), problems: all, source };
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
        return this.#text(option, node);
      case "paths":
      case "addresses": {
        const nodes = node.kind === "list" ? node.items : [node];
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
        return unreachable(option);
    }
  }

  #text({ name }: Option, node: YamlNode): string | undefined {
    if (node.kind === "scalar" && typeof node.value === "string" && node.value !== "") return node.value;
    const hint = node.kind === "scalar" && node.source !== "" ? "put it between quotes" : undefined;
    return this.#error(
      "C203",
      node.at,
      `${name}: a text was expected, but ${nodeWords(node)} stands here`,
      hint,
    );
  }

  #resolved({ name, type }: Option, value: Value, at: Place): Value {
    if (type === "path" && typeof value === "string") return resolve(this.#folder, value);
    if (type === "paths" && typeof value === "object")
      return value.map((path) => resolve(this.#folder, path));
    if (type !== "addresses" || typeof value !== "object") return value;
    if (value.length === 0) this.#error("C208", at, `${name}: at least one address was expected`);
    return value.map((address) => this.#socketPath(name, address, at));
  }

  #socketPath(name: string, address: string, at: Place): string {
    const path = resolve(this.#folder, address.replace(/^unix:/, ""));
    const flaw = address.startsWith("unix:")
      ? unixPathFlaw(path)
      : `'${escapeText(address)}' is no address: unix:/path/of/the/socket was expected`;
    if (flaw !== undefined) this.#error("C208", at, `${name}: ${flaw}`);
    return path;
  }

  #error(code: string, at: Place, text: string, hint?: string): undefined {
    this.problems.push({ code, severity: "error", at, text, ...(hint === undefined ? {} : { hint }) });
  }
}

function build(values: ReadonlyMap<OptionName, Value>): Config {
  const text = (name: OptionName): string => expect(values.get(name), "string", name);
  const whole = (name: OptionName): number => expect(values.get(name), "number", name);
  const list = (name: OptionName): readonly string[] => {
    const value = values.get(name);
    if (typeof value !== "object") throw new Error(`option ${name} is no list`);
    return value;
  };
  return {
    listen: list("listen"),
    socketMode: Number.parseInt(text("socket_mode"), 8),
    hostKey: text("host_key"),
    policy: text("policy"),
    services: list("services"),
    audit: text("audit"),
    logLevel: LOG_LEVELS.find((level) => level === text("log_level")) ?? "info",
    logFormat: LOG_FORMATS.find((format) => format === text("log_format")) ?? "auto",
    loginTimeoutMs: whole("login_timeout_ms"),
    drainTimeoutMs: whole("drain_timeout_ms"),
  };
}

function expect(value: Value | undefined, type: "string", name: string): string;
function expect(value: Value | undefined, type: "number", name: string): number;
function expect(value: Value | undefined, type: string, name: string): Value {
  if (typeof value !== type || value === undefined) throw new Error(`option ${name} is no ${type}`);
  return value;
}

function unreachable(option: never): never {
  throw new Error(`an option of no known type: ${JSON.stringify(option)}`);
}
