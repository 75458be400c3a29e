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
  | RefusedLogin;

/** A login that was refused; the peer never reads why. */
export interface RefusedLogin {
  readonly kind: "login";
  readonly result: "refused";
  /**
   * `busy`: too many signatures wait to be verified; `too_many_connections`: the principal has as many as it may
   */
  readonly reason: "unknown_key" | "bad_key" | "bad_signature" | "busy" | "too_many_connections";
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

export type AuditEvent = LoginEvent | CallEvent | RefusalsEvent | CountedEvent;

/** What it says of a decision, in the order in which it stands in the line. */
export interface CallEvent {
  readonly kind: "call";
  readonly principal: string;
  readonly method: string;
  readonly decision: "allow" | "deny" | "invalid";
  /** the grant that allowed it; `rpcd` for the daemon's own methods */
  readonly grant?: string;
  /** `no_grant`: not in the caller's table; `args`: there, but not with these arguments; `error`: while deciding */
  readonly reason?: "no_grant" | "args" | "binding" | "error";
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
