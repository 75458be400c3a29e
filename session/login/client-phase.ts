import { Fault } from "../../base/fault.ts";
import { PublicKey } from "../../certs/ed25519.ts";
import { signedBlock } from "../../certs/sshsig.ts";
import {
  encodeHelloBody,
  encodeLoginBody,
  type LoginMessage,
  type RefusalReason,
  readHostBody,
  readWelcomeBody,
  VERSIONS,
  type WelcomeBody,
} from "../../wire/login-message.ts";
import { addToTranscript, beginTranscript, type ChannelBinding, type Transcript } from "./transcript.ts";

/**
 * The login, as the client sees it:
 *
 *     greeted --host--> checking --host is good--> proved --welcome--> open
 *                                                    +------refused--> fault `unauthenticated`
 *
 * `greeted` and `checking` show nothing of the client but that it speaks the protocol. Only the pinned
 * host key's good signature over this very channel leads on to `proved`, where it names its key.
 * Everything else is thrown as a fault, and the connection is done.
 */
export type ClientPhase =
  | { readonly kind: "greeted"; readonly transcript: Transcript }
  | { readonly kind: "checking"; readonly transcript: Transcript }
  | { readonly kind: "proved"; readonly transcript: Transcript }
  /** `hostKeyBlock` is what the host keys in the welcome must have signed */
  | { readonly kind: "open"; readonly welcome: WelcomeBody; readonly hostKeyBlock: Uint8Array };

/** What the host said of itself: not true before its signature over the block was verified. */
export interface HostClaim {
  readonly key: PublicKey;
  readonly signature: Uint8Array;
  readonly block: Uint8Array;
}

/** @param nonce - 32 random bytes, never the same */
export function beginClientPhase(
  channel: ChannelBinding,
  nonce: Uint8Array,
): { readonly phase: ClientPhase; readonly hello: LoginMessage } {
  const body = encodeHelloBody({ versions: VERSIONS, nonce });
  const transcript = addToTranscript(beginTranscript(channel), body);
  return { phase: { kind: "greeted", transcript }, hello: { kind: "hello", body } };
}

/**
 * The host's answer. Whether the key is the pinned one and the signature good is for the caller to find
 * out; until it has, nothing is sent.
 *
 * @throws {@link Fault} `protocol_error`, `unauthenticated` (a key that no host may have)
 */
export function receiveHost(
  phase: ClientPhase,
  message: LoginMessage,
): { readonly phase: ClientPhase; readonly claim: HostClaim } {
  if (phase.kind !== "greeted" || message.kind !== "host") throw misplaced(message);
  const host = readHostBody(message.body);
  if (!VERSIONS.includes(host.version)) {
    throw new Fault("protocol_error", `the daemon chose version ${host.version}, which was not offered`);
  }
  const said = addToTranscript(phase.transcript, message.body);
  return {
    phase: { kind: "checking", transcript: addToTranscript(said, message.signature) },
    claim: {
      key: new PublicKey(host.key),
      signature: message.signature,
      block: signedBlock("host.v1@rpcd", said),
    },
  };
}

/** Makes the login, once the host is known to be the right one. @param sign - signs with the client's key */
export function proveIdentity(
  phase: ClientPhase,
  key: PublicKey,
  sign: (block: Uint8Array) => Uint8Array,
): { readonly phase: ClientPhase; readonly login: LoginMessage } {
  if (phase.kind !== "checking") throw new Error(`a login in phase ${phase.kind}`);
  const body = encodeLoginBody({ key: key.bytes });
  const said = addToTranscript(phase.transcript, body);
  const signature = sign(signedBlock("login.v1@rpcd", said));
  const transcript = addToTranscript(said, signature);
  return { phase: { kind: "proved", transcript }, login: { kind: "login", body, signature } };
}

/**
 * @throws {@link Fault} `unauthenticated` if the daemon refused; `resource_exhausted` or `unavailable` if it knows the key, and refused
 *   all the same; `protocol_error`
 */
export function receiveVerdict(
  phase: ClientPhase,
  message: LoginMessage,
): Extract<ClientPhase, { kind: "open" }> {
  if (phase.kind === "proved" && message.kind === "refused") {
    if (message.why !== undefined) throw refusedThoughKnown(message.why);
    throw new Fault("unauthenticated", "the daemon refused the login; it tells nobody why", {
      origin: "login",
      outcome: "not_started",
    });
  }
  if (phase.kind !== "proved" || message.kind !== "welcome") throw misplaced(message);
  const hostKeyBlock = signedBlock("hostkey.v1@rpcd", phase.transcript);
  return { kind: "open", welcome: readWelcomeBody(message.body), hostKeyBlock };
}

const REFUSAL_TEXT: Readonly<Record<RefusalReason, string>> = {
  resource_exhausted:
    "the login is good, but its principal has as many connections as it may have (max_connections_per_principal): close one of them",
  unavailable:
    "the login is good, but the daemon cannot record it in its audit log (rpcd.health and the daemon's log say why)",
};

function refusedThoughKnown(why: RefusalReason): Fault {
  const text = REFUSAL_TEXT[why];
  return new Fault(why, text, { text, origin: "login", outcome: "not_started", retry: { ok: true } });
}

function misplaced(message: LoginMessage): Fault {
  return new Fault("protocol_error", `${message.kind} does not belong here`);
}
