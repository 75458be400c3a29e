import { hash } from "node:crypto";
import { joinBytes, uint32Bytes } from "../../base/bytes.ts";

/** The channel that a login is made for, and what ties the login to this very channel. */
export interface ChannelBinding {
  readonly word: "unix" | "tls";
  /** `unix`: the socket's device and inode, eight bytes each. `tls`: the exporter's 32 bytes (RFC 9266). */
  readonly bytes: Uint8Array;
}

/**
 * All that was said before a moment of the login, as 64 bytes (docs/protocol.md, section 4):
 *
 *     T0 = SHA-512("rpcd/1" | channel word | binding)
 *     T  = SHA-512(T | length: 4 bytes | bytes)      for each body, then for each signature
 *
 * A signature covers the transcript up to and with its own body: so neither end can be shown another
 * offer, another nonce, another key or another channel than the one it sees.
 */
export type Transcript = Uint8Array;

export function beginTranscript({ word, bytes }: ChannelBinding): Transcript {
  return sha512([Buffer.from("rpcd/1", "ascii"), Buffer.from(word, "ascii"), bytes]);
}

export function addToTranscript(transcript: Transcript, bytes: Uint8Array): Transcript {
  return sha512([transcript, uint32Bytes(bytes.length), bytes]);
}

function sha512(parts: readonly Uint8Array[]): Uint8Array {
  return hash("sha512", joinBytes(parts), "buffer");
}
