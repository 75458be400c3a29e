import type { CallLines } from "../audit/call-lines.ts";
import type { Principal } from "../policy/index.ts";
import type { SessionTable } from "./session-table.ts";

/** An authenticated peer on one connection. It is made by a good login and by nothing else. */
export interface Session {
  readonly principal: Principal;
  /** the fingerprint of the key that logged in */
  readonly key: string;
  readonly via: "unix" | "tls" | "stream";
  /** the name of the connection, in the audit log and in front of each request id */
  readonly connection: string;
  readonly table: SessionTable;
  /** of its calls, in the audit log */
  readonly lines: CallLines;
}

/** The id under which the peer and the operator can speak of one call. @param call - its id on the wire */
export function requestId({ connection }: Session, call: number): string {
  return `${connection}-${call}`;
}
