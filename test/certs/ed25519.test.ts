import assert from "node:assert/strict";
import { createPublicKey, verify as opensslVerify, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import nacl from "tweetnacl";
import { makeKeyPair, PrivateKey, PublicKey, publicKeyFlaw, signatureFlaw } from "../../certs/ed25519.ts";

interface Vector {
  readonly seed: string;
  readonly key: string;
  readonly message: string;
  readonly signature: string;
}

const { vectors }: { vectors: readonly Vector[] } = JSON.parse(
  readFileSync(new URL("../../../test/vectors/rfc8032-ed25519.json", import.meta.url), "utf8"),
);
const hex = (text: string): Buffer => Buffer.from(text, "hex");

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = (-121665n * power(121666n, P - 2n)) % P;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = ((base % P) + P) % P, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) {
    if (e & 1n) result = (result * b) % P;
  }
  return result;
}

function bytesOf(value: bigint): Buffer {
  return Buffer.from(hex(value.toString(16).padStart(64, "0")).toReversed());
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.toReversed()).toString("hex")}`);
}

/** The x of a point with this y, if there is one (RFC 8032, 5.1.3). */
function xOf(y: bigint): bigint | undefined {
  const square = ((((y * y - 1n) % P) + P) * power(D * y * y + 1n, P - 2n)) % P;
  let x = power(square, (P + 3n) / 8n);
  if ((x * x - square) % P !== 0n) x = (x * power(2n, (P - 1n) / 4n)) % P;
  return (x * x - square) % P === 0n ? x : undefined;
}

/** The y of twice the point, on the affine curve −x² + y² = 1 + dx²y². */
function doubled([x, y]: readonly [bigint, bigint]): readonly [bigint, bigint] {
  const product = (D * x * x * y * y) % P;
  const over = (n: bigint, d: bigint): bigint =>
    (((((n % P) + P) % P) * power(((d % P) + P) % P, P - 2n)) % P) % P;
  return [over(2n * x * y, 1n + product), over(y * y + x * x, 1n - product)];
}

/** All eight encodings, and the non-canonical ones that are not already too large for 255 bits. */
const SMALL_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

describe("keys and signatures", () => {
  test("the vectors of RFC 8032 are made and verified as published", async () => {
    for (const { seed, key, message, signature } of vectors) {
      const priv = new PrivateKey(hex(seed));
      assert.equal(Buffer.from(priv.publicKey.bytes).toString("hex"), key);
      assert.equal(Buffer.from(priv.sign(hex(message))).toString("hex"), signature);
      assert.equal(await new PublicKey(hex(key)).verify(hex(message), hex(signature)), true);
    }
  });

  test("tweetnacl, the second opinion, gives the same signatures and verdicts", async () => {
    for (let i = 0; i < 16; i++) {
      const { seed, publicKey } = await makeKeyPair();
      const message = randomBytes(i * 7);
      const priv = new PrivateKey(seed);
      const pair = nacl.sign.keyPair.fromSeed(seed);
      const signature = nacl.sign.detached(message, pair.secretKey);
      assert.deepEqual(Buffer.from(priv.sign(message)), Buffer.from(signature));
      assert.deepEqual(priv.publicKey.bytes, publicKey.bytes);
      const broken = Uint8Array.from(signature);
      broken[i] = (broken[i] ?? 0) ^ 1;
      assert.equal(await publicKey.verify(message, signature), true);
      assert.equal(
        await publicKey.verify(message, broken),
        nacl.sign.detached.verify(message, broken, publicKey.bytes),
      );
      assert.equal(await publicKey.verify(randomBytes(9), signature), false);
    }
  });

  test("a wrong seed or key length is refused before any library sees it", () => {
    assert.throws(() => new PrivateKey(new Uint8Array(31)), /32 bytes, not 31/);
    for (const length of [0, 31, 33, 64]) {
      assert.equal(publicKeyFlaw(new Uint8Array(length)), `a key has 32 bytes, not ${length}`);
      assert.throws(() => new PublicKey(new Uint8Array(length)), { code: "unauthenticated" });
    }
  });

  test("a public key keeps its own bytes", () => {
    const bytes = hex(vectors[0]?.key ?? "");
    const key = new PublicKey(bytes);
    bytes.fill(0);
    assert.equal(Buffer.from(key.bytes).toString("hex"), vectors[0]?.key);
  });
});

describe("what is refused before a library is asked", () => {
  test("every key of small order, in canonical form or not", () => {
    for (const encoded of SMALL_ORDER) assert.notEqual(publicKeyFlaw(hex(encoded)), undefined, encoded);
  });

  test("the list of small-order points is whole: each is one, and eight times any other point is not the neutral", () => {
    const isSmall = (y: bigint): boolean => {
      const x = xOf(y);
      assert.notEqual(x, undefined, "a point of the curve");
      let point: readonly [bigint, bigint] = [x ?? 0n, y];
      for (let i = 0; i < 3; i++) point = doubled(point);
      return point[0] === 0n && point[1] === 1n;
    };
    const ys = new Set(SMALL_ORDER.slice(0, 10).map((encoded) => numberOf(hex(encoded)) & (2n ** 255n - 1n)));
    assert.equal(ys.size, 5);
    for (const y of ys) assert.equal(isSmall(y), true);
    for (const { key } of vectors) assert.equal(isSmall(numberOf(hex(key)) & (2n ** 255n - 1n)), false);
  });

  test("a key whose y is not below the prime", () => {
    for (let y = P; y < 2n ** 255n; y += 1n) {
      assert.equal(publicKeyFlaw(bytesOf(y)), "the key is not in canonical form");
      assert.equal(publicKeyFlaw(bytesOf(y + 2n ** 255n)), "the key is not in canonical form");
    }
  });

  test("a signature of 63 or 65 bytes", () => {
    assert.equal(signatureFlaw(new Uint8Array(63)), "a signature has 64 bytes, not 63");
    assert.equal(signatureFlaw(new Uint8Array(65)), "a signature has 64 bytes, not 65");
  });

  test("S + L, which tweetnacl takes for the same signature", async () => {
    const { key, message, signature } = vectors[1] ?? assert.fail();
    const malleable = hex(signature);
    malleable.set(bytesOf(numberOf(malleable.subarray(32)) + L), 32);
    assert.equal(
      nacl.sign.detached.verify(hex(message), malleable, hex(key)),
      true,
      "why the check is there",
    );
    assert.equal(signatureFlaw(malleable), "the signature's S is not below the group order");
    assert.equal(await new PublicKey(hex(key)).verify(hex(message), malleable), false);
  });

  test("S at the group order and one below it: the edge is exact", () => {
    const edge = (s: bigint): string | undefined =>
      signatureFlaw(Buffer.concat([hex(vectors[0]?.key ?? ""), bytesOf(s)]));
    assert.equal(edge(L), "the signature's S is not below the group order");
    assert.equal(edge(L - 1n), undefined);
  });

  test("the neutral element as key, for which one signature fits every message in both libraries", () => {
    const neutral = hex(SMALL_ORDER[2] ?? "");
    const universal = Buffer.concat([neutral, Buffer.alloc(32)]);
    const openssl = createPublicKey({
      key: Buffer.concat([hex("302a300506032b6570032100"), neutral]),
      format: "der",
      type: "spki",
    });
    for (const message of [Buffer.from("one"), Buffer.from("another")]) {
      assert.equal(nacl.sign.detached.verify(message, universal, neutral), true, "why the check is there");
      // Newer lines of OpenSSL refuse it by themselves; this one's word is not relied on.
      assert.equal(typeof opensslVerify(null, message, openssl, universal), "boolean");
    }
    assert.equal(publicKeyFlaw(neutral), "the key is a point of small order");
    assert.equal(signatureFlaw(universal), "the signature's R is a point of small order");
  });
});
