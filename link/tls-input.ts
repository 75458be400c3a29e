import type { HandshakeTurns } from "./handshake-turns.ts";
import {
  BARREN_RECORDS_BURST,
  BARREN_RECORDS_PER_SECOND,
  FAIR_BYTES,
  FAIR_FRAMES,
  LOGIN_ENCRYPTED_MAX_BYTES,
  TLS_FAIR_BYTES,
} from "./limits.ts";
import { TlsRecords } from "./tls-records.ts";

/** So many records are decrypted before it is looked again what they gave. */
const STEP_RECORDS = 32;

/** The stream that encrypted bytes are for, and the one that they come from. */
export interface TlsEnds {
  /** Decrypts bytes, which belong to the caller again afterwards. */
  decrypt(bytes: Uint8Array): void;
  /** How many pieces of data decrypting has given since the beginning: at least one for each record with data. */
  readonly pieces: number;
  /** Whether bytes that were passed to {@link decrypt} wait there to be decrypted. */
  readonly isBehind: boolean;
  /** Whether the reader of the decrypted bytes has paused it. */
  readonly isPaused: boolean;
  /** Reads on, if the reader of the decrypted bytes wants any. */
  go(): void;
  /** The peer sends no more, and everything before that was decrypted. */
  end(): void;
  /** The peer has gone beyond a limit. */
  fail(error: Error): void;
}

/**
 * What a peer sends under TLS, on its way to OpenSSL, which never stops by itself: it works through all that it is given. A record
 * of 27 bytes that updates the keys takes it as long as decrypting 64 KiB, and no frame ever comes of it.
 *
 *     chunk ─▶ 256 KiB and 256 records a turn ─▶ OpenSSL ─▶ data ─▶ frames, which have limits of their own
 *                │ the rest waits as bytes            └─▶ no data: barren records, a few of which are borne
 *                └─ before the login: at most 16 KiB in all, and of one turn what all handshakes together may take
 */
export class TlsInput {
  readonly #ends: TlsEnds;
  readonly #handshakes: HandshakeTurns;
  readonly #nowMs: () => number;
  readonly #records = new TlsRecords();
  /** What has come and is not decrypted. */
  #held: Uint8Array[] = [];
  #turn: NodeJS.Immediate | undefined;
  #isAdmitted = false;
  #hasEnded = false;
  #isOver = false;
  #loginBytes = 0;
  /** Bytes and records that were decrypted since the others last had their turn. */
  #turnBytes = 0;
  #turnRecords = 0;
  /** Barren records that were counted, and how many more are borne at that moment. */
  #barren = 0;
  #bearable = BARREN_RECORDS_BURST;
  #countedMs: number;

  /** @param nowMs - of a monotonic clock */
  constructor(ends: TlsEnds, handshakes: HandshakeTurns, nowMs: () => number) {
    this.#ends = ends;
    this.#handshakes = handshakes;
    this.#nowMs = nowMs;
    this.#countedMs = nowMs();
  }

  /** Whether bytes wait to be decrypted. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /**
   * Takes a chunk, which belongs to the caller again afterwards.
   *
   * @returns whether more may be read; if not, {@link TlsEnds.go} is called when it may
   */
  take(chunk: Uint8Array): boolean {
    if (this.#isOver) return false;
    if (this.isHolding || !this.#hasTurn) this.#held.push(Uint8Array.from(chunk));
    else {
      const rest = this.#decrypt(chunk);
      if (rest.length > 0) this.#held.push(Uint8Array.from(rest));
      // Behind a chunk that is not full, Node sees to the other connections by itself; it reads up to 32 full ones in a row.
      else if (chunk.length < FAIR_BYTES || this.#turnBytes < TLS_FAIR_BYTES) {
        if (chunk.length < FAIR_BYTES) this.#beginTurn();
        return true;
      }
    }
    this.#goOn();
    return false;
  }

  /** The peer sends no more. */
  end(): void {
    this.#hasEnded = true;
    if (!this.isHolding && !this.#isOver) this.#ends.end();
  }

  /** The peer has logged in. */
  admit(): void {
    this.#isAdmitted = true;
    if (this.isHolding) this.#goOn();
  }

  /** The connection is gone. */
  close(): void {
    this.#isOver = true;
    this.#held = [];
    clearImmediate(this.#turn);
    this.#handshakes.forget(this.#next);
  }

  /** Whether more may be decrypted now: before the login, handshakes take turns. */
  get #hasTurn(): boolean {
    return this.#isAdmitted || this.#handshakes.isFree;
  }

  /** When the others have had their turn. */
  #goOn(): void {
    if (!this.#hasTurn) this.#handshakes.wait(this.#next);
    else this.#turn ??= setImmediate(this.#next);
  }

  readonly #next = (): void => {
    this.#turn = undefined;
    this.#beginTurn();
    this.#release();
  };

  #beginTurn(): void {
    this.#turnBytes = 0;
    this.#turnRecords = 0;
  }

  #release(): void {
    const next = this.#held.shift();
    if (next !== undefined) {
      const rest = this.#decrypt(next);
      if (this.#isOver) return;
      if (rest.length > 0) this.#held.unshift(rest);
      if (this.isHolding) {
        if (rest.length < next.length || this.#mayLogIn()) this.#goOn();
        return;
      }
    }
    if (this.#hasEnded) this.#ends.end();
    else this.#ends.go();
  }

  /**
   * Whether a peer that has used up its bytes before the login goes on. It does not, unless its login is being looked at: what
   * stands behind that waits for the verdict.
   */
  #mayLogIn(): boolean {
    if (this.#isAdmitted) return true;
    if (!this.#ends.isPaused)
      this.#fail(`more than ${LOGIN_ENCRYPTED_MAX_BYTES} encrypted bytes before the login`);
    return false;
  }

  /** @returns what has to wait */
  #decrypt(chunk: Uint8Array): Uint8Array {
    const before = this.#isAdmitted
      ? chunk.length
      : Math.min(chunk.length, LOGIN_ENCRYPTED_MAX_BYTES - this.#loginBytes);
    let at = 0;
    while (at < before && this.#turnRecords < FAIR_FRAMES && !this.#isOver) {
      const from = at;
      const records = this.#records.count;
      at = this.#records.walk(chunk, from, before, STEP_RECORDS);
      this.#turnRecords += this.#records.count - records;
      const bytes = chunk.subarray(from, at);
      if (this.#isAdmitted) this.#ends.decrypt(bytes);
      else this.#handshakes.run(() => this.#ends.decrypt(bytes));
      this.#countBarren();
    }
    this.#turnBytes += at;
    if (!this.#isAdmitted) this.#loginBytes += at;
    return chunk.subarray(at);
  }

  #countBarren(): void {
    if (this.#ends.isBehind) return;
    const barren = this.#records.count - this.#ends.pieces;
    const more = barren - this.#barren;
    this.#barren = barren;
    if (more <= 0) return;
    const nowMs = this.#nowMs();
    const regained = ((nowMs - this.#countedMs) / 1_000) * BARREN_RECORDS_PER_SECOND;
    this.#countedMs = nowMs;
    this.#bearable = Math.min(BARREN_RECORDS_BURST, this.#bearable + regained) - more;
    if (this.#bearable < 0)
      this.#fail(
        `more than ${BARREN_RECORDS_BURST} TLS records without data, and ${BARREN_RECORDS_PER_SECOND} a second`,
      );
  }

  #fail(why: string): void {
    if (this.#isOver) return;
    this.close();
    this.#ends.fail(new Error(why));
  }
}
