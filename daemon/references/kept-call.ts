import type { TraceContext } from "../../base/trace-context.ts";
import type { MethodEntry } from "../../catalogue/catalogue.ts";
import { LiveReference } from "../../catalogue/live-reference.ts";
import { admit } from "../../policy/engine.ts";
import type { PackedArguments } from "../../wire/packed.ts";
import type { Permitted } from "../gate/gate.ts";
import type { Session } from "../session/session.ts";

/**
 * What is left of a call that has returned a reference: as much as is needed to ask whether the rules of another moment would
 * still admit it. Its arguments are kept as bytes, and decoded only when it is asked.
 */
export class KeptCall {
  readonly id: number;
  readonly trace: TraceContext | undefined;
  /** the method that was called */
  readonly entry: MethodEntry;
  readonly #session: Session;
  readonly #bytes: number;
  readonly #args: PackedArguments;
  readonly #stands: readonly unknown[];

  /** @param permitted - whose arguments are kept as bytes */
  constructor({ session, message, bytes, row }: Permitted) {
    this.id = message.id;
    this.trace = message.trace;
    this.entry = row.entry;
    this.#session = session;
    this.#bytes = bytes;
    this.#args = message.args.kept();
    // What stood for a reference holds the reference's other end; the policy asks for its kind alone.
    this.#stands = message.args.stands.map((one) =>
      one instanceof LiveReference ? new LiveReference(one.kind) : one,
    );
  }

  /** Whether the rules of this moment would still admit it. Its limits were asked when it began. */
  isStillAllowed(nowMs: number): boolean {
    const values = this.#args.decodeWith(this.#stands);
    const call = { message: { method: this.entry.name, args: { values } }, bytes: this.#bytes };
    return admit(this.#session.table(nowMs).rows, call).allowed;
  }
}
