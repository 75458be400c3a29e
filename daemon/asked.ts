import type { CallMessage } from "../wire/message.ts";
import type { Session } from "./session.ts";

/** A call as it came in, with who asks. */
export interface Asked {
  readonly session: Session;
  readonly message: CallMessage;
  /** of the message's frame */
  readonly bytes: number;
}
