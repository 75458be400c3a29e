import { randomBytes } from "node:crypto";
import type { EndedLogin, RefusedLogin, Stamp } from "../../audit/line.ts";
import { assertNever } from "../../base/assert-never.ts";
import { Fault } from "../../base/fault.ts";
import type { Channel } from "../../link/channel.ts";
import type { Deadline } from "../../link/deadlines.ts";
import { SESSION_UNREAD_MAX_BYTES } from "../../link/limits.ts";
import { Link } from "../../link/link.ts";
import { Liveness } from "../../link/liveness.ts";
import { addressOf, type Peer, type Policy, type Principal } from "../../policy/engine.ts";
import {
  beginDaemonPhase,
  type DaemonAction,
  type DaemonClosing,
  type DaemonEvent,
  type DaemonPhase,
  daemonStep,
  type LoginClaim,
} from "../../session/login/daemon-phase.ts";
import { SESSION_FRAME_MAX_BYTES } from "../../wire/limits.ts";
import {
  encodeLoginMessage,
  NONCE_BYTES,
  type RefusalReason,
  readLoginMessage,
} from "../../wire/login-message.ts";
import { connectionId } from "../base/connection-id.ts";
import { messageText } from "../base/thrown.ts";
import { Calls } from "../calls/calls.ts";
import { endedByOperator, endedByPolicy } from "../faults/calls.ts";
import { RefusalPlace } from "../faults/refusal-place.ts";
import type { StartupPlace } from "../limits/admission.ts";
import type { Share } from "../limits/load.ts";
import type { ScheduledWork } from "../limits/scheduler.ts";
import type { TimeAccount } from "../limits/time-accounts.ts";
import type { Verifications } from "../limits/verify-queue.ts";
import type { ConnectionCounts, OneConnection } from "../session/connections.ts";
import type { Session } from "../session/session.ts";
import { isOperator, type SessionTable } from "../session/session-table.ts";
import { type Authentication, authenticate } from "./authenticate.ts";
import type { LoginCore } from "./login-core.ts";
import { openSession } from "./open-session.ts";

/** What is known of a connection before its login. */
export interface Arrived {
  readonly place: StartupPlace;
  /** the peer's, where it has one */
  readonly address: string | undefined;
  /** whether it came from this host: through a Unix socket, or a stream that was handed over */
  readonly isLocal: boolean;
  /** how long from now the login may take, in milliseconds */
  readonly loginDeadlineMs: number;
}

/** What there is from the login to the end of a connection. */
interface OpenConnection {
  readonly session: Session;
  readonly calls: Calls;
  readonly liveness: Liveness;
  /** What was last looked at: a call may go on as long as the rules are these. */
  table: SessionTable;
}

const NOTHING: ConnectionCounts = {
  calls: 0,
  queued: 0,
  exported: 0,
  imported: 0,
  callbacks: 0,
  pipelined: 0,
};

/**
 * One accepted connection: the login first, then calls. It owns the socket; when it is gone, all that
 * belonged to it is.
 */
export class Connection implements OneConnection, ScheduledWork {
  /** Its name in the audit log. */
  readonly id: string;
  readonly #core: LoginCore;
  readonly #channel: Channel;
  readonly #link: Link;
  readonly #place: StartupPlace;
  readonly #address: string | undefined;
  readonly #isLocal: boolean;
  readonly #gone: () => void;
  #phase: DaemonPhase;
  #loginDeadline: Deadline | undefined;
  readonly #refusalPlace: RefusalPlace;
  /** From the verdict on: what the principal has under way by this connection. */
  #share: Share | undefined;
  #open: OpenConnection | undefined;
  #pings = 0;
  /** Before the login, all peers together have one. */
  #account: TimeAccount;

  /** @param gone - called once, when the socket is closed */
  constructor(
    core: LoginCore,
    channel: Channel,
    { place, address, isLocal, loginDeadlineMs }: Arrived,
    gone: () => void,
  ) {
    this.#core = core;
    this.#channel = channel;
    this.#place = place;
    this.#address = address;
    this.#isLocal = isLocal;
    this.#gone = gone;
    this.id = connectionId();
    this.#refusalPlace = new RefusalPlace(core.refusals);
    this.#phase = beginDaemonPhase(channel.binding);
    const { scheduler, times, turn } = core.calls;
    this.#account = times.unauthenticated;
    let before: TimeAccount | undefined;
    this.#link = new Link(
      channel.socket,
      core.deadlines,
      {
        frame: (body) => this.#frame(body),
        read: () => turn.read(),
        closed: (error) => this.#closed(error),
        flowing: () => this.#open?.calls.resume(),
      },
      {
        begin: () => {
          if (!scheduler.begin(this.#account)) return false;
          before = times.to(this.#account);
          return true;
        },
        end: () => void times.to(before),
        isOver: () => scheduler.isOver(),
        wait: () => scheduler.queue(this),
      },
    );
    // From here to the verdict, whatever bytes come: they do not refresh it.
    this.#loginDeadline = core.deadlines.start(loginDeadlineMs, () => this.close("late"));
  }

  /** What its client has under way and in use. */
  get counts(): ConnectionCounts {
    return this.#open?.calls.counts ?? NOTHING;
  }

  /** Of its calls whose work has not ended, and of output that its peer has not read. */
  get cost(): number {
    return this.#share?.cost ?? 0;
  }

  /** Who is there, from the login to the end. */
  get session(): Session | undefined {
    const { kind } = this.#phase;
    return kind === "open" || kind === "draining" ? this.#open?.session : undefined;
  }

  /** No new calls; closed when the last one has ended. */
  drain(): void {
    this.#step({ kind: "drain" });
    this.#open?.calls.drain();
  }

  /** Closes at once. What runs is answered first, with what is known of its outcome. */
  close(why: DaemonClosing): void {
    this.#open?.calls.stopAll(
      () =>
        new Fault("unavailable", "the daemon stops", {
          text: "the daemon stopped before the call was done",
          origin: "channel",
          outcome: "unknown",
        }),
    );
    this.#open?.calls.endSession();
    this.#step({ kind: "close", why });
  }

  /**
   * Looks again at who is there and at what runs, by the policy and the clock of this moment: whoever would not be let
   * in is sent away, and what would not be admitted ends.
   */
  recheck(policy: Policy, nowMs: number): void {
    const open = this.#open;
    if (open === undefined) return;
    const { session, calls, liveness } = open;
    const monotonicMs = this.#core.clock.monotonicMs();
    calls.sweep(monotonicMs);
    if (!liveness.look(monotonicMs, this.#core.config.liveness)) return this.lose();
    // One that was sent away may take its time to close: it is sent away once.
    if (this.session === undefined) return;
    const known = policy.principalOfKey(session.key, nowMs);
    if (!known.ok || known.principal.name !== session.principal.name) {
      const reason = known.ok ? "other_principal" : known.reason;
      this.#sendAway(session, { reason }, () => endedByPolicy(reason));
      return;
    }
    if (session.policy !== policy) session.follow(policy, known.principal, nowMs);
    const table = session.table(nowMs);
    if (table === open.table) return;
    open.table = table;
    calls.recheck(nowMs);
  }

  failed(error: unknown): void {
    this.#link.destroy(error);
  }

  get isSettled(): boolean {
    return this.#open?.calls.isSettled ?? true;
  }

  get account(): TimeAccount {
    return this.#account;
  }

  work(): boolean {
    const hasMore = this.#open?.calls.work() ?? false;
    // Whatever waits: pings, cancels and answers to callbacks are heard meanwhile.
    return this.#link.work() || hasMore;
  }

  get heardAtMs(): number {
    return this.#open?.liveness.heardAtMs ?? this.#core.clock.monotonicMs();
  }

  probe(nowMs: number, silentMs: number): boolean {
    return this.session !== undefined && this.#open?.liveness.probe(nowMs, silentMs) === true;
  }

  lose(): void {
    this.#share?.leave();
    const silentS = Math.round((this.#core.clock.monotonicMs() - this.heardAtMs) / 1_000);
    this.#link.destroy(new Error(`the client is dead: no sign of life for ${silentS} s`));
  }

  endSession(by: string): void {
    const { session } = this;
    if (session !== undefined) this.#sendAway(session, { reason: "ended_by_operator", by }, endedByOperator);
  }

  #sendAway({ principal, key }: Session, why: Pick<EndedLogin, "reason" | "by">, fault: () => Fault): void {
    const event = { kind: "login", result: "ended", principal: principal.name, key, ...why } as const;
    this.#core.audit.write([[this.#stamp(), event]]);
    this.#core.log.info("a session was ended", { connection: this.id, principal: principal.name, ...why });
    this.#open?.calls.stopAll(fault);
    this.#open?.calls.endSession();
    this.#step({ kind: "close", why: "refused" });
  }

  #frame(body: Uint8Array): void {
    if (this.#open === undefined) this.#step({ kind: "message", message: readLoginMessage(body) });
    else this.#open.calls.receive(body);
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
        assertNever(action, "an action");
    }
  }

  #verify(claim: LoginClaim): void {
    // Nothing that stands behind the login is looked at before the verdict.
    this.#link.pause();
    const claimedAt = this.#core.clock.monotonicMs();
    const { policy } = this.#core.keeper;
    // Where it would not be answered after a fixed time, an unknown key takes as long as a known one.
    const evenly = !this.#refusalPlace.take();
    authenticate(claim, policy, this.#core.clock.wallMs(), this.#verifications, evenly)
      .then((verdict) => this.#judge(verdict, claim, claimedAt))
      .catch((error: unknown) => {
        this.#core.log.error("a login failed on this side", { connection: this.id, error });
        this.#link.destroy(error);
      });
  }

  #judge(verdict: Authentication, claim: LoginClaim, claimedAt: number, isLast = false): void {
    // The peer may have gone, or the deadline passed, while the signature was looked at.
    if (this.#phase.kind !== "verifying") return;
    if (!verdict.good) return this.#refuse(verdict.reason, verdict.key, claimedAt);
    const { key } = verdict;
    // Another policy may have come into force meanwhile: what counts is what this moment's says.
    const known = this.#core.keeper.policy.principalOfKey(key, this.#core.clock.wallMs());
    if (!known.ok) return this.#refuse(known.reason, key, claimedAt);
    const { principal } = known;
    const share = this.#core.loads.enter(principal.name, () => isOperator(this.#tableOf(principal)));
    if (share === undefined) {
      if (isLast) return this.#refuseKnown("too_many_connections", key, "resource_exhausted");
      // Some of them may be dead, and nobody knows yet.
      this.#core.probes.makeRoom(principal.name, () => {
        try {
          this.#judge(verdict, claim, claimedAt, true);
        } catch (error) {
          this.failed(error);
        }
      });
      return;
    }
    this.#share = share;
    // A login is a line like a call's: who logs in for ever must not use up the disk of those who look after the daemon.
    if (!this.#core.room.take(principal.name, () => isOperator(this.#tableOf(principal))))
      return this.#refuseKnown("audit_room", key, "unavailable");
    this.#account = this.#core.calls.times.of(principal.name);
    const recorded = this.#core.audit.write([
      [this.#stamp(), { kind: "login", result: "ok", principal: principal.name, key }],
    ]);
    this.#core.measures.logins[recorded ? "ok" : "unrecorded"]++;
    // Who cannot be recorded is not let in; the audit writer has said why.
    if (!recorded) return this.#step({ kind: "refuse", why: "unavailable" });
    this.#core.deadlines.stop(this.#loginDeadline);
    this.#refusalPlace.leave();
    this.#place.leave();
    const { session, welcome } = openSession(this.#core, claim.transcript, {
      principal,
      key,
      peer: this.#peer,
      address: this.#address,
      connection: this.id,
    });
    this.#channel.admit?.();
    this.#link.limitTo({
      frameBytes: SESSION_FRAME_MAX_BYTES,
      unreadBytes: SESSION_UNREAD_MAX_BYTES,
      account: share,
    });
    this.#step({ kind: "welcome", body: welcome });
    const drained = (): void => this.#step({ kind: "done" });
    const calls = new Calls(this.#core.calls, session, { link: this.#link, share, work: this }, drained);
    this.#open = {
      session,
      calls,
      liveness: new Liveness(this.#link, () => calls.ping(++this.#pings), this.#core.clock.monotonicMs()),
      table: session.table(this.#core.clock.wallMs()),
    };
    this.#core.log.debug("logged in", { connection: this.id, principal: principal.name });
    this.#link.resume();
  }

  /** Where its signature waits to be verified: for peers of this host there is always some room. */
  get #verifications(): Verifications {
    const { verifications } = this.#core;
    return this.#isLocal ? verifications.local : verifications;
  }

  /** What a principal may call here and now. */
  #tableOf(principal: Principal): SessionTable {
    const { keeper, tables, clock } = this.#core;
    return tables.of(keeper.policy, principal, this.#peer, clock.wallMs());
  }

  get #peer(): Peer {
    const address = this.#address;
    return { via: this.#channel.via, address: address === undefined ? undefined : addressOf(address) };
  }

  #refuse(reason: RefusedLogin["reason"], key: string | undefined, claimedAt: number): void {
    const event = { kind: "login", result: "refused", reason } as const;
    this.#core.strangers.refused(this.#stamp(), key === undefined ? event : { ...event, key });
    // There is no answer for one that was not looked at: it would say how busy this side is.
    if (reason === "busy") this.#step({ kind: "close", why: "refused" });
    else this.#answerRefusal(claimedAt);
  }

  /** The peer has proved a key of the policy: it reads why it is refused, and at once. */
  #refuseKnown(reason: RefusedLogin["reason"], key: string, why: RefusalReason): void {
    this.#core.strangers.refused(this.#stamp(), { kind: "login", result: "refused", reason, key });
    this.#step({ kind: "refuse", why });
  }

  #stamp(): Stamp {
    return { atMs: this.#core.clock.wallMs(), id: this.id, via: this.#channel.via };
  }

  /** The same byte after the same time whatever the reason: neither tells who is enrolled. */
  #answerRefusal(claimedAt: number): void {
    const isAnswered = this.#refusalPlace.answer(claimedAt, () => this.#step({ kind: "refuse" }));
    if (!isAnswered) this.#step({ kind: "close", why: "refused" });
  }

  #closed(error: unknown): void {
    const phase = this.#phase.kind;
    this.#step({ kind: "close", why: "lost" });
    this.#core.deadlines.stop(this.#loginDeadline);
    this.#refusalPlace.leave();
    this.#open?.calls.lost();
    this.#share?.leave();
    this.#place.leave();
    if (error !== undefined) {
      const fields = { connection: this.id, phase, error: shortReason(error) };
      if (this.#open === undefined) this.#core.strangers.ended("a connection broke before its login", fields);
      else this.#core.strangers.broken(fields);
    }
    this.#gone();
  }
}

/** Enough of an error for the log of a broken connection: a peer can make many, so no stack. */
function shortReason(error: unknown): string {
  return messageText(error);
}
