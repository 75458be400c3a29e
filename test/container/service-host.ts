import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE } from "../support/daemon.ts";
import { Container, type Ran } from "./container.ts";

export const POLICY = "/etc/rpcd/policy.yaml";
export const CONFIG = "/etc/rpcd/rpcd.yaml";
export const ALICE = { user: "alice" };

/** The page that tells an administrator how: what is run here stands there. */
const DOC = readFileSync(join(PACKAGE, "docs", "operations.md"), "utf8");

/** A command of that page. */
export function told(command: string): string {
  assert.ok(DOC.includes(command), `docs/operations.md tells of no '${command}'`);
  return command;
}

/** The unit file that stands on that page under its path. */
export function toldUnit(path: string): string {
  const [, text] = new RegExp(`\`\`\`ini\\n# ${path}\\n([^\`]*)\`\`\``).exec(DOC) ?? [];
  return text ?? assert.fail(`docs/operations.md has no ${path}`);
}

/** A host with the service on it, and alice who calls. */
export class ServiceHost {
  readonly box: Container;

  private constructor(box: Container) {
    this.box = box;
  }

  /** Boots the root file system that `.ci/container` has made. */
  static async boot(): Promise<ServiceHost> {
    return new ServiceHost(await Container.boot(process.env["RPCD_CONTAINER"] ?? ""));
  }

  sh(command: string): Promise<string> {
    return this.box.run(["/bin/sh", "-c", command]);
  }

  rpcctl(words: readonly string[], user = "alice"): Promise<Ran> {
    return this.box.try(["rpcctl", ...words], { user });
  }

  /** A call of alice's. @returns what it printed */
  async call(...words: string[]): Promise<string> {
    const { code, out, err } = await this.rpcctl(["call", ...words]);
    assert.equal(code, 0, err);
    return out.trim();
  }

  reload(): Promise<Ran> {
    return this.box.try(["systemctl", "reload", "rpcd"]);
  }

  /** Restarts the service after it has failed on purpose. */
  async restart(): Promise<void> {
    await this.box.run(["systemctl", "reset-failed", "rpcd.service", "rpcd.socket"]);
    await this.box.run(["systemctl", "restart", "rpcd.socket", "rpcd.service"]);
  }

  /** What the journal has of the service, from a priority up. */
  journal(priority = "debug"): Promise<string> {
    return this.box.run(["journalctl", "-u", "rpcd", "-o", "cat", "--no-pager", "-p", priority]);
  }

  /** The lines of the audit log. */
  audit(): readonly Readonly<Record<string, unknown>>[] {
    return this.box
      .read("/var/log/rpcd/audit.jsonl")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  }
}
