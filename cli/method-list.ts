import type { Catalogue } from "../base/catalogue.ts";
import { escapeText } from "../base/escape.ts";
import type { Io } from "./io.ts";
import { jsonText } from "./json.ts";
import { methodRecord, parameterList } from "./signature.ts";
import { table } from "./table.ts";

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
    io.out(table(rows));
  }
}
