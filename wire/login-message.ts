import { Fault } from "../base/fault.ts";
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../certs/ed25519.ts";
import { decode, encode, encodeSorted } from "./cbor.ts";
import {
  readAnyBytes,
  readBytes,
  readClosedMap,
  readCount,
  readList,
  readMap,
  readPositive,
  readText,
  readTuple,
} from "./fields.ts";
import { LOGIN_DATA, OTHER_HOST_KEYS_MAX, SESSION_DATA } from "./limits.ts";

/*
 * The messages of the login (docs/protocol.md, section 4), in the order in which they travel:
 *
 *     client → daemon   [1, body]              hello
 *     daemon → client   [2, body, signature]   host
 *     client → daemon   [3, body, signature]   login
 *     daemon → client   [4, body]              welcome
 *                    or [5]                    refused, the same byte whatever the reason
 *                    or [5, why]               refused to a client that has proved a key of the policy
 *
 * A body is a byte string that holds the sorted CBOR of a map: it is what goes into the transcript, and
 * what is read is read out of those very bytes.
 */
const LOGIN_KIND = { hello: 1, host: 2, login: 3, welcome: 4, refused: 5 } as const;

/** Versions of the protocol that this side speaks. A version is a suite: nothing else is negotiated. */
export const VERSIONS: readonly number[] = [1];

export const NONCE_BYTES = 32;
const DIGEST_BYTES = 32;
export const BOOT_ID_BYTES = 16;

const NAME_MAX_CHARS = 256;

/** A message with its body as it travelled; `host` and `login` are signed. */
export type LoginMessage =
  | { readonly kind: "hello" | "welcome"; readonly body: Uint8Array }
  | { readonly kind: "host" | "login"; readonly body: Uint8Array; readonly signature: Uint8Array }
  | { readonly kind: "refused"; readonly why?: RefusalReason };

/**
 * Why a client that has proved a key of the policy is refused all the same: its principal has as many connections as it may, or
 * the login cannot be recorded. Nobody else reads a reason.
 */
export type RefusalReason = (typeof REFUSAL_REASONS)[number];
const REFUSAL_REASONS = ["resource_exhausted", "unavailable"] as const;

export interface HelloBody {
  readonly versions: readonly number[];
  readonly nonce: Uint8Array;
}

export interface HostBody {
  readonly version: number;
  readonly nonce: Uint8Array;
  /** 32 bytes, not yet held against anything */
  readonly key: Uint8Array;
}

export interface LoginBody {
  /** 32 bytes, not yet held against anything */
  readonly key: Uint8Array;
}

export interface WelcomeBody {
  readonly principal: string;
  readonly roles: readonly string[];
  /** the name of this connection in the audit log, and the beginning of every request id */
  readonly connection: string;
  /** changes whenever the daemon starts */
  readonly boot: Uint8Array;
  /** of the catalogue that this principal sees: another digest means another catalogue */
  readonly digest: Uint8Array;
  readonly limits: SessionLimits;
  /** the host keys that are good beside the one of this login; with that one they are all */
  readonly otherHostKeys: readonly HostKeyProof[];
}

/** A host key, and that the host has it. */
export interface HostKeyProof {
  /** 32 bytes, not yet held against anything */
  readonly key: Uint8Array;
  /** over the transcript of the whole login */
  readonly signature: Uint8Array;
}

/** What the daemon takes on this connection, so that the client can keep within it. */
interface SessionLimits {
  readonly frameBytes: number;
  readonly callsInFlight: number;
  readonly deadlineMs: number;
}

/** @throws {@link Fault} `protocol_error` */
export function readLoginMessage(frame: Uint8Array): LoginMessage {
  const parts = readList(decode(frame, LOGIN_DATA), "message");
  switch (parts[0]) {
    case LOGIN_KIND.hello:
    case LOGIN_KIND.welcome:
      readTuple(parts, "message", 2);
      return {
        kind: parts[0] === LOGIN_KIND.hello ? "hello" : "welcome",
        body: readAnyBytes(parts[1], "body"),
      };
    case LOGIN_KIND.host:
    case LOGIN_KIND.login:
      readTuple(parts, "message", 3);
      return {
        kind: parts[0] === LOGIN_KIND.host ? "host" : "login",
        body: readAnyBytes(parts[1], "body"),
        signature: readBytes(parts[2], "signature", SIGNATURE_BYTES),
      };
    case LOGIN_KIND.refused:
      if (parts.length === 1) return { kind: "refused" };
      return { kind: "refused", why: readReason(readTuple(parts, "message", 2)[1]) };
    default:
      throw new Fault("protocol_error", "a message of the login was expected");
  }
}

export function encodeLoginMessage(message: LoginMessage): Uint8Array {
  const parts: unknown[] = [LOGIN_KIND[message.kind]];
  if ("body" in message) parts.push(message.body);
  if ("signature" in message) parts.push(message.signature);
  if (message.kind === "refused" && message.why !== undefined) parts.push(message.why);
  return encode(parts, LOGIN_DATA);
}

function readReason(found: unknown): RefusalReason {
  const reason = REFUSAL_REASONS.find((one) => one === found);
  if (reason === undefined) throw new Fault("protocol_error", "a reason for a refusal that does not exist");
  return reason;
}

/**
 * Unknown keys are let pass here and here alone: a later client may offer more, and the daemon must be
 * able to answer it. They are in the transcript, so nobody can take them out on the way.
 *
 * @throws {@link Fault} `protocol_error`
 */
export function readHelloBody(body: Uint8Array): HelloBody {
  const map = readMap(decode(body, LOGIN_DATA), "hello");
  return {
    versions: readList(map["versions"], "versions").map((version) => readCount(version, "versions")),
    nonce: readBytes(map["nonce"], "nonce", NONCE_BYTES),
  };
}

/** @throws {@link Fault} `protocol_error` */
export function readHostBody(body: Uint8Array): HostBody {
  const map = readClosedMap(decode(body, LOGIN_DATA), "host", ["version", "nonce", "key"]);
  return {
    version: readCount(map["version"], "version"),
    nonce: readBytes(map["nonce"], "nonce", NONCE_BYTES),
    key: readBytes(map["key"], "key", PUBLIC_KEY_BYTES),
  };
}

/** @throws {@link Fault} `protocol_error` */
export function readLoginBody(body: Uint8Array): LoginBody {
  const map = readClosedMap(decode(body, LOGIN_DATA), "login", ["key"]);
  return { key: readBytes(map["key"], "key", PUBLIC_KEY_BYTES) };
}

/** @throws {@link Fault} `protocol_error` */
export function readWelcomeBody(body: Uint8Array): WelcomeBody {
  // The login is done: a principal may have more roles than a stranger may send items.
  const map = readMap(decode(body, SESSION_DATA), "welcome");
  const limits = readMap(map["limits"], "limits");
  return {
    principal: readText(map["principal"], "principal", NAME_MAX_CHARS),
    roles: readList(map["roles"], "roles").map((role) => readText(role, "roles", NAME_MAX_CHARS)),
    connection: readText(map["connection"], "connection", 64),
    boot: readBytes(map["boot"], "boot", BOOT_ID_BYTES),
    digest: readBytes(map["digest"], "digest", DIGEST_BYTES),
    limits: {
      frameBytes: readPositive(limits["frame_bytes"], "frame_bytes"),
      callsInFlight: readPositive(limits["calls_in_flight"], "calls_in_flight"),
      deadlineMs: readPositive(limits["deadline_ms"], "deadline_ms"),
    },
    otherHostKeys: readHostKeys(map["host_keys"]),
  };
}

/** Absent where there is no other. */
function readHostKeys(found: unknown): readonly HostKeyProof[] {
  if (found === undefined) return [];
  const proofs = readList(found, "host_keys").map((entry) => {
    const parts = readTuple(readList(entry, "host_keys"), "host_keys", 2);
    return {
      key: readBytes(parts[0], "host_keys", PUBLIC_KEY_BYTES),
      signature: readBytes(parts[1], "host_keys", SIGNATURE_BYTES),
    };
  });
  if (proofs.length <= OTHER_HOST_KEYS_MAX) return proofs;
  throw new Fault("protocol_error", `${proofs.length} host keys, at most ${OTHER_HOST_KEYS_MAX} accepted`);
}

export function encodeHelloBody(body: HelloBody): Uint8Array {
  return encodeSorted(body, LOGIN_DATA);
}

export function encodeHostBody(body: HostBody): Uint8Array {
  return encodeSorted(body, LOGIN_DATA);
}

export function encodeLoginBody(body: LoginBody): Uint8Array {
  return encodeSorted(body, LOGIN_DATA);
}

export function encodeWelcomeBody({ limits, otherHostKeys, ...body }: WelcomeBody): Uint8Array {
  const hostKeys = otherHostKeys.map(({ key, signature }) => [key, signature]);
  return encodeSorted(
    {
      ...body,
      limits: {
        frame_bytes: limits.frameBytes,
        calls_in_flight: limits.callsInFlight,
        deadline_ms: limits.deadlineMs,
      },
      ...(hostKeys.length === 0 ? {} : { host_keys: hostKeys }),
    },
    SESSION_DATA,
  );
}
