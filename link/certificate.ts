import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A private key and a certificate for it, as TLS takes them. */
export interface ThrowAwayCertificate {
  /** PEM */
  readonly key: string;
  /** PEM */
  readonly cert: string;
}

// DER's tags (ITU-T X.690, 8) and the object identifiers that stand in the certificate.
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const VERSION = 0xa0;
const COMMON_NAME = Buffer.from("0603550403", "hex");
const ECDSA_WITH_SHA256 = Buffer.from("06082a8648ce3d040302", "hex");

/**
 * Makes a key and a self-signed certificate for it that live as long as the process (RFC 5280, 4.1):
 *
 *     SEQUENCE { tbs { [0] 2, serial, algorithm, issuer, validity, subject, key }, algorithm, signature }
 *
 * TLS does not go without one. It proves nothing and nobody checks it: who the host is is shown by the login,
 * which is bound to this very channel. The key is P-256 and no Ed25519 key, so that it cannot be taken for one
 * that means something.
 */
export function makeThrowAwayCertificate(): ThrowAwayCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serial = randomBytes(16);
  // Positive, and of full length: the first byte is from 0x40 to 0x7f.
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const algorithm = der(SEQUENCE, ECDSA_WITH_SHA256);
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from("rpcd throw-away")))),
  );
  // Always good: no clock decides here whether a connection comes about. RFC 5280, 4.1.2.5: without an end.
  const validity = der(
    SEQUENCE,
    der(UTC_TIME, Buffer.from("000101000000Z")),
    der(GENERALIZED_TIME, Buffer.from("99991231235959Z")),
  );
  const toBeSigned = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, serial),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ format: "der", type: "spki" }),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const certificate = der(SEQUENCE, toBeSigned, algorithm, der(BIT_STRING, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----\n`,
  };
}

/** A tag, the length of what follows, and that (X.690, 8.1.3). */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), derLength(content.length), content]);
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x100) return Buffer.from([0x81, length]);
  return Buffer.from([0x82, length >> 8, length & 0xff]);
}
