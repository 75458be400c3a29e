import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { parseDuration } from "../../base/duration.ts";
import { FileProblem } from "../../files/file-problem.ts";
import { usage } from "../io/failure.ts";
import type { Io } from "../io/io.ts";
import type { CONNECTION, Given } from "./options.ts";
import type { FileSettings } from "./settings-file.ts";

/** What of the options decides; a command hands in those it has. */
export type SettingOptions = Partial<Omit<Given<typeof CONNECTION>, "json">>;

const SYSTEM_SOCKET = "/run/rpcd/rpcd.sock";
const SYSTEM_KNOWN_DAEMONS = "/etc/rpcd/known_daemons";

/** Which files tell the host keys. */
export interface KnownDaemonsFiles {
  readonly read: readonly string[];
  /** Where a new one is pinned; nothing if no folder for it is known. */
  readonly write: string | undefined;
}

/**
 * The settings, each by the same precedence:
 *
 *     option > RPCCTL_… in the environment > configuration file > default
 *
 * An empty variable is none. Each is read when it is asked for: a command that needs no key needs no folder
 * for it either.
 */
export class Settings {
  readonly #options: SettingOptions;
  readonly #env: Io["env"];
  readonly #file: FileSettings | undefined;
  readonly #exists: (path: string) => boolean;

  /** @param exists - whether there is a file of that name */
  constructor(
    options: SettingOptions,
    env: Io["env"],
    file: FileSettings | undefined,
    exists: (path: string) => boolean = existsSync,
  ) {
    this.#options = options;
    this.#env = env;
    this.#file = file;
    this.#exists = exists;
  }

  /** @throws Failure if none is given and none can be derived */
  get address(): string {
    const given = this.#options.address ?? this.#variable("RPCCTL_ADDRESS") ?? this.#file?.address;
    if (given !== undefined) return given;
    if (this.#exists(SYSTEM_SOCKET)) return `unix:${SYSTEM_SOCKET}`;
    const state = stateHome(this.#env);
    if (state === undefined) throw unset("--address", "RPCCTL_ADDRESS", "an address", "XDG_STATE_HOME");
    return `unix:${join(state, "rpcd", "rpcd.sock")}`;
  }

  /** The path of the private key. @throws Failure if none is given and none can be derived */
  get identity(): string {
    const given = this.#options.identity ?? this.#variable("RPCCTL_IDENTITY") ?? this.#file?.identity;
    if (given !== undefined) return given;
    const config = configHome(this.#env);
    if (config === undefined)
      throw unset("--identity", "RPCCTL_IDENTITY", "a private key", "XDG_CONFIG_HOME");
    return join(config, "rpcctl", "id_ed25519");
  }

  /** Whether no option names another key: `rpcctl key new` makes the one that is looked for. */
  get hasOwnIdentity(): boolean {
    return this.#options.identity === undefined;
  }

  get knownDaemons(): KnownDaemonsFiles {
    const given =
      this.#options["known-daemons"] ?? this.#variable("RPCCTL_KNOWN_DAEMONS") ?? this.#file?.known_daemons;
    if (given !== undefined) return { read: [given], write: given };
    const state = stateHome(this.#env);
    const own = state === undefined ? undefined : join(state, "rpcctl", "known_daemons");
    return { read: own === undefined ? [SYSTEM_KNOWN_DAEMONS] : [SYSTEM_KNOWN_DAEMONS, own], write: own };
  }

  /** Where catalogues are kept; nothing if no folder for it is known. */
  get cacheFolder(): string | undefined {
    const cache = xdgFolder(this.#env, "XDG_CACHE_HOME", ".cache");
    return cache === undefined ? undefined : join(cache, "rpcctl", "catalogues");
  }

  /** Users who may own the socket; nothing leaves it to the client. The variable parts them by commas. */
  get owners(): readonly string[] | undefined {
    const { owner = [] } = this.#options;
    if (owner.length > 0) return owner;
    return this.#variable("RPCCTL_OWNER")?.split(",") ?? this.#file?.owner;
  }

  /** What `rpcctl doctor` leaves out, beside what its option names: codes of notes and warnings. */
  get doctorIgnore(): readonly string[] {
    return this.#variable("RPCCTL_DOCTOR_IGNORE")?.split(",") ?? this.#file?.doctor_ignore ?? [];
  }

  /** Milliseconds; nothing leaves it to the client. @throws Failure */
  get timeoutMs(): number | undefined {
    const sources = [
      ["--timeout", this.#options.timeout],
      ["RPCCTL_TIMEOUT", this.#variable("RPCCTL_TIMEOUT")],
      [`timeout in ${this.#file?.path ?? ""}`, this.#file?.timeout],
    ] as const;
    for (const [where, text] of sources) {
      if (text === undefined) continue;
      return durationOf(text, where);
    }
    return undefined;
  }

  #variable(name: string): string | undefined {
    return variable(this.#env, name);
  }
}

/** The settings of a command line. The room that reads YAML is loaded only if there is a file to read. */
export async function readSettings(options: SettingOptions, io: Io): Promise<Settings> {
  const named = options.config ?? variable(io.env, "RPCCTL_CONFIG");
  const config = configHome(io.env);
  const path = named ?? (config === undefined ? undefined : join(config, "rpcctl", "rpcctl.yaml"));
  if (path === undefined || (named === undefined && !existsSync(path))) {
    return new Settings(options, io.env, undefined);
  }
  if (!existsSync(path)) {
    const mend =
      options.config === undefined
        ? "RPCCTL_CONFIG names it: unset RPCCTL_CONFIG, or have it name a file that is there"
        : undefined;
    throw new FileProblem("not_found", path, "a configuration was expected here", { mend });
  }
  const { readSettingsFile } = await import("./settings-file.ts");
  return new Settings(options, io.env, readSettingsFile(path));
}

function configHome(env: Io["env"]): string | undefined {
  return xdgFolder(env, "XDG_CONFIG_HOME", ".config");
}

function stateHome(env: Io["env"]): string | undefined {
  return xdgFolder(env, "XDG_STATE_HOME", join(".local", "state"));
}

/** A folder of the XDG Base Directory Specification. It says to take no notice of relative ones. */
function xdgFolder(env: Io["env"], name: string, inHome: string): string | undefined {
  const given = variable(env, name);
  if (given !== undefined && isAbsolute(given)) return given;
  const home = variable(env, "HOME");
  return home !== undefined && isAbsolute(home) ? join(home, inHome) : undefined;
}

function variable(env: Io["env"], name: string): string | undefined {
  const value = env[name];
  return value === "" ? undefined : value;
}

/** Reads a length of time that somebody wrote. @param where - for the message. @returns milliseconds @throws Failure */
export function durationOf(text: string, where: string): number {
  const ms = parseDuration(text);
  if (typeof ms === "number") return ms;
  const unit = /^[0-9]+$/.test(text) ? `a number needs its unit: ${text}s` : undefined;
  throw usage(`${where}: ${ms}, not '${text}'`, unit);
}

function unset(option: string, name: string, what: string, folder: string): Error {
  return usage(
    `${what} is not given, and without HOME and ${folder} there is no place to look for one`,
    `give ${option} or ${name}`,
  );
}
