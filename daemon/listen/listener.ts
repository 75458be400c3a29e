import type { Duplex } from "node:stream";
import type { Channel } from "../../link/channel.ts";
import type { TlsServer } from "../../link/tls.ts";
import type { Source } from "../base/source.ts";

/** As many may wait in the kernel to be accepted; more than are let in at once. */
export const BACKLOG = 511;

/** A stream that somebody opened, of which nothing is known yet. */
export interface Arrival {
  readonly raw: Duplex;
  /** for whom it counts before the login */
  readonly source: Source;
  /** the peer's address, where it has one: what the policy's `from` looks at */
  readonly address: string | undefined;
  /** Makes a channel of it: at once, or when a handshake is done. Calls back once; destroying `raw` ends it. */
  open(done: (outcome: Channel | Error) => void): void;
}

export interface ListenerEvents {
  arrived(arrival: Arrival): void;
  /** A connection could not be accepted (no descriptors left, say); the next one is tried all the same. */
  failed(error: Error): void;
}

/** Something that accepts connections. */
export interface Listener {
  readonly address: string;
  /** Accepts no more; what is open stays open. */
  close(): Promise<void>;
}

/**
 * An arrival on which TLS is spoken.
 *
 * @param via - `tls` also for a Unix socket with TLS over it: such a socket may be forwarded from anywhere, so no
 *   grant may take it for a local one
 */
export function secured(
  tls: TlsServer,
  raw: Duplex,
  { source, address, via }: { source: Source; address: string | undefined; via: "tls" | "stream" },
): Arrival {
  return {
    raw,
    source,
    address,
    open: (done) => {
      tls.accept(raw, (outcome) => done(outcome instanceof Error ? outcome : { ...outcome, via }));
    },
  };
}
