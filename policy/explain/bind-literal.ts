import type { Fault } from "../../base/fault.ts";
import { emptyRecord } from "../../base/record.ts";
import { bindArguments } from "../../catalogue/bind.ts";
import type { Catalogue, MethodEntry } from "../../catalogue/catalogue.ts";
import type { BoundArgs } from "../decide/args.ts";
import type { CallLiteral } from "../syntax/call-literal.ts";

/**
 * The arguments of a call that was written down, by the names of the method's parameters. Without a signature,
 * positions and names are arguments of their own.
 */
export function bindLiteral(
  { positional, named }: CallLiteral,
  entry: MethodEntry | undefined,
): BoundArgs | Fault {
  if (entry !== undefined) return bindArguments(entry, positional, named);
  const bound = emptyRecord();
  positional.forEach((value, i) => {
    bound[String(i)] = value;
  });
  for (const [name, value] of Object.entries(named)) bound[name] = value;
  return bound;
}

/** A method of which nothing is known but its name. */
export function unknownMethod(name: string): MethodEntry {
  return {
    name,
    doc: "",
    params: [],
    returns: { type: "any" },
    effect: "write",
    idempotent: false,
    errors: new Map(),
    reserved: false,
  };
}

/** A catalogue in which these methods are, for whoever has none to ask. */
export function catalogueOfNames(names: Iterable<string>): Catalogue {
  return new Map([...names].map((name) => [name, unknownMethod(name)]));
}
