import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../support/failure.ts";

/** What came of a command in the container. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A Debian that runs a systemd of its own, in a folder that `.ci/container` has made. */
export class Container {
  readonly root: string;
  readonly #nspawn: ChildProcess;
  readonly #leader: number;

  private constructor(root: string, nspawn: ChildProcess, leader: number) {
    this.root = root;
    this.#nspawn = nspawn;
    this.#leader = leader;
  }

  /** Boots it. @param root - the folder */
  static async boot(root: string): Promise<Container> {
    const flags = [
      "--boot",
      "--register=no",
      "--keep-unit",
      "--private-network",
      "--console=pipe",
      "--quiet",
    ];
    const nspawn = spawn("systemd-nspawn", [`--directory=${root}`, "--machine=rpcd-test", ...flags], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const pid = nspawn.pid ?? 0;
    await until(() => initOf(pid) !== undefined);
    const leader = initOf(pid) ?? 0;
    const container = new Container(root, nspawn, leader);
    // `degraded` is good enough: a container has no kernel modules to load.
    await until(async () =>
      /running|degraded/.test((await container.try(["systemctl", "is-system-running"])).out),
    );
    return container;
  }

  /** Runs a command as root, or as a user with their groups. */
  async try(command: readonly string[], { user }: { readonly user?: string } = {}): Promise<Ran> {
    const home = user === undefined ? "/root" : `/home/${user}`;
    const env = ["/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", `HOME=${home}`, "LANG=C.UTF-8"];
    const as = user === undefined ? [] : ["runuser", "-u", user, "--"];
    const child = spawn("nsenter", [`--target=${this.#leader}`, "--all", ...env, ...as, ...command], {
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: `kill -9 0` in there is not the end of the test.
      detached: true,
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()));
    const [code] = await once(child, "close");
    return { code: code === null ? -1 : Number(code), out, err };
  }

  /** As {@link try}, for what must go well. @returns what it printed */
  async run(command: readonly string[], as: { readonly user?: string } = {}): Promise<string> {
    const { code, out, err } = await this.try(command, as);
    if (code === 0) return out.trim();
    throw new Error(`${command.join(" ")}: exit ${code}\n${out}${err}`);
  }

  /** One property of a unit, as `systemctl show` has it. */
  property(name: string, unit = "rpcd.service"): Promise<string> {
    return this.run(["systemctl", "show", "--property", name, "--value", unit]);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.root, path), text);
  }

  /** Changes a file in place: its owner and mode stay. */
  edit(path: string, change: (text: string) => string): void {
    this.write(path, change(this.read(path)));
  }

  /** Ends it as a power switch would, and waits until it is gone. */
  async stop(): Promise<void> {
    const gone = once(this.#nspawn, "exit");
    // SIGRTMIN+4 to the init of the container: power off, orderly.
    execFileSync("kill", ["-s", "RTMIN+4", String(this.#leader)]);
    await gone;
  }
}

/** The child that is process 1 where it lives: nspawn has others for a moment. */
function initOf(nspawn: number): number | undefined {
  const children = readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, "utf8").trim().split(" ");
  const found = children.find((pid) => {
    try {
      return /^NSpid:\t.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  });
  return found === undefined ? undefined : Number(found);
}
