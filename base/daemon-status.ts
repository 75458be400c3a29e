import { isPlainObject } from "./plain-object.ts";

/** How a running daemon is, as it writes it into its status file: for whoever may read that, and speaks no protocol. */
export interface DaemonStatus {
  readonly pid: number;
  /** of the process: see `processStart` */
  readonly processStart: string;
  readonly state: "serving" | "stopping";
  readonly version: string;
  /** of Node */
  readonly node: string;
  /** RFC 3339 */
  readonly started: string;
  /** the path of its configuration */
  readonly config: string;
  readonly listen: readonly string[];
  /** the hash of the one in force */
  readonly policy: string;
  readonly generation: number;
  /** reloads that have begun: whoever asks for one then gets a later one */
  readonly reloadsBegun: number;
  /** reloads that have come to an end */
  readonly reloads: number;
  /** what is wrong with what the last reload found; nothing where that is in force */
  readonly refused: readonly string[] | undefined;
  /** options that were changed and wait for the next start */
  readonly waiting: readonly string[];
}

/** The text of the file. */
export function daemonStatusText(status: DaemonStatus): string {
  return `${JSON.stringify(status, undefined, 2)}\n`;
}

/** Reads it again. @returns nothing where it is no such text */
export function readDaemonStatus(text: string): DaemonStatus | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isPlainObject(found)) return undefined;
  const { pid, processStart, state, version, node, started, config, policy } = found;
  const { listen, generation, reloadsBegun, reloads, refused, waiting } = found;
  if (!isCount(pid) || pid < 1 || !isCount(generation)) return undefined;
  if (!isCount(reloadsBegun) || !isCount(reloads)) return undefined;
  if (state !== "serving" && state !== "stopping") return undefined;
  if (!isText(processStart) || !isText(version) || !isText(node) || !isText(started)) return undefined;
  if (!isText(config) || !isText(policy) || !HASH.test(policy) || !isTexts(listen)) return undefined;
  if (!isTexts(waiting) || !waiting.every((name) => OPTION.test(name))) return undefined;
  if (refused !== undefined && !isTexts(refused)) return undefined;
  return {
    pid,
    processStart,
    state,
    version,
    node,
    started,
    config,
    listen,
    policy,
    generation,
    reloadsBegun,
    reloads,
    refused,
    waiting,
  };
}

// They are printed as they are.
const HASH = /^sha256:[0-9a-f]{64}$/;
const OPTION = /^[a-z_]+$/;

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}
