import type { Fault } from "../../base/fault.ts";
import type { ReceivedCall } from "../../wire/read-message.ts";
import type { Permitted } from "../gate/gate.ts";
import type { Lent } from "../gate/lent.ts";
import type { WaitingConnection } from "../gate/turn.ts";
import type { TimeAccount } from "../limits/time-accounts.ts";
import type { Session } from "../session/session.ts";

/** Who is asked about a call on its way through the turn, and told what became of it. */
export interface Caller {
  readonly account: TimeAccount;
  stillWanted(id: number): boolean;
  decided(id: number, answer: Permitted | Fault): void;
  failed(error: unknown): void;
  /** Its work has ended; ending twice is ending once. */
  ended(id: number): void;
}

/** One call on its way through the turn. */
export class WaitingCall implements WaitingConnection {
  readonly session: Session;
  readonly message: ReceivedCall;
  readonly bytes: number;
  readonly on: Lent | undefined;
  readonly hasReferences: boolean;
  readonly #caller: Caller;

  constructor(
    caller: Caller,
    session: Session,
    message: ReceivedCall,
    { bytes, on, hasReferences }: { bytes: number; on: Lent | undefined; hasReferences: boolean },
  ) {
    this.#caller = caller;
    this.session = session;
    this.message = message;
    this.bytes = bytes;
    this.on = on;
    this.hasReferences = hasReferences;
  }

  get account(): TimeAccount {
    return this.#caller.account;
  }

  wanted(): boolean {
    return this.#caller.stillWanted(this.message.id);
  }

  decided(answer: Permitted | Fault): void {
    this.#caller.decided(this.message.id, answer);
  }

  failed(error: unknown): void {
    this.#caller.failed(error);
    this.#caller.ended(this.message.id);
  }
}
