/* Limits of a link in this implementation. The limits of the protocol are in wire/limits.ts. */

/**
 * Encrypted bytes of a peer up to its verdict, in bytes: the handshake of TLS and the login together. More is not decrypted. Measured:
 * 535 for a login of our own client, 1,761 where its TLS sends a share of a post-quantum key as well (Node 24 and 26).
 */
export const LOGIN_ENCRYPTED_MAX_BYTES = 16 * 1024;

/**
 * TLS records of a peer that have no data, like updates of keys and empty ones: so many at once, and so many a second after that. One
 * costs up to 34 µs and no frame comes of it. A handshake takes three; after it TLS itself needs one in some 16 million.
 */
export const BARREN_RECORDS_BURST = 64;
export const BARREN_RECORDS_PER_SECOND = 10;

/** Unread output, and a part of a message, that each connection may have however much its principal holds, in bytes each. */
export const LINK_OWN_BYTES = 64 * 1024;

/** As much of one connection is read before the next one's turn, in bytes: the size of a chunk of node's. */
export const FAIR_BYTES = 64 * 1024;

/** The same in messages: a call of 20 bytes costs as much time as one of 200. Twice as many as calls may be in flight. */
export const FAIR_FRAMES = 256;

/**
 * Encrypted bytes of one connection that are decrypted before the next one's turn, and no more than {@link FAIR_FRAMES} records.
 * Measured: with a pause after each chunk of 64 KiB, an echo of 1 MiB takes 0.2 ms more of 1.2 ms.
 */
export const TLS_FAIR_BYTES = 4 * FAIR_BYTES;

/** Output that the peer has not read, in bytes: before the login, and after it. */
export const LOGIN_UNREAD_MAX_BYTES = 8 * 1024;
export const SESSION_UNREAD_MAX_BYTES = 4 * 1024 * 1024;

/** How long output may stay over that bound before the connection is closed, in milliseconds. */
export const UNREAD_GRACE_MS = 30_000;
