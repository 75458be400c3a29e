import { join } from "node:path";
import type { PrivateKey } from "../../certs/ed25519.ts";
import { createKeyFiles, loadPrivateKeyFile } from "../../certs/private-key-file.ts";
import { formatPublicKey } from "../../certs/public-key.ts";
import type { Rpc } from "../../client/rpc.ts";
import { type DaemonSetup, type ListenerKind, TestDaemon } from "./daemon.ts";

const WATCHER_GRANTS = `
  watch: {to: admin, call: [rpcd.health, rpcd.stats, rpcd.sessions.list, rpcd.policy.reload], args: any}
  end: {to: admin, call: rpcd.sessions.end, args: any}
`;

/** A daemon with a second principal, `watcher`, who has a grant for each of the methods for operators. */
export class WatchedDaemon {
  readonly daemon: TestDaemon;
  readonly #watcher: PrivateKey;

  private constructor(daemon: TestDaemon, watcher: PrivateKey) {
    this.daemon = daemon;
    this.#watcher = watcher;
  }

  /** @param grants - of the tester, in lines under `grants:` */
  static async start(grants: string, setup: Omit<DaemonSetup, "grants"> = {}): Promise<WatchedDaemon> {
    const daemon = await TestDaemon.start({ ...setup, grants: "grants: {}\n" });
    const path = join(daemon.folder, "watcher_key");
    const key = formatPublicKey(await createKeyFiles(path, "watcher"));
    const identities = `  watcher:\n    keys: ["${key}"]\n    roles: [admin]\n`;
    daemon.writePolicy(`grants:${WATCHER_GRANTS}${grants}`, identities);
    if (!(await daemon.reload())) throw new Error(daemon.log.join("\n"));
    return new WatchedDaemon(daemon, loadPrivateKeyFile(path).key);
  }

  /** Connects as the watcher. */
  watch(kind: ListenerKind = "unix"): Promise<Rpc> {
    return this.daemon.connect({ identity: this.#watcher }, kind);
  }
}
