import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  verify as opensslVerify,
  randomBytes,
  sign,
} from "node:crypto";
import { joinBytes } from "../base/bytes.ts";
import { Fault } from "../base/fault.ts";

/*
 * The one door to Ed25519 (RFC 8032). Two libraries stand behind it:
 *
 *   tweetnacl     makes keys: done by hand, rarely, and small enough to be read whole. In the tests it
 *                 is the second opinion on every verdict.
 *   node:crypto   signs and verifies what comes over the network: tweetnacl takes over ten milliseconds
 *                 of the event loop for one verification, so some sixty bad logins a second would stop
 *                 a daemon; OpenSSL takes a tenth of one, on another thread.
 *
 * They disagree on malleable signatures (S ≥ L) and on keys of small order, for which one signature fits
 * every message. The strict checks here come before either, and after them both agree.
 */

export const SEED_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** The field's prime, 2^255 − 19. */
const P = 2n ** 255n - 19n;
/** The order of the base point. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The y coordinates of the eight points whose order divides 8. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

// RFC 8410: the DER that stands in front of the 32 bytes of a public key and of a seed.
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** What is wrong with 32 bytes as a public key, or nothing: wherever a key enters, this is asked first. */
export function publicKeyFlaw(bytes: Uint8Array): string | undefined {
  if (bytes.length !== PUBLIC_KEY_BYTES) return `a key has ${PUBLIC_KEY_BYTES} bytes, not ${bytes.length}`;
  return pointFlaw(bytes, "the key");
}

/** What is wrong with a signature before any key is looked at, or nothing. */
export function signatureFlaw(bytes: Uint8Array): string | undefined {
  if (bytes.length !== SIGNATURE_BYTES) {
    return `a signature has ${SIGNATURE_BYTES} bytes, not ${bytes.length}`;
  }
  if (littleEndian(bytes.subarray(32)) >= L) return "the signature's S is not below the group order";
  return pointFlaw(bytes.subarray(0, 32), "the signature's R");
}

function pointFlaw(bytes: Uint8Array, what: string): string | undefined {
  const y = littleEndian(bytes) & (2n ** 255n - 1n);
  if (y >= P) return `${what} is not in canonical form`;
  return SMALL_ORDER_Y.has(y) ? `${what} is a point of small order` : undefined;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.toReversed()).toString("hex")}`);
}

/** A public key that passed the strict checks: having one is the proof. */
export class PublicKey {
  readonly bytes: Uint8Array;
  // Making one costs 30 µs, so it is kept.
  #keyObject: KeyObject | undefined;

  /** @throws {@link Fault} `unauthenticated` if the bytes are no acceptable key */
  constructor(bytes: Uint8Array) {
    const flaw = publicKeyFlaw(bytes);
    if (flaw !== undefined) throw new Fault("unauthenticated", flaw, { origin: "login" });
    this.bytes = Uint8Array.from(bytes);
  }

  /** Whether the signature is this key's over the message. The work is done on another thread. */
  verify(message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    if (signatureFlaw(signature) !== undefined) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      opensslVerify(null, message, this.#openssl(), signature, (error, good) => {
        if (error === null) resolve(good);
        else reject(error);
      });
    });
  }

  /** The same at once, on this thread: for whoever has nothing else to do until it is known. */
  verifyNow(message: Uint8Array, signature: Uint8Array): boolean {
    return signatureFlaw(signature) === undefined && opensslVerify(null, message, this.#openssl(), signature);
  }

  #openssl(): KeyObject {
    // As a JWK (RFC 8037, 2): node takes a tenth of the time that it takes for DER.
    const x = Buffer.from(this.bytes).toString("base64url");
    this.#keyObject ??= createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return this.#keyObject;
  }
}

/** A private key. Its bytes live in OpenSSL's memory and cannot be read back from here. */
export class PrivateKey {
  readonly publicKey: PublicKey;
  readonly #keyObject: KeyObject;

  /** @param seed - 32 bytes (RFC 8032, 5.1.5), copied: the caller wipes its own */
  constructor(seed: Uint8Array) {
    if (seed.length !== SEED_BYTES) throw new Error(`a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
    const der = joinBytes([PKCS8_PREFIX, seed]);
    this.#keyObject = createPrivateKey({ key: Buffer.from(der.buffer), format: "der", type: "pkcs8" });
    der.fill(0);
    const spki = createPublicKey(this.#keyObject).export({ format: "der", type: "spki" });
    this.publicKey = new PublicKey(spki.subarray(SPKI_PREFIX.length));
  }

  /** The 64 bytes of the signature (RFC 8032, 5.1.6). */
  sign(message: Uint8Array): Uint8Array {
    return sign(null, message, this.#keyObject);
  }
}

/** A new key pair, as the bytes that a key file holds. The caller wipes the seed. */
export async function makeKeyPair(): Promise<{ seed: Uint8Array; publicKey: PublicKey }> {
  // Loaded on use: a process that only calls should not pay for it at its start.
  const { default: nacl } = await import("tweetnacl");
  const seed = randomBytes(SEED_BYTES);
  const pair = nacl.sign.keyPair.fromSeed(seed);
  pair.secretKey.fill(0);
  return { seed, publicKey: new PublicKey(pair.publicKey) };
}
