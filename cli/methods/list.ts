import { escapeText } from "../../base/escape.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Io } from "../io/io.ts";
import { jsonText } from "../print/json.ts";
import { methodRecord, parameterList } from "../print/signature.ts";
import { table } from "../print/table.ts";
import { wrapText } from "../print/wrap-text.ts";

/** A longer name or signature does not widen the column of the others: the docs begin in the left half of 80 columns. */
const CELL_MAX = 30;

/** Prints the methods that the caller may call: name, parameters, doc. @param wanted - by the name */
export function printMethods(
  catalogue: Catalogue,
  {
    json,
    wanted,
    none,
  }: { readonly json: boolean; readonly wanted: (name: string) => boolean; readonly none: string },
  io: Io,
): void {
  const methods = [...catalogue.values()]
    .filter(({ name }) => wanted(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (json) {
    io.out(jsonText(methods.map(methodRecord)));
  } else if (methods.length === 0) {
    io.err(none);
  } else {
    const rows = methods.map(({ name, params, doc, on }) => [
      escapeText(name),
      parameterList(params),
      escapeText(
        [on === undefined ? "" : `on a '${on}' that a method returns`, doc]
          .filter((text) => text !== "")
          .join(": "),
      ),
    ]);
    io.out(wrapText(table(rows, CELL_MAX), io.outColumns));
  }
}
