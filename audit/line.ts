import { escapeShort } from "../base/escape.ts";

/** As much of a name that a peer made up as is worth keeping, in characters. */
const CLAIMED_MAX_CHARS = 128;

/** What the audit log says of a login. */
export interface LoginEvent {
  readonly kind: "login";
  readonly result: "ok" | "refused";
  /** why it was refused; the peer never reads it */
  readonly reason?: "unknown_key" | "bad_key" | "bad_signature";
  /** set when the login was good, and only then: a claimed name is no fact */
  readonly principal?: string;
  /** the fingerprint of the key that was shown */
  readonly key?: string;
}

/** What it says of a decision. */
export interface CallEvent {
  readonly kind: "call";
  readonly decision: "allow" | "deny" | "invalid";
  readonly principal: string;
  readonly method: string;
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
  readonly id: string;
  readonly via: "unix" | "tls" | "stream";
}

/** One line of the audit log, with its line end: JSON, with nothing in it that could end the line or turn it. */
export function auditLine({ atMs, id, via }: Stamp, event: LoginEvent | CallEvent): string {
  const { kind, ...rest } = event;
  const shown = "method" in rest ? { ...rest, method: escapeShort(rest.method, CLAIMED_MAX_CHARS) } : rest;
  return `${JSON.stringify({ at: new Date(atMs).toISOString(), kind, id, via, ...shown })}\n`;
}
