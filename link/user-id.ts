import { readFileSync } from "node:fs";

/** The user id of a local user, or `undefined` if /etc/passwd names none (passwd(5)). */
export function userId(name: string): number | undefined {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [user, , id] = line.split(":");
    if (user === name && id !== undefined && /^\d+$/.test(id)) return Number(id);
  }
  return undefined;
}
