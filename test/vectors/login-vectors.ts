import assert from "node:assert/strict";
import { joinBytes, uint64Bytes } from "../../base/bytes.ts";
import { PrivateKey } from "../../certs/ed25519.ts";
import { type SignaturePurpose, signedBlock } from "../../certs/sshsig.ts";
import {
  beginClientPhase,
  proveIdentity,
  receiveHost,
  receiveVerdict,
} from "../../session/login/client-phase.ts";
import {
  beginDaemonPhase,
  type DaemonEvent,
  type DaemonPhase,
  daemonStep,
} from "../../session/login/daemon-phase.ts";
import {
  addToTranscript,
  beginTranscript,
  type ChannelBinding,
  type Transcript,
} from "../../session/login/transcript.ts";
import { decode } from "../../wire/cbor.ts";
import { frameHeader } from "../../wire/frame.ts";
import { SESSION_DATA } from "../../wire/limits.ts";
import { encodeLoginMessage, type HostKeyProof, type LoginMessage } from "../../wire/login-message.ts";
import { hexOf } from "../wire/cbor-samples.ts";
import { diagnostic } from "./diagnostic.ts";

/** A key pair that stands in a public file: it opens nothing. */
interface TestKey {
  readonly seed: Uint8Array;
  readonly key: PrivateKey;
}

/** `length` bytes that count up from `first`. */
const counting = (first: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => first + i);

const testKey = (first: number): TestKey => {
  const seed = counting(first, 32);
  return { seed, key: new PrivateKey(seed) };
};

const HOST = testKey(0x00);
const CLIENT = testKey(0x20);
const OTHER_HOSTS = [testKey(0x40), testKey(0x60)];
const CLIENT_NONCE = counting(0x80, 32);
const DAEMON_NONCE = counting(0xa0, 32);

const DEVICE = 2053n;
const INODE = 1_234_567n;
const UNIX: ChannelBinding = { word: "unix", bytes: joinBytes([uint64Bytes(DEVICE), uint64Bytes(INODE)]) };
const TLS: ChannelBinding = { word: "tls", bytes: counting(0xc0, 32) };

/** The login vectors by the names of their files. */
export function loginVectors(): Readonly<Record<string, object>> {
  return {
    "login-unix.json": {
      about: "a login over a plain Unix socket; the binding is its device and its inode",
      device: Number(DEVICE),
      inode: Number(INODE),
      ...loginVector(UNIX, []),
    },
    "login-tls.json": {
      about: "a login over TLS; the binding is what the exporter would give",
      ...loginVector(TLS, []),
    },
    "login-tls-host-keys.json": {
      about: "a login over TLS, to a daemon with two other host keys",
      ...loginVector(TLS, OTHER_HOSTS),
    },
  };
}

function loginVector(binding: ChannelBinding, otherHosts: readonly TestKey[]): object {
  const { hello, host, login, welcome, proofs } = exchange(binding, otherHosts);
  const steps = new Steps(binding);
  return {
    word: binding.word,
    binding: hexOf(binding.bytes),
    host: keyFields(HOST),
    client: keyFields(CLIENT),
    T0: hexOf(steps.transcript),
    steps: [
      steps.unsigned("client", hello),
      steps.signed("daemon", host, "host.v1@rpcd"),
      steps.signed("client", login, "login.v1@rpcd"),
    ],
    host_keys: proofs.map(({ signature }, i) => ({
      ...keyFields(otherHosts[i] ?? assert.fail("a proof without its key")),
      ...signatureFields("hostkey.v1@rpcd", steps.transcript, signature),
    })),
    welcome: messageFields("daemon", welcome),
    refused: {
      from: "daemon",
      frame: framed({ kind: "refused" }),
      resource_exhausted: framed({ kind: "refused", why: "resource_exhausted" }),
      unavailable: framed({ kind: "refused", why: "unavailable" }),
    },
  };
}

/** The messages of a login as both ends make them, with everything that is random given. */
function exchange(binding: ChannelBinding, otherHosts: readonly TestKey[]) {
  const tools = { hostKey: HOST.key, nonce: () => DAEMON_NONCE };
  const step = (phase: DaemonPhase, event: DaemonEvent) => {
    const { phase: after, actions } = daemonStep(phase, event, tools);
    return { after, action: actions[0] ?? assert.fail("nothing was done") };
  };
  const client = beginClientPhase(binding, CLIENT_NONCE);
  const greeted = step(beginDaemonPhase(binding), { kind: "message", message: client.hello });
  const host = greeted.action.kind === "send" ? greeted.action.message : assert.fail("no host");
  const checking = receiveHost(client.phase, host).phase;
  const { phase: proved, login } = proveIdentity(checking, CLIENT.key.publicKey, (block) =>
    CLIENT.key.sign(block),
  );
  const verifying = step(greeted.after, { kind: "message", message: login });
  const claim = verifying.action.kind === "verify" ? verifying.action.claim : assert.fail("no claim");
  const proofs: readonly HostKeyProof[] = otherHosts.map(({ key }) => ({
    key: key.publicKey.bytes,
    signature: key.sign(signedBlock("hostkey.v1@rpcd", claim.transcript)),
  }));
  const open = step(verifying.after, { kind: "welcome", body: { ...WELCOME, otherHostKeys: proofs } });
  const welcome = open.action.kind === "send" ? open.action.message : assert.fail("no welcome");
  assert.equal(receiveVerdict(proved, welcome).kind, "open");
  return { hello: client.hello, host, login, welcome, proofs };
}

const WELCOME = {
  principal: "id:alice",
  roles: ["operator", "viewer"],
  connection: "k3v9x2m4qd7t1a0b",
  boot: counting(0xe0, 16),
  digest: counting(0x10, 32),
  limits: { frameBytes: 1_048_576, callsInFlight: 128, deadlineMs: 300_000 },
};

/** Goes along the login and writes down what is hashed and signed. */
class Steps {
  transcript: Transcript;

  constructor(binding: ChannelBinding) {
    this.transcript = beginTranscript(binding);
  }

  unsigned(from: string, message: LoginMessage): object {
    this.transcript = addToTranscript(this.transcript, bodyOf(message));
    return { ...messageFields(from, message), T_body: hexOf(this.transcript) };
  }

  signed(from: string, message: LoginMessage, namespace: SignaturePurpose): object {
    const withBody = this.unsigned(from, message);
    const signature = "signature" in message ? message.signature : assert.fail("no signature");
    const fields = signatureFields(namespace, this.transcript, signature);
    this.transcript = addToTranscript(this.transcript, signature);
    return { ...withBody, ...fields, T_signature: hexOf(this.transcript) };
  }
}

function keyFields({ seed, key }: TestKey): object {
  return { seed: hexOf(seed), key: hexOf(key.publicKey.bytes) };
}

function signatureFields(namespace: SignaturePurpose, signed: Transcript, signature: Uint8Array): object {
  return { namespace, block: hexOf(signedBlock(namespace, signed)), signature: hexOf(signature) };
}

function messageFields(from: string, message: LoginMessage): object {
  const body = bodyOf(message);
  return {
    message: message.kind,
    from,
    diagnostic: diagnostic(decode(body, SESSION_DATA)),
    body: hexOf(body),
    frame: framed(message),
  };
}

function bodyOf(message: LoginMessage): Uint8Array {
  return "body" in message ? message.body : assert.fail(`${message.kind} has no body`);
}

function framed(message: LoginMessage): string {
  const bytes = encodeLoginMessage(message);
  return hexOf(joinBytes([frameHeader(bytes.length), bytes]));
}
