import type { Duplex } from "node:stream";
import type { ChannelBinding } from "../session/login/transcript.ts";

/**
 * A connected byte stream with what a login needs to know of it. Whatever kind of address it came from,
 * all that follows is the same: this is the one seam at which a kind of channel is added.
 */
export interface Channel {
  readonly socket: Duplex;
  readonly binding: ChannelBinding;
  /** the word that the policy and the audit use */
  readonly via: "unix" | "tls" | "stream";
  /** Lifts the limits of a channel whose peer has not logged in, where it has any of its own. */
  readonly admit?: () => void;
}
