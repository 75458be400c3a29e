import type { ReceivedCall } from "../../wire/read-message.ts";
import type { Session } from "../session/session.ts";
import type { Exported } from "./exported.ts";

/** A call as it came in, with who asks. */
export interface Asked {
  readonly session: Session;
  readonly message: ReceivedCall;
  /** of the message's frame */
  readonly bytes: number;
  /** What it is called on, where it is no method of the catalogue; the method's name in the message has the interface in front. */
  readonly on?: Exported | undefined;
  /** Whether references are among its arguments. */
  readonly hasReferences?: boolean;
}
