import { Fault } from "../../base/fault.ts";
import { ReferenceTable } from "./reference-table.ts";

/**
 * What the other side has passed by reference and this side still holds.
 *
 *     take --> in use --end (released here, ended there, its call over)--> (gone)
 */
export class ImportTable<T> extends ReferenceTable<T> {
  /** @throws {@link Fault} `protocol_error` if the number is not greater than all before it */
  take(id: number, kept: T): void {
    if (id <= this.lastId)
      throw new Fault("protocol_error", `reference ${id} after ${this.lastId}: numbers only grow`);
    this.add(id, kept);
  }
}
