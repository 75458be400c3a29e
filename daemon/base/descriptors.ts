import { readFileSync } from "node:fs";

/**
 * So many descriptors are never taken by connections: a reload, a sign of life for systemd, the files and children of services
 * need some too, and whoever opens connections must not keep the administrator from revoking their key.
 */
const RESERVED = 128;

/**
 * How many connections there may be at a time, over all listeners, as far as the limit of open files goes (RLIMIT_NOFILE; Node
 * has raised its own to the hard one).
 *
 * @param limits - the text of /proc/self/limits (proc(5))
 */
export function connectionsMax(limits: string): number {
  const files = filesMax(limits);
  // Where there are few, half of them.
  return Math.max(files - RESERVED, Math.floor(files / 2));
}

/** So many connections over the network fewer than in all: whoever looks after the daemon comes through a Unix socket. */
const LOCAL_RESERVE = 16;

/**
 * Whether one more connection may be opened.
 *
 * @param open - connections, logged in or not
 * @param most - see {@link connectionsMax}
 * @param isLocal - whether it comes from this host
 */
export function hasRoomFor(open: number, most: number, isLocal: boolean): boolean {
  return open < (isLocal ? most : most - LOCAL_RESERVE);
}

/** How many files the process may have open. @param limits - the text of /proc/self/limits (proc(5)) */
export function filesMax(limits: string): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits) ?? [];
  return soft === undefined || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

/** What /proc says of this process, or nothing where it says nothing. */
export function readOwnLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    return "";
  }
}
