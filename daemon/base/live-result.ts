import type { Fault } from "../../base/fault.ts";
import type { Callback, Interface, Stream } from "../../service/engine.ts";

/** What a handler returned where its method declares that the result is passed by reference. */
export class LiveResult {
  readonly type: Callback | Stream | Interface;
  readonly value: unknown;

  constructor(type: Callback | Stream | Interface, value: unknown) {
    this.type = type;
    this.value = value;
  }
}

/** A stream that a call has returned, and that still runs. */
export interface Going {
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<void>;
  stop(fault: Fault): void;
}
