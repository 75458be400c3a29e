import { randomBytes } from "node:crypto";
import { Fault } from "../base/fault.ts";
import type { Channel } from "../link/channel.ts";
import type { Deadline } from "../link/deadlines.ts";
import { Link } from "../link/link.ts";
import {
  beginDaemonPhase,
  type DaemonAction,
  type DaemonClosing,
  type DaemonEvent,
  type DaemonPhase,
  daemonStep,
  type LoginClaim,
} from "../session/daemon-phase.ts";
import {
  REFUSAL_DELAY_MS,
  REFUSALS_WAITING_MAX,
  SESSION_FRAME_MAX_BYTES,
  SESSION_UNREAD_MAX_BYTES,
} from "../wire/limits.ts";
import { encodeLoginMessage, NONCE_BYTES, readLoginMessage } from "../wire/login-message.ts";
import { type Authentication, authenticate } from "./authenticate.ts";
import { Calls } from "./calls.ts";
import type { Core } from "./core.ts";
import { openSession } from "./open-session.ts";

/**
 * One accepted connection: the login first, then calls. It owns the socket; when it is gone, all that
 * belonged to it is.
 */
export class Connection {
  /** Its name in the audit log. */
  readonly id: string;
  readonly #core: Core;
  readonly #channel: Channel;
  readonly #link: Link;
  readonly #gone: () => void;
  #phase: DaemonPhase;
  #loginDeadline: Deadline | undefined;
  #refusal: Deadline | undefined;
  #calls: Calls | undefined;

  /** @param gone - called once, when the socket is closed */
  constructor(core: Core, channel: Channel, gone: () => void) {
    this.#core = core;
    this.#channel = channel;
    this.#gone = gone;
    this.id = connectionId();
    this.#phase = beginDaemonPhase(channel.binding);
    this.#link = new Link(channel.socket, core.deadlines, {
      frame: (body) => this.#frame(body),
      closed: (error) => this.#closed(error),
      flowing: () => this.#calls?.resume(),
    });
    // From here to the verdict, whatever bytes come: they do not refresh it.
    this.#loginDeadline = core.deadlines.start(core.config.loginTimeoutMs, () => this.close("late"));
  }

  /** No new calls; closed when the last one has ended. */
  drain(): void {
    this.#step({ kind: "drain" });
    this.#calls?.drain();
  }

  /** Closes at once. What runs is answered first, with what is known of its outcome. */
  close(why: DaemonClosing): void {
    this.#calls?.stopAll(
      new Fault("unavailable", "the daemon stops", {
        text: "the daemon stopped before the call was done",
        origin: "channel",
        outcome: "unknown",
      }),
    );
    this.#step({ kind: "close", why });
  }

  #frame(body: Uint8Array): void {
    if (this.#calls === undefined) this.#step({ kind: "message", message: readLoginMessage(body) });
    else this.#calls.receive(body);
  }

  #step(event: DaemonEvent): void {
    const { phase, actions } = daemonStep(this.#phase, event, {
      hostKey: this.#core.hostKey,
      nonce: () => randomBytes(NONCE_BYTES),
    });
    this.#phase = phase;
    for (const action of actions) this.#act(action);
  }

  #act(action: DaemonAction): void {
    switch (action.kind) {
      case "send":
        this.#link.send(encodeLoginMessage(action.message));
        return;
      case "hang_up":
        this.#link.end();
        return;
      case "verify":
        this.#verify(action.claim);
        return;
      default:
        unreachable(action);
    }
  }

  #verify(claim: LoginClaim): void {
    // Nothing that stands behind the login is looked at before the verdict.
    this.#link.pause();
    const claimedAt = this.#core.clock.monotonicMs();
    const policy = this.#core.policy;
    // Where a refusal will not be delayed, an unknown key takes as long as a known one.
    const evenly = this.#core.refusalsWaiting >= REFUSALS_WAITING_MAX;
    authenticate(claim, policy, evenly)
      .then((verdict) => this.#judge(verdict, claimedAt))
      .catch((error: unknown) => {
        this.#core.log.error("a login failed on this side", { connection: this.id, error });
        this.#link.destroy(error);
      });
  }

  #judge(verdict: Authentication, claimedAt: number): void {
    // The peer may have gone, or the deadline passed, while the signature was looked at.
    if (this.#phase.kind !== "verifying") return;
    const stamp = { atMs: this.#core.clock.wallMs(), id: this.id, via: this.#channel.via };
    if (!verdict.good) {
      const { reason, key } = verdict;
      this.#core.audit.write([
        [stamp, { kind: "login", result: "refused", reason, ...(key === undefined ? {} : { key }) }],
      ]);
      this.#core.log.info("a login was refused", { connection: this.id, reason, key });
      this.#refuse(claimedAt);
      return;
    }
    const { principal, key } = verdict;
    const recorded = this.#core.audit.write([
      [stamp, { kind: "login", result: "ok", principal: principal.name, key }],
    ]);
    // Who cannot be recorded is not let in; the audit writer has said why.
    if (!recorded) {
      this.#refuse(claimedAt);
      return;
    }
    this.#core.deadlines.stop(this.#loginDeadline);
    const { session, welcome } = openSession(this.#core, {
      principal,
      key,
      via: this.#channel.via,
      connection: this.id,
    });
    this.#link.limitTo({ frameBytes: SESSION_FRAME_MAX_BYTES, unreadBytes: SESSION_UNREAD_MAX_BYTES });
    this.#step({ kind: "welcome", body: welcome });
    this.#calls = new Calls(this.#core, session, this.#link, () => this.#step({ kind: "done" }));
    this.#core.log.debug("logged in", { connection: this.id, principal: principal.name });
    this.#link.resume();
  }

  /** The same byte after the same time whatever the reason: neither tells who is enrolled. */
  #refuse(claimedAt: number): void {
    if (this.#core.refusalsWaiting >= REFUSALS_WAITING_MAX) {
      this.#step({ kind: "close", why: "refused" });
      return;
    }
    this.#core.refusalsWaiting++;
    const waited = this.#core.clock.monotonicMs() - claimedAt;
    this.#refusal = this.#core.deadlines.start(REFUSAL_DELAY_MS - waited, () => {
      this.#refusalEnded();
      this.#step({ kind: "refuse" });
    });
  }

  #refusalEnded(): void {
    if (this.#refusal === undefined) return;
    this.#core.deadlines.stop(this.#refusal);
    this.#refusal = undefined;
    this.#core.refusalsWaiting--;
  }

  #closed(error: unknown): void {
    const phase = this.#phase.kind;
    this.#step({ kind: "close", why: "lost" });
    this.#core.deadlines.stop(this.#loginDeadline);
    this.#refusalEnded();
    this.#calls?.lost();
    // Before the login anybody can make as many of these as they like.
    const level = this.#calls === undefined ? "debug" : "info";
    if (error !== undefined)
      this.#core.log[level]("a connection broke", { connection: this.id, phase, error: shortReason(error) });
    this.#gone();
  }
}

/** Enough of an error for the log of a broken connection: a peer can make many, so no stack. */
function shortReason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** 80 random bits in 16 letters and digits: nobody can guess the id of another's request. */
function connectionId(): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  return Array.from(randomBytes(16), (byte) => alphabet[byte & 31]).join("");
}

function unreachable(action: never): never {
  throw new Error(`no such action: ${JSON.stringify(action)}`);
}
