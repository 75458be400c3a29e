import { LiveReference } from "../../catalogue/live-reference.ts";
import type { Lent } from "./lent.ts";

/** A reference of the caller's among its arguments. */
export class PeerArgument extends LiveReference {
  /** its number on the caller's side */
  readonly id: number;

  constructor(kind: LiveReference["kind"], id: number) {
    super(kind);
    this.id = id;
  }
}

/** One of this daemon's own that the caller gives back; nothing where it is not in use any longer. */
export class OwnArgument extends LiveReference {
  readonly lent: Lent | undefined;

  constructor(lent: Lent | undefined) {
    super(lent?.kind ?? "object");
    this.lent = lent;
  }
}
