import { escapeShort } from "../base/escape.ts";

/** As much of a name that a peer made up as is worth keeping, in characters. */
export const CLAIMED_MAX_CHARS = 128;

/** What the audit log says of a login. */
type LoginEvent =
  | {
      readonly kind: "login";
      readonly result: "ok";
      /** only where the login was good: a claimed name is no fact */
      readonly principal: string;
      /** the fingerprint of the key that was shown */
      readonly key: string;
    }
  | EndedLogin
  | RefusedLogin;

/** A session that was ended: the policy, or its time, would not let it in any longer, or an operator ended it. */
export interface EndedLogin {
  readonly kind: "login";
  readonly result: "ended";
  readonly principal: string;
  readonly key: string;
  /** `other_principal`: its key stands for somebody else now */
  readonly reason: "unknown_key" | "revoked" | "expired" | "other_principal" | "ended_by_operator";
  /** the principal that ended it, where it was an operator */
  readonly by?: string;
}

/** A login that was refused; the peer never reads why. */
export interface RefusedLogin {
  readonly kind: "login";
  readonly result: "refused";
  /**
   * `busy`: too many signatures wait to be verified; `too_many_connections`: the principal has as many as it may
   */
  readonly reason:
    | "unknown_key"
    | "revoked"
    | "expired"
    | "bad_key"
    | "bad_signature"
    | "busy"
    | "too_many_connections"
    | "audit_room";
  /** the fingerprint of the key that was shown */
  readonly key?: string;
}

/** Refused logins that have no lines of their own: there were too many. */
interface RefusalsEvent {
  readonly kind: "refusals";
  readonly count: number;
  /** how many for each reason */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Calls of a principal that have no lines of their own: there were too many of their sort. */
interface CountedEvent {
  readonly kind: "counted";
  readonly principal: string;
  /** that no grant admits */
  readonly refused: number;
  /** of the daemon's own methods, which are open to everybody */
  readonly open: number;
}

/** A policy file that was read again. */
interface ReloadEvent {
  readonly kind: "reload";
  readonly result: "ok" | "refused";
  /** the hash of the file; `unread` where it could not be read */
  readonly policy: string;
  /** of the policy that was in force, and still is if the file was refused */
  readonly from: string;
  /** of the policy that is in force now */
  readonly generation: number;
}

/** A denied call that a shadow grant would have allowed. */
interface ShadowEvent {
  readonly kind: "shadow";
  readonly principal: string;
  readonly method: string;
  readonly grant: string;
  readonly policy: string;
}

/** What became of the file of the log itself. */
type LogFileEvent =
  | {
      readonly kind: "log";
      /** the first line of a file: the path led to another file, or to nothing, and the daemon opened it anew */
      readonly result: "reopened";
      /** `moved`: the file before is elsewhere; `removed`: nobody can read it any more */
      readonly before: "moved" | "removed";
      /** how many lines this daemon wrote into the file before */
      readonly lines: number;
    }
  | {
      readonly kind: "log";
      /** somebody cut the file */
      readonly result: "shortened";
      /** how much of it is missing at the least */
      readonly bytes: number;
    };

export type AuditEvent =
  | LoginEvent
  | CallEvent
  | RefusalsEvent
  | CountedEvent
  | ReloadEvent
  | ShadowEvent
  | LogFileEvent;

/** What it says of a decision, in the order in which it stands in the line. */
export interface CallEvent {
  readonly kind: "call";
  readonly principal: string;
  readonly method: string;
  /** the id of the trace that the call belongs to, as its caller says: 32 hex digits */
  readonly trace?: string;
  readonly decision: "allow" | "deny" | "limited" | "invalid";
  /** the grant that allowed it; `rpcd` for the daemon's own methods */
  readonly grant?: string;
  /**
   * `no_grant`: not in the caller's table; `args`: there, but not with these arguments; `request_size`: there, but not in
   * so large a message; `limit`: a grant admits it, and its limits are used up; `error`: while deciding
   */
  readonly reason?: "no_grant" | "args" | "request_size" | "limit" | "binding" | "error";
  /** the policy that decided */
  readonly policy: string;
}

/** What every line has. */
export interface Stamp {
  /** milliseconds since 1970 */
  readonly atMs: number;
  /** the connection for a login, the request for a call: what the peer can name to an operator */
  readonly id?: string;
  readonly via?: "unix" | "tls" | "stream";
}

/** One line of the audit log, with its line end: JSON, with nothing in it that could end the line or turn it. */
export function auditLine({ atMs, id, via }: Stamp, event: AuditEvent): string {
  const { kind, ...rest } = event;
  const shown = "method" in rest ? { ...rest, method: escapeShort(rest.method, CLAIMED_MAX_CHARS) } : rest;
  return `${JSON.stringify({ at: new Date(atMs).toISOString(), kind, id, via, ...shown })}\n`;
}
