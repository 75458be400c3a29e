import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type ConnectOptions, connect } from "../../client/index.ts";
import type { Rpc } from "../../client/rpc.ts";
import { Daemon } from "../../daemon/daemon.ts";
import { startDaemon } from "../../daemon/index.ts";
import { type DaemonSetup, type ListenerKind, TestDaemon } from "./daemon.ts";
import { LIVE_GRANTS, LIVE_SERVICE } from "./live-service.ts";
import { RawPeer } from "./peers/raw-peer.ts";

const NOTHING = { calls: 0, exported: 0, imported: 0, callbacks: 0, pipelined: 0, bytes: 0 };

/** A daemon within the test's own process: what it holds can be counted. */
export class LiveDaemon {
  readonly state: TestDaemon;
  readonly #daemon: Daemon;

  private constructor(state: TestDaemon, daemon: Daemon) {
    this.state = state;
    this.#daemon = daemon;
  }

  static async start({ config = "", ...setup }: DaemonSetup = {}): Promise<LiveDaemon> {
    // For its folder: keys, policy, service.
    const state = await TestDaemon.start({ service: LIVE_SERVICE, grants: LIVE_GRANTS, ...setup });
    const file = join(state.folder, "live.yaml");
    const listen = "[unix:live.sock, unix+tls:live-tls.sock, 'tls://127.0.0.1:0']";
    const text = `listen: ${listen}\nservices: [service.mjs]\naudit: live.jsonl\nlog_level: error\n${config}`;
    writeFileSync(file, text, { mode: 0o600 });
    const daemon = await startDaemon(file);
    assert.ok(daemon instanceof Daemon);
    return new LiveDaemon(state, daemon);
  }

  at(kind: ListenerKind): string {
    return this.#daemon.addresses.find((address) => address.startsWith(`${kind}:`)) ?? assert.fail(kind);
  }

  get daemon(): Daemon {
    return this.#daemon;
  }

  peer(kind: ListenerKind = "unix"): Promise<RawPeer> {
    return RawPeer.loggedIn(this.at(kind), this.state.identity);
  }

  connect(options: Partial<ConnectOptions> = {}, kind: ListenerKind = "unix"): Promise<Rpc> {
    const { identity, hostKey } = this.state;
    return connect(this.at(kind), { identity, hostKeyFingerprints: [hostKey], ...options });
  }

  /**
   * Holds what is in use against what should be, once what is under way has come to rest. What runs and what is in use is
   * charged; where there is none of it, nothing is.
   */
  async has(expected: Partial<Omit<typeof NOTHING, "bytes">> = {}): Promise<void> {
    const wanted = { ...NOTHING, ...expected };
    for (let turn = 0; turn < 2_000; turn++) {
      const { calls, exported, imported, callbacks, pipelined, ...counts } = this.#daemon.counts;
      const isIdle = wanted.calls + wanted.exported + wanted.callbacks === 0;
      const bytes = isIdle ? counts.bytes : 0;
      const found = { calls, exported, imported, callbacks, pipelined, bytes };
      if (JSON.stringify(found) === JSON.stringify(wanted)) return;
      if (turn === 1_999) assert.deepEqual(found, wanted);
      await setImmediate();
    }
  }

  async stop(): Promise<void> {
    await this.#daemon.stop();
    assert.equal(await this.state.stop(), 0);
  }
}
