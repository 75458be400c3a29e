import assert from "node:assert/strict";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { connect, KnownDaemons, loadKey, type RemoteService, type Rpc } from "../../client/index.ts";
import { answerJobs } from "../answer-jobs.ts";
import type { LiveJob, Timing } from "../jobs.ts";
import type { Client } from "../loops.ts";
import { ECHO_BYTES, FLIGHT_DEPTH } from "../plan.ts";
import { runLive } from "./live.ts";
import type { BenchService } from "./service.ts";

/*
 * A client process of rpcd: node client.js ADDRESS STATE-FOLDER. It uses what any program would use, the
 * proxy of a typed service, and looks at every answer.
 */

class RpcdClient implements Client {
  readonly #open: () => Promise<Rpc>;
  #kept: Promise<Rpc> | undefined;
  readonly #held: Rpc[] = [];

  /** @param open - connects and logs in */
  constructor(open: () => Promise<Rpc>) {
    this.#open = open;
  }

  async sequence(latenciesUs: Float64Array): Promise<void> {
    const { add } = await this.#service();
    for (let i = 0; i < latenciesUs.length; i++) {
      const sentAt = performance.now();
      const sum = await add(i, 7);
      latenciesUs[i] = (performance.now() - sentAt) * 1000;
      if (sum !== i + 7) throw wrong(sum);
    }
  }

  async flight(calls: number): Promise<void> {
    const { add } = await this.#service();
    let sent = 0;
    const lane = async (): Promise<void> => {
      while (sent < calls) {
        const a = sent++;
        const sum = await add(a, 7);
        if (sum !== a + 7) throw wrong(sum);
      }
    };
    await Promise.all(Array.from({ length: FLIGHT_DEPTH }, lane));
  }

  async echo(calls: number): Promise<void> {
    const { echo } = await this.#service();
    const payload = Buffer.alloc(ECHO_BYTES, "payload");
    for (let i = 0; i < calls; i++) {
      payload.writeUInt32BE(i);
      const back = await echo(payload);
      if (!payload.equals(back)) throw wrong(`${back.length} bytes`);
    }
  }

  async visits(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const rpc = await this.#open();
      const sum = await rpc.service<BenchService>().add(i, 7);
      if (sum !== i + 7) throw wrong(sum);
      await rpc.close();
    }
  }

  async hold(connections: number): Promise<void> {
    while (this.#held.length < connections) this.#held.push(await this.#open());
  }

  async live(job: LiveJob): Promise<Timing> {
    this.#kept ??= this.#open();
    return runLive(await this.#kept, job);
  }

  async #service(): Promise<RemoteService<BenchService>> {
    this.#kept ??= this.#open();
    return (await this.#kept).service<BenchService>();
  }
}

function wrong(found: unknown): Error {
  return new Error(`a wrong answer: ${String(found)}`);
}

const [address = assert.fail("no address"), folder = assert.fail("no folder")] = process.argv.slice(2);
const identity = await loadKey(join(folder, "client", "id_ed25519"));
// One host key, whichever of its addresses is called.
const pins = KnownDaemons.read([join(folder, "client", "known_daemons")]);
const hostKeyFingerprints = pins.fingerprints(`unix:${join(folder, "rpcd.sock")}`);

await answerJobs(new RpcdClient(() => connect(address, { identity, hostKeyFingerprints })));
