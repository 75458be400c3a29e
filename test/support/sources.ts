import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE } from "./daemon.ts";

/** The texts of the sources of a room, with its sub-rooms but for one. */
export function sourcesOf(room: string, but?: string): readonly string[] {
  return readdirSync(join(PACKAGE, room), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && (but === undefined || !file.startsWith(`${but}/`)))
    .map((file) => readFileSync(join(PACKAGE, room, file), "utf8"));
}
