/* Limits of this daemon. The limits of the protocol are in wire/limits.ts. */

/** So many refusals may wait at once, over all connections; beyond it the connection is closed unanswered. */
export const REFUSALS_WAITING_MAX = 100;

/** Calls that were read together are decided when their arguments cost so much, in bytes: all of them are decoded at once. */
export const BATCH_COST_MAX = 1024 * 1024;

/**
 * The same over all connections of one principal, those that are closed too: work goes on when its caller leaves,
 * and calling, leaving and calling again must not start work without bound. As many again may be nested.
 */
export const PRINCIPAL_CALLS_IN_FLIGHT_MAX = 1_024;

/**
 * What all principals together may hold, in bytes of cost, where the configuration does not say: calls whose work has not ended,
 * stream items that wait, references, callbacks, unread output and half-read messages. One principal may hold a quarter of what
 * the others leave: so there is always something left, however many take as much as they can.
 */
export const HELD_COST_MAX = 96 * 1024 * 1024;
export const PRINCIPAL_SHARE = 1 / 4;

/**
 * What a returned reference takes beside the call that returned it and its bytes, in bytes. Measured: 1,900 for an object of one
 * method, of which the smallest message of a call costs 440.
 */
export const RETURNED_COST = 1_536;

/** What a callback takes beside its message until it is answered, in bytes. Measured: 1,090, its handler waiting for it. */
export const CALLBACK_COST = 1_536;

/** Signatures that may wait to be verified; beyond it a login is closed unanswered. A peer waits 0.1 ms for each. */
export const VERIFICATIONS_WAITING_MAX = 256;

/** Those that wait for one of them to be answered: a handler that never waits for its callbacks reads on and on. */
export const CALLBACKS_WAITING_MAX = 16_384;
export const CALLBACK_BYTES_WAITING_MAX = 8 * 1024 * 1024;

/** An object or a stream of which nothing was heard for so long is given up, in milliseconds. */
export const REFERENCE_IDLE_MS = 5 * 60_000;
