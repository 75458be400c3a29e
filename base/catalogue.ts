/**
 * The catalogue as data: which methods a daemon has and what their arguments look like. Services make
 * it, the daemon binds calls with it, the policy is held against it, and the command line types its
 * arguments by it. It says what a value looks like; whether the value is good is for the method's
 * schema, and whether it is allowed is for the policy.
 */
export type Shape =
  | { readonly type: "any" | "bool" | "null" | "bytes" | "time" }
  | { readonly type: "int" | "number"; readonly min?: number; readonly max?: number }
  | { readonly type: "string"; readonly minLength?: number; readonly maxLength?: number }
  | { readonly type: "enum"; readonly values: readonly EnumValue[] }
  | { readonly type: "list"; readonly of: Shape; readonly minItems?: number; readonly maxItems?: number }
  | { readonly type: "map"; readonly fields: readonly Field[]; readonly others?: Shape }
  | { readonly type: "one_of"; readonly shapes: readonly Shape[] };

export type EnumValue = string | number | boolean | null;

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  readonly optional: boolean;
}

/** A parameter; its place in {@link MethodEntry.params} is its position. */
export interface Parameter extends Field {
  /** The constant that an absent argument stands for, where there is one. */
  readonly default?: unknown;
}

/** What a call may change: nothing, something, or something that is hard to put right. */
export const EFFECTS = ["read", "write", "dangerous"] as const;
export type Effect = (typeof EFFECTS)[number];

export interface MethodEntry {
  /** The whole name, dots and all. */
  readonly name: string;
  readonly doc: string;
  readonly params: readonly Parameter[];
  readonly returns: Shape;
  /** Where the result is live: `stream`, `callback`, or the name of the object's interface. */
  readonly returnsLive?: string;
  readonly effect: Effect;
  /** Whether calling twice is as good as calling once. */
  readonly idempotent: boolean;
  /** The shapes of the data of the faults that the method throws on purpose, by reason: `disk.full`. */
  readonly errors: ReadonlyMap<string, Shape>;
  /** A reserved method is matched by its exact name in the policy only, never by a wildcard. */
  readonly reserved: boolean;
}

/** The methods by their names. A Map: a peer's word is looked up in it. */
export type Catalogue = ReadonlyMap<string, MethodEntry>;

/** The shape in the words of the policy, for people: `int`, `int 1..5`, `list of string`, `web | api`. */
export function shapeWords(shape: Shape): string {
  switch (shape.type) {
    case "any":
    case "bool":
    case "null":
    case "bytes":
    case "time":
      return shape.type;
    case "int":
    case "number":
      return withRange(shape.type, shape.min, shape.max);
    case "string":
      return withRange("string", shape.minLength, shape.maxLength);
    case "enum":
      return shape.values.map((value) => JSON.stringify(value)).join(" | ");
    case "list":
      return withRange(`list of ${shapeWords(shape.of)}`, shape.minItems, shape.maxItems);
    case "map": {
      const fields = shape.fields.map(
        ({ name, optional, shape: inner }) => `${name}${optional ? "?" : ""}: ${shapeWords(inner)}`,
      );
      if (shape.others !== undefined) fields.push(`*: ${shapeWords(shape.others)}`);
      return fields.length === 0 ? "map" : `{${fields.join(", ")}}`;
    }
    case "one_of":
      return shape.shapes.map(shapeWords).join(" | ");
    default:
      return unreachable(shape);
  }
}

function withRange(word: string, min: number | undefined, max: number | undefined): string {
  return min === undefined && max === undefined ? word : `${word} ${min ?? ""}..${max ?? ""}`;
}

function unreachable(shape: never): never {
  throw new Error(`a shape of no known type: ${JSON.stringify(shape)}`);
}
