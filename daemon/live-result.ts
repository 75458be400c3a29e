import type { Callback, Interface, Stream } from "../service/declared.ts";

/** What a handler returned where its method declares that the result is passed by reference. */
export class LiveResult {
  readonly type: Callback | Stream | Interface;
  readonly value: unknown;

  constructor(type: Callback | Stream | Interface, value: unknown) {
    this.type = type;
    this.value = value;
  }
}
