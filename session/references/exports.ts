import { ReferenceTable } from "./reference-table.ts";

/**
 * What this side has passed to the other by reference and still answers for.
 *
 *     pass --> in use --end (released, idle, refused, its call over)--> (gone)
 *
 * Each passing has a number of its own, and no number is used twice: whoever still uses one that has ended finds nothing.
 */
export class ExportTable<T> extends ReferenceTable<T> {
  /** @param make - makes what this side keeps, for the number @returns what it made */
  pass(make: (id: number) => T): T {
    const id = this.issue();
    const kept = make(id);
    this.add(id, kept);
    return kept;
  }
}
