import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "./temp-folder.ts";

/** A disk that is soon full. */
export interface SmallDisk {
  readonly path: string;
  /** Leaves no room. */
  fill(): void;
  /** Gives the room back. */
  empty(): void;
  remove(): void;
}

function mounted(size: string): SmallDisk | undefined {
  const { path: folder, remove } = tempFolder();
  const path = join(folder, "disk");
  mkdirSync(path, { mode: 0o700 });
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", path]).status !== 0) {
    remove();
    return undefined;
  }
  const ballast = join(path, "ballast");
  return {
    path,
    fill: () => void spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=4096", "count=1000"]),
    empty: () => rmSync(ballast),
    remove: () => {
      execFileSync("umount", [path]);
      remove();
    },
  };
}

const probe = mounted("16k");
probe?.remove();

/** Why there is none. */
export const NO_DISK: string | false = probe === undefined ? "this user may mount no disk" : false;

/** @param size - as mount takes it: `16k` is four pages */
export function smallDisk(size: string): SmallDisk {
  const disk = mounted(size);
  if (disk === undefined) throw new Error("no disk");
  return disk;
}
