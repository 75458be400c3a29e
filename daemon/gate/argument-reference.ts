import { LiveReference } from "../../catalogue/live-reference.ts";
import type { Exported } from "./exported.ts";

/** A reference of the caller's among its arguments. */
export class ImportedArgument extends LiveReference {
  /** its number on the caller's side */
  readonly id: number;

  constructor(kind: LiveReference["kind"], id: number) {
    super(kind);
    this.id = id;
  }
}

/** One of this daemon's own that the caller gives back; nothing where it is not in use any longer. */
export class ExportedArgument extends LiveReference {
  readonly exported: Exported | undefined;

  constructor(exported: Exported | undefined) {
    super(exported?.kind ?? "object");
    this.exported = exported;
  }
}
