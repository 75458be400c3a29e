/** A live thing of the peer's that came with a call: it is no data, and only a constraint that names its kind admits it. */
export class LiveReference {
  readonly kind: "callback" | "stream" | "object";

  constructor(kind: LiveReference["kind"]) {
    this.kind = kind;
  }
}
