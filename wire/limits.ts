/** The most that one CBOR item may hold. Each bound is there because work and memory follow it. */
export interface DataLimits {
  /** arrays and maps inside one another; the outermost counts as 1: bounds every later walk's stack */
  readonly maxDepth: number;
  /** arrays, maps and other values together, keys aside: empty ones cost 60 bytes and more of heap for each byte sent */
  readonly maxItems: number;
  /** entries of one map: keys are hashed, and collisions can be provoked */
  readonly maxEntries: number;
  /** bytes of one key */
  readonly maxKeyBytes: number;
  /** bytes that the item may take once it is decoded, as `cost.ts` counts them: a message can be hundreds of times smaller, in rare cases thousands */
  readonly maxCost: number;
  /** bytes of all texts and byte strings together, for what is put together here; a message's where nothing is said */
  readonly maxBytes?: number;
  /** depth of maps whose keys have to be names of arguments; there are none where nothing is said */
  readonly nameDepth?: number;
  /** containers around a reference, the message's own array included; there can be none where nothing is said */
  readonly referenceDepth?: number;
}

/** Before the login is done the peer is a stranger: room for the scripted messages and no more. */
export const LOGIN_DATA: DataLimits = {
  maxDepth: 8,
  maxItems: 64,
  maxEntries: 32,
  maxKeyBytes: 64,
  maxCost: 64 * 1024,
};
export const LOGIN_FRAME_MAX_BYTES = 4 * 1024;

/**
 * The most that a message may cost after the login, in bytes. The limits on bytes and items keep most data below it. Maps with keys
 * that look like indexes of an array, thousands of references, and new layouts full of byte strings can go beyond.
 */
const MESSAGE_COST_MAX = 8 * 1024 * 1024;

/** After the login. */
export const SESSION_DATA: DataLimits = {
  maxDepth: 32,
  maxItems: 10_000,
  maxEntries: 1_024,
  maxKeyBytes: 128,
  maxCost: MESSAGE_COST_MAX,
};
/** In a call the arguments may be references, in a value the result; nothing within an argument or a result. */
export const CALL_DATA: DataLimits = { ...SESSION_DATA, referenceDepth: 2, nameDepth: 2 };
export const VALUE_DATA: DataLimits = { ...SESSION_DATA, referenceDepth: 1 };
export const SESSION_FRAME_MAX_BYTES = 1024 * 1024;

/** From accept to the verdict, in milliseconds; bytes that arrive do not refresh it. */
export const LOGIN_DEADLINE_MS = 10_000;

/** A refused login is answered this long after `login` arrived, in milliseconds: time tells no reason. */
export const REFUSAL_DELAY_MS = 500;

/** Host keys that a `welcome` may name beside the one that has just signed: enough for a change with overlap. */
export const OTHER_HOST_KEYS_MAX = 3;

/** Calls of one connection that run at a time; more wait. */
export const CALLS_IN_FLIGHT_MAX = 128;

/**
 * Calls of one connection that run at a time beside those, each made because of a call of the daemon that waits for it (`within`). If
 * they waited behind others, those could be the very calls that wait for them. As many as there may be callbacks.
 */
export const NESTED_CALLS_MAX = 256;

/**
 * What a call takes beside its message until its work has ended, in bytes: its places in the tables, its deadline, its promise,
 * and the signal of its handler. Measured: 3,300 for a handler that listens to the signal.
 */
export const CALL_COST = 3 * 1024;

/** Cost of the calls of one connection that run or wait, in bytes: two messages that cost the most, and then some. */
export const CALL_COST_IN_FLIGHT_MAX = 18 * 1024 * 1024;

/** What an item of a stream takes beside its message while it waits to be read, in bytes. Computed: 72, of which its message has 64. */
export const QUEUED_ITEM_COST = 64;

/** How long a call may take where the caller does not say, in milliseconds. */
export const CALL_DEADLINE_MS = 30_000;

/** How long a call may take at the most, whatever the caller says, in milliseconds. */
export const CALL_DEADLINE_MAX_MS = 5 * 60_000;

/**
 * Pings and pongs, and cancels, releases, credits, ends, gones and progress beyond one for each call, reference and item: so
 * many a second. They are never held up by the caps on calls, so they have a bound of their own.
 */
export const CONTROL_PER_SECOND = 100;

/** References of one side that the other holds, on one connection: each keeps something alive. */
export const REFERENCES_MAX = 1_024;

/**
 * Calls of the daemon at what a client passed to it, on one connection, that are not answered. With fewer, a link of 50 ms would
 * let a callback be called for ten thousand lines only in more than sixty round trips.
 */
export const CALLBACKS_IN_FLIGHT_MAX = 256;

/** Calls inside one another: a callback that calls the method that is calling it would never end. */
export const NESTING_MAX = 16;

/** Calls that hang, directly or through others, on one call that is not answered. */
export const PIPELINED_MAX = 32;

/**
 * What the reader of a stream lets its producer send ahead, in bytes of messages: on a link of 50 ms, 20 MiB a second. An
 * item may begin when a single byte of it is left, so one message more can be on its way.
 */
export const STREAM_WINDOW_BYTES = 1024 * 1024;

/** What an item takes of it beside the bytes of its message: a hundred thousand tiny ones would be held for a window of bytes. */
export const STREAM_ITEM_BYTES = 64;

/** So often a second at most a call says how far it is; the last word always comes. */
export const PROGRESS_PER_SECOND = 10;

/** The deepest chain of causes that a fault carries. */
export const FAULT_CAUSES_MAX = 8;
