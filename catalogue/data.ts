import { Fault } from "../base/fault.ts";
import { isArgumentName, isMethodName } from "../base/names.ts";
import { isPlainObject } from "../base/plain-object.ts";
import {
  type Catalogue,
  EFFECTS,
  type EnumValue,
  type Field,
  type LiveShape,
  type MethodEntry,
  type Parameter,
  type Shape,
} from "./catalogue.ts";

/** Shapes inside one another beyond this are refused: what reads them recurses. */
const SHAPE_MAX_DEPTH = 16;
const DOC_MAX_CHARS = 4096;

const BOUNDS = ["min", "max", "minLength", "maxLength", "minItems", "maxItems"] as const;

/** A part of a catalogue: `rpcd.catalogue` answers with one, since a message has a limit. */
export interface CataloguePage {
  readonly methods: readonly MethodEntry[];
  /** The name after which the next page begins; absent on the last. */
  readonly next: string | undefined;
}

/** The catalogue's methods in the order of their names. */
export function sortedMethods(catalogue: Catalogue): readonly MethodEntry[] {
  return [...catalogue.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A method as plain data, for the wire and for the digest. */
export function methodData({ errors, ...rest }: MethodEntry): Readonly<Record<string, unknown>> {
  return { ...rest, errors: Object.fromEntries(errors) };
}

/**
 * Reads a page that a daemon sent, field by field.
 *
 * @throws {@link Fault} `protocol_error`
 */
export function readCataloguePage(found: unknown): CataloguePage {
  const map = plain(found, "page");
  const next = map["next"];
  return {
    methods: list(map["methods"], "methods").map(readMethod),
    next: next === null ? undefined : text(next, "next"),
  };
}

function readMethod(found: unknown): MethodEntry {
  const map = plain(found, "method");
  const name = methodName(map["name"], "name");
  const effect =
    EFFECTS.find((one) => one === map["effect"]) ?? refuse("effect", `one of ${EFFECTS.join(", ")}`);
  return {
    name,
    doc: text(map["doc"], "doc"),
    params: list(map["params"], "params").map(readParameter),
    returns: readAnyShape(map["returns"]),
    ...("on" in map ? { on: methodName(map["on"], "on") } : {}),
    effect,
    idempotent: flag(map["idempotent"], "idempotent"),
    reserved: flag(map["reserved"], "reserved"),
    errors: new Map(
      Object.entries(plain(map["errors"], "errors")).map(([reason, shape]) => [reason, readShape(shape, 0)]),
    ),
  };
}

function readParameter(found: unknown): Parameter {
  const map = plain(found, "parameter");
  const name = text(map["name"], "name");
  if (!isArgumentName(name)) refuse("parameter", "an argument's name");
  const field = { name, shape: readAnyShape(map["shape"]), optional: flag(map["optional"], "optional") };
  return "default" in map ? { ...field, default: map["default"] } : field;
}

/** The shape of a parameter or a result: these alone may be live. */
function readAnyShape(found: unknown): Shape | LiveShape {
  const map = plain(found, "shape");
  switch (map["type"]) {
    case "callback":
      return {
        type: "callback",
        args: list(map["args"], "args").map((one) => readShape(one, 1)),
        returns: readShape(map["returns"], 1),
      };
    case "stream":
      return { type: "stream", of: readShape(map["of"], 1) };
    case "object":
      return {
        type: "object",
        methods: list(map["methods"], "methods").map((one) => methodName(one, "methods")),
        ...("interface" in map ? { interface: methodName(map["interface"], "interface") } : {}),
      };
    default:
      return readShape(map, 0);
  }
}

function methodName(found: unknown, field: string): string {
  const name = text(found, field);
  return isMethodName(name) ? name : refuse(field, "a method's name");
}

function readField(found: unknown, depth: number): Field {
  const map = plain(found, "field");
  return {
    name: text(map["name"], "name"),
    shape: readShape(map["shape"], depth),
    optional: flag(map["optional"], "optional"),
  };
}

function readShape(found: unknown, depth: number): Shape {
  if (depth > SHAPE_MAX_DEPTH) refuse("shape", `at most ${SHAPE_MAX_DEPTH} shapes inside one another`);
  const map = plain(found, "shape");
  const bounds = readBounds(map);
  switch (map["type"]) {
    case "any":
    case "bool":
    case "null":
    case "bytes":
    case "time":
      return { type: map["type"] };
    case "int":
    case "number":
    case "string":
      return { type: map["type"], ...bounds };
    case "enum":
      return { type: "enum", values: list(map["values"], "values").map(readEnumValue) };
    case "list":
      return { type: "list", of: readShape(map["of"], depth + 1), ...bounds };
    case "map": {
      const fields = list(map["fields"], "fields").map((one) => readField(one, depth + 1));
      const others = map["others"];
      return {
        type: "map",
        fields,
        ...(others === undefined ? {} : { others: readShape(others, depth + 1) }),
      };
    }
    case "one_of":
      return {
        type: "one_of",
        shapes: list(map["shapes"], "shapes").map((one) => readShape(one, depth + 1)),
      };
    default:
      return refuse("shape", "a shape of a known type");
  }
}

function readBounds(map: Readonly<Record<string, unknown>>): { [K in (typeof BOUNDS)[number]]?: number } {
  const bounds: { [K in (typeof BOUNDS)[number]]?: number } = {};
  for (const name of BOUNDS) {
    const value = map[name];
    if (typeof value === "number") bounds[name] = value;
  }
  return bounds;
}

function readEnumValue(found: unknown): EnumValue {
  if (
    found === null ||
    typeof found === "string" ||
    typeof found === "number" ||
    typeof found === "boolean"
  ) {
    return found;
  }
  return refuse("values", "texts, numbers, booleans or null");
}

function plain(found: unknown, field: string): Readonly<Record<string, unknown>> {
  return isPlainObject(found) ? found : refuse(field, "a map");
}

function list(found: unknown, field: string): readonly unknown[] {
  return Array.isArray(found) ? found : refuse(field, "a list");
}

function text(found: unknown, field: string): string {
  return typeof found === "string" && found.length <= DOC_MAX_CHARS ? found : refuse(field, "a text");
}

function flag(found: unknown, field: string): boolean {
  return typeof found === "boolean" ? found : refuse(field, "true or false");
}

function refuse(field: string, expected: string): never {
  throw new Fault("protocol_error", `catalogue, ${field}: ${expected} was expected`);
}
