import type { Channel } from "../../link/channel.ts";
import { LOCAL } from "../base/source.ts";
import type { Admission } from "../limits/admission.ts";
import type { Arrived } from "../login/connection.ts";
import type { LoginCore } from "../login/login-core.ts";
import type { Arrival } from "./listener.ts";

/**
 * Where every connection comes in, whatever listener it came from.
 *
 *     arrival --(a place is free)--> opening --(handshake done; at once without TLS)--> connection
 *        +--(none is)--> dropped       +--(failed, or the login deadline is over)--> closed
 *
 * The deadline of the login runs from here, over the handshake and the login together.
 */
export class Reception {
  readonly #core: LoginCore;
  readonly #admission: Admission;
  readonly #hasRoom: (opening: number, isLocal: boolean) => boolean;
  readonly #connected: (channel: Channel, arrived: Arrived) => void;
  readonly #opening = new Set<Arrival>();

  /** @param hasRoom - whether one more may be opened beside so many that are opening */
  constructor(
    core: LoginCore,
    admission: Admission,
    hasRoom: (opening: number, isLocal: boolean) => boolean,
    connected: (channel: Channel, arrived: Arrived) => void,
  ) {
    this.#core = core;
    this.#admission = admission;
    this.#hasRoom = hasRoom;
    this.#connected = connected;
  }

  /** Connections before their login: a test that counts what is left looks here. */
  get places(): number {
    return this.#admission.open;
  }

  receive(arrival: Arrival): void {
    const { clock, config, deadlines, strangers } = this.#core;
    const { raw, source, address } = arrival;
    // It will never tell that it has closed.
    if (raw.destroyed) return;
    const isLocal = source === LOCAL;
    if (!this.#hasRoom(this.#opening.size, isLocal)) {
      raw.destroy();
      strangers.ended("dropped: no descriptors left for connections", { source });
      return;
    }
    const place = this.#admission.enter(source);
    if (place === undefined) {
      raw.destroy();
      strangers.ended("dropped: too many connections before their login", { source });
      return;
    }
    const until = clock.monotonicMs() + config.loginTimeoutMs;
    // A stream need not tell that it has closed: the deadline ends it here whatever it does.
    const deadline = deadlines.start(config.loginTimeoutMs, () => {
      raw.destroy();
      settle(new Error("the login deadline is over"));
    });
    this.#opening.add(arrival);
    const settle = (outcome: Channel | Error): void => {
      if (!this.#opening.delete(arrival)) return;
      deadlines.stop(deadline);
      if (outcome instanceof Error) {
        place.leave();
        strangers.ended("a TLS handshake failed", { source, error: outcome.message });
        return;
      }
      this.#connected(outcome, { place, address, isLocal, loginDeadlineMs: until - clock.monotonicMs() });
    };
    arrival.open(settle);
  }

  /** Ends what is still opening. */
  close(): void {
    for (const { raw } of this.#opening) raw.destroy(new Error("the daemon stops"));
  }
}
