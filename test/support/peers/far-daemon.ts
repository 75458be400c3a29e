import { connectOver } from "../../../client/index.ts";
import type { Rpc } from "../../../client/rpc.ts";
import { LiveDaemon } from "../live-daemon.ts";
import { FarStreams } from "./far-streams.ts";

/** A daemon with one client, on a line whose bytes are counted. */
export class FarDaemon {
  readonly line: FarStreams;
  readonly rpc: Rpc;
  readonly #live: LiveDaemon;

  private constructor(live: LiveDaemon, line: FarStreams, rpc: Rpc) {
    this.#live = live;
    this.line = line;
    this.rpc = rpc;
  }

  static async start(): Promise<FarDaemon> {
    const live = await LiveDaemon.start();
    const line = new FarStreams();
    await live.daemon.serve(line.far);
    const { identity, hostKey } = live.state;
    return new FarDaemon(
      live,
      line,
      await connectOver(line.near, { identity, hostKeyFingerprints: [hostKey] }),
    );
  }

  async stop(): Promise<void> {
    await this.rpc.close();
    await this.#live.stop();
  }
}
