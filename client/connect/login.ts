import { randomBytes } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { type PrivateKey, PublicKey } from "../../certs/ed25519.ts";
import { fingerprint } from "../../certs/public-key.ts";
import type { Channel } from "../../link/channel.ts";
import { Deadlines } from "../../link/deadlines.ts";
import { SESSION_UNREAD_MAX_BYTES } from "../../link/limits.ts";
import { Link, type LinkEvents } from "../../link/link.ts";
import {
  beginClientPhase,
  type ClientPhase,
  type HostClaim,
  proveIdentity,
  receiveHost,
  receiveVerdict,
} from "../../session/login/client-phase.ts";
import { SESSION_FRAME_MAX_BYTES } from "../../wire/limits.ts";
import {
  encodeLoginMessage,
  type LoginMessage,
  NONCE_BYTES,
  readLoginMessage,
  type WelcomeBody,
} from "../../wire/login-message.ts";
import { errorOfConnection, HostKeyError, lateError, RpcError } from "../errors/rpc-error.ts";

/** What the login needs to know. */
export interface Credentials {
  /** as the user wrote it, for messages */
  readonly address: string;
  readonly identity: PrivateKey;
  /** fingerprints of the keys that the daemon may show */
  readonly hostKeyFingerprints: readonly string[];
}

/** What came of a login. */
export interface LoggedIn {
  readonly welcome: WelcomeBody;
  /** the fingerprints of all host keys of the daemon; the one of this login is the first */
  readonly hostKeyFingerprints: readonly string[];
}

type Frames = (frame: Uint8Array) => void;
type Closed = (error: unknown) => void;

/** The login of one connection: it hands the link over once it is done. */
export class Login {
  readonly link: Link;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly #credentials: Credentials;
  readonly #channel: Channel;
  #phase: ClientPhase | undefined;
  #hostKey = "";
  #frame: Frames = () => undefined;
  #closed: Closed = () => undefined;
  #flowing: () => void = () => undefined;

  constructor(channel: Channel, credentials: Credentials, clock: Clock) {
    this.clock = clock;
    this.deadlines = new Deadlines(clock);
    this.#credentials = credentials;
    this.#channel = channel;
    this.link = new Link(channel.socket, this.deadlines, {
      frame: (body) => this.#frame(body),
      closed: (error) => this.#closed(error),
      flowing: () => this.#flowing(),
    });
  }

  /** From here on the link is somebody else's. */
  handOver({ frame, closed, flowing }: Required<Pick<LinkEvents, "frame" | "closed" | "flowing">>): void {
    this.#frame = frame;
    this.#closed = closed;
    this.#flowing = flowing;
    this.link.resume();
  }

  run(timeoutMs: number): Promise<LoggedIn> {
    return new Promise((resolve, reject) => {
      const deadline = this.deadlines.start(timeoutMs, () =>
        this.link.destroy(lateError(timeoutMs, "not_started")),
      );
      this.#closed = (error) => {
        this.deadlines.stop(deadline);
        reject(errorOfConnection(error, "not_started"));
      };
      this.#frame = (frame) => {
        const open = this.#receive(readLoginMessage(frame));
        if (open === undefined) return;
        // What follows is for whoever takes the link over.
        this.link.pause();
        const hostKeyFingerprints = this.#hostKeyFingerprints(open);
        this.deadlines.stop(deadline);
        resolve({ welcome: open.welcome, hostKeyFingerprints });
      };
      const { phase, hello } = beginClientPhase(this.#channel.binding, randomBytes(NONCE_BYTES));
      this.#phase = phase;
      this.#send(hello);
    });
  }

  #receive(message: LoginMessage): Extract<ClientPhase, { kind: "open" }> | undefined {
    if (this.#phase === undefined) throw new Error("a frame before the login began");
    if (this.#phase.kind !== "greeted") {
      const open = receiveVerdict(this.#phase, message);
      this.#phase = open;
      return open;
    }
    const { phase, claim } = receiveHost(this.#phase, message);
    this.#phase = phase;
    // Nothing more is read until the host is known to be the right one, and nothing is sent.
    this.#checkHost(claim);
    this.#prove();
    return undefined;
  }

  /** @throws RpcError if the host is another one, or does not hold its key */
  #checkHost({ key, block, signature }: HostClaim): void {
    const found = fingerprint(key);
    this.#hostKey = found;
    const { hostKeyFingerprints, address } = this.#credentials;
    if (!hostKeyFingerprints.includes(found)) throw new HostKeyError(address, found, hostKeyFingerprints);
    if (key.verifyNow(block, signature)) return;
    const detail = `the daemon at ${address} shows the host key ${found}, but its signature for this connection is not good`;
    throw new RpcError("unauthenticated", detail, { origin: "login", outcome: "not_started" });
  }

  /** @throws RpcError if the daemon names a host key that it does not have */
  #hostKeyFingerprints({ welcome, hostKeyBlock }: Extract<ClientPhase, { kind: "open" }>): readonly string[] {
    const prints = [this.#hostKey];
    for (const proof of welcome.otherHostKeys) {
      const key = new PublicKey(proof.key);
      if (!key.verifyNow(hostKeyBlock, proof.signature)) {
        const detail = `the daemon names the host key ${fingerprint(key)}, but does not show that it has it`;
        throw new RpcError("protocol_error", detail, { origin: "login", outcome: "not_started" });
      }
      prints.push(fingerprint(key));
    }
    return prints;
  }

  #prove(): void {
    if (this.#phase === undefined) throw new Error("a proof before the login began");
    const { identity } = this.#credentials;
    const { phase, login } = proveIdentity(this.#phase, identity.publicKey, (block) => identity.sign(block));
    this.#phase = phase;
    this.#send(login);
    // The host is the right one: its welcome may be as large as any message after it.
    this.link.limitTo({ frameBytes: SESSION_FRAME_MAX_BYTES, unreadBytes: SESSION_UNREAD_MAX_BYTES });
  }

  #send(message: LoginMessage): void {
    this.link.send(encodeLoginMessage(message));
  }
}
