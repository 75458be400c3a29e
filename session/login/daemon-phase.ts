import { assertNever } from "../../base/assert-never.ts";
import type { PrivateKey } from "../../certs/ed25519.ts";
import { signedBlock } from "../../certs/sshsig.ts";
import {
  encodeHostBody,
  encodeWelcomeBody,
  type LoginMessage,
  type RefusalReason,
  readHelloBody,
  readLoginBody,
  VERSIONS,
  type WelcomeBody,
} from "../../wire/login-message.ts";
import { addToTranscript, beginTranscript, type ChannelBinding, type Transcript } from "./transcript.ts";

/**
 * The life of one connection, as the daemon sees it:
 *
 *     greeting --hello--> proving --login--> verifying --welcome--> open --drain--> draining
 *                                                |                   |                 |
 *                                                +----refuse----> closed <--done, late, lost
 *
 * From every phase a wrong, late or lost peer leads to closed, and nothing leads out of it. A phase holds
 * only what is true in it: there is no principal before `open`, and nothing but the verifier's word leads
 * there. What is called once the connection is open stands in `incoming-calls.ts`.
 */
export type DaemonPhase =
  | { readonly kind: "greeting"; readonly transcript: Transcript }
  | { readonly kind: "proving"; readonly transcript: Transcript }
  | { readonly kind: "verifying" }
  | { readonly kind: "open" }
  | { readonly kind: "draining" }
  | { readonly kind: "closed"; readonly why: DaemonClosing };

export type DaemonClosing = "done" | "refused" | "late" | "lost" | "protocol_error";

export type DaemonEvent =
  | { readonly kind: "message"; readonly message: LoginMessage }
  /** the verdict on the login */
  | { readonly kind: "welcome"; readonly body: WelcomeBody }
  /** `why` is for a peer that has proved a key of the policy, and for nobody else */
  | { readonly kind: "refuse"; readonly why?: RefusalReason }
  | { readonly kind: "drain" }
  /** draining, and the last call has ended */
  | { readonly kind: "done" }
  | { readonly kind: "close"; readonly why: DaemonClosing };

/** What the caller is to do next. A step itself touches no socket and no clock. */
export type DaemonAction =
  | { readonly kind: "send"; readonly message: LoginMessage }
  | { readonly kind: "verify"; readonly claim: LoginClaim }
  | { readonly kind: "hang_up" };

/** What a peer says of itself, and what it shows for it. Nothing of it is true before it is verified. */
export interface LoginClaim {
  /** 32 bytes */
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
  /** the block that the signature must be over */
  readonly block: Uint8Array;
  /** all that was said, the login's signature too: what further host keys sign */
  readonly transcript: Transcript;
}

export interface DaemonStep {
  readonly phase: DaemonPhase;
  readonly actions: readonly DaemonAction[];
}

export interface DaemonTools {
  readonly hostKey: PrivateKey;
  /** 32 random bytes, never the same */
  nonce(): Uint8Array;
}

export function beginDaemonPhase(channel: ChannelBinding): DaemonPhase {
  return { kind: "greeting", transcript: beginTranscript(channel) };
}

/** @throws Fault `protocol_error` if the body of a message cannot be read: hang up, as for a wrong message */
export function daemonStep(phase: DaemonPhase, event: DaemonEvent, tools: DaemonTools): DaemonStep {
  if (phase.kind === "closed") return { phase, actions: [] };
  if (event.kind === "close") return close(event.why);
  switch (phase.kind) {
    case "greeting":
      return greeting(phase.transcript, event, tools);
    case "proving":
      return proving(phase.transcript, event);
    case "verifying":
      return verifying(event);
    case "open":
      return event.kind === "drain" ? { phase: { kind: "draining" }, actions: [] } : close("protocol_error");
    case "draining":
      return event.kind === "drain"
        ? { phase, actions: [] }
        : close(event.kind === "done" ? "done" : "protocol_error");
    default:
      return assertNever(phase, "an event");
  }
}

function greeting(transcript: Transcript, event: DaemonEvent, tools: DaemonTools): DaemonStep {
  if (event.kind === "drain") return close("done");
  if (event.kind !== "message" || event.message.kind !== "hello") return close("protocol_error");
  const hello = readHelloBody(event.message.body);
  const version = VERSIONS.find((one) => hello.versions.includes(one));
  if (version === undefined) return close("protocol_error");
  const body = encodeHostBody({ version, nonce: tools.nonce(), key: tools.hostKey.publicKey.bytes });
  const said = addToTranscript(addToTranscript(transcript, event.message.body), body);
  const signature = tools.hostKey.sign(signedBlock("host.v1@rpcd", said));
  return {
    phase: { kind: "proving", transcript: addToTranscript(said, signature) },
    actions: [{ kind: "send", message: { kind: "host", body, signature } }],
  };
}

function proving(transcript: Transcript, event: DaemonEvent): DaemonStep {
  if (event.kind === "drain") return close("done");
  if (event.kind !== "message" || event.message.kind !== "login") return close("protocol_error");
  const { body, signature } = event.message;
  const { key } = readLoginBody(body);
  const said = addToTranscript(transcript, body);
  const block = signedBlock("login.v1@rpcd", said);
  const claim = { key, signature, block, transcript: addToTranscript(said, signature) };
  // The check runs off the event loop; its answer comes back as an event. A step never waits.
  return { phase: { kind: "verifying" }, actions: [{ kind: "verify", claim }] };
}

function verifying(event: DaemonEvent): DaemonStep {
  switch (event.kind) {
    case "welcome":
      return {
        phase: { kind: "open" },
        actions: [{ kind: "send", message: { kind: "welcome", body: encodeWelcomeBody(event.body) } }],
      };
    case "refuse": {
      const { phase, actions } = close("refused");
      const message = event.why === undefined ? REFUSED : { ...REFUSED, why: event.why };
      return { phase, actions: [{ kind: "send", message }, ...actions] };
    }
    case "drain":
      return close("done");
    // Nothing is read in this phase, so a message here is a mistake of this side; it opens nothing.
    case "message":
    case "done":
    case "close":
      return close("protocol_error");
    default:
      return assertNever(event, "an event");
  }
}

const REFUSED = { kind: "refused" } as const;

function close(why: DaemonClosing): DaemonStep {
  return { phase: { kind: "closed", why }, actions: [{ kind: "hang_up" }] };
}
