import { CallLines } from "../../audit/call-lines.ts";
import { type TraceContext, traceId } from "../../base/trace-context.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { holdsAt, type Peer, type Policy, type Principal } from "../../policy/engine.ts";
import type { GrantMeters, PrincipalMeters } from "../limits/grant-meters.ts";
import type { PolicyKeeper } from "../policy/keeper.ts";
import type { Operator } from "./operator.ts";
import type { SessionTable, SessionTables } from "./session-table.ts";

/** `sha256:` and 16 digits: enough to tell one policy from another in every line of the audit log. */
const AUDITED_HASH_CHARS = "sha256:".length + 16;

/** The method whose grant makes a principal one who may read why calls are denied. */
const EXPLAIN_METHOD = "rpcd.policy.explain";

/** What a good login showed. */
export interface Authenticated {
  readonly principal: Principal;
  /** the fingerprint of the key that logged in */
  readonly key: string;
  readonly peer: Peer;
  /** the peer's address as it is written, for records */
  readonly address: string | undefined;
  /** the name of the connection, in the audit log and in front of each request id */
  readonly connection: string;
}

/** What all sessions of a daemon share. */
interface Shared {
  readonly tables: SessionTables;
  readonly keeper: PolicyKeeper;
  readonly meters: GrantMeters;
  readonly operator: Operator;
}

/**
 * An authenticated peer on one connection. It is made by a good login and by nothing else. Who it is never changes; what
 * it may do is looked up in the table of the policy and the moment.
 */
export class Session {
  readonly key: string;
  readonly peer: Peer;
  readonly address: string | undefined;
  readonly connection: string;
  /** when it began, in milliseconds since 1970 */
  readonly sinceMs: number;
  readonly keeper: PolicyKeeper;
  readonly operator: Operator;
  readonly #tables: SessionTables;
  readonly #meters: GrantMeters;
  #principal: Principal;
  #policy: Policy;
  #table: SessionTable;
  #lines: CallLines;
  /** Made with the first call that is metered: most principals have none. */
  #gauge: PrincipalMeters | undefined;

  constructor({ tables, keeper, meters, operator }: Shared, login: Authenticated, nowMs: number) {
    this.key = login.key;
    this.peer = login.peer;
    this.address = login.address;
    this.connection = login.connection;
    this.sinceMs = nowMs;
    this.keeper = keeper;
    this.operator = operator;
    this.#tables = tables;
    this.#meters = meters;
    this.#principal = login.principal;
    this.#policy = keeper.policy;
    this.#table = tables.of(this.#policy, login.principal, login.peer, nowMs);
    this.#lines = this.#makeLines();
  }

  get principal(): Principal {
    return this.#principal;
  }

  /** The rules that decide its calls. */
  get policy(): Policy {
    return this.#policy;
  }

  /** Of its calls, in the audit log. */
  get lines(): CallLines {
    return this.#lines;
  }

  /** What it may call at that moment. */
  table(nowMs: number): SessionTable {
    if (!holdsAt(this.#table.valid, nowMs))
      this.#table = this.#tables.of(this.#policy, this.#principal, this.peer, nowMs);
    return this.#table;
  }

  /** What the limits of grants count of its principal, over all its connections. */
  get gauge(): PrincipalMeters {
    this.#gauge ??= this.#meters.of(this.#principal.name);
    return this.#gauge;
  }

  /** The methods that there are, for whomever. */
  get catalogue(): Catalogue {
    return this.#tables.catalogue;
  }

  /** Whether it may read why calls are denied. */
  mayExplain(nowMs: number): boolean {
    return this.table(nowMs).rows.has(EXPLAIN_METHOD);
  }

  /** Puts it under another policy, in which the same principal has perhaps other roles. */
  follow(policy: Policy, principal: Principal, nowMs: number): void {
    if (principal.name !== this.#principal.name)
      throw new Error("a session cannot become another principal's");
    this.#policy = policy;
    this.#principal = principal;
    this.#table = this.#tables.of(policy, principal, this.peer, nowMs);
    this.#lines = this.#makeLines();
  }

  #makeLines(): CallLines {
    return new CallLines({
      via: this.peer.via,
      principal: this.#principal.name,
      policy: this.#policy.hash.slice(0, AUDITED_HASH_CHARS),
    });
  }
}

/** The id under which the peer and the operator can speak of one call. @param call - its id on the wire */
export function requestId({ connection }: Session, call: number): string {
  return `${connection}-${call}`;
}

/** A call, for those who speak of it. */
export interface Called {
  /** on the wire */
  readonly id: number;
  readonly trace?: TraceContext | undefined;
}

/** What every line of the log that speaks of a call says of it. */
export type CallWords = {
  readonly request: string;
  /** the digits of the trace's id */
  readonly trace: string | undefined;
};

export function callWords(session: Session, { id, trace }: Called): CallWords {
  return { request: requestId(session, id), trace: trace && traceId(trace) };
}
