import { assertNever } from "../base/assert-never.ts";
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

/**
 * What stays with its owner and is passed by reference. Only a parameter as a whole, or a result as a whole, can be live:
 * nothing inside data ever is.
 */
export type LiveShape =
  /** a function: what it is called with, by position, and what it gives */
  | { readonly type: "callback"; readonly args: readonly Shape[]; readonly returns: Shape }
  /** items one after the other; of `bytes`, one long row of bytes that may be cut anywhere */
  | { readonly type: "stream"; readonly of: Shape }
  /** an object, of which these methods may be called; `interface` where the daemon makes objects of that name itself */
  | { readonly type: "object"; readonly methods: readonly string[]; readonly interface?: string };

export type EnumValue = string | number | boolean | null;

export interface Field {
  readonly name: string;
  readonly shape: Shape;
  readonly optional: boolean;
}

/** A parameter; its place in {@link MethodEntry.params} is its position. */
export interface Parameter {
  readonly name: string;
  readonly shape: Shape | LiveShape;
  readonly optional: boolean;
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
  readonly returns: Shape | LiveShape;
  /** The interface whose objects have the method; it is called on one of them, and never by its name alone. */
  readonly on?: string;
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

/** Whether it is passed by reference. */
export function isLive(shape: Shape | LiveShape): shape is LiveShape {
  return shape.type === "callback" || shape.type === "stream" || shape.type === "object";
}

/** What `returns` of a grant has to name for a live result: `callback`, `stream`, or the object's interface. */
export function liveName(shape: LiveShape): string {
  return shape.type === "object" ? (shape.interface ?? "object") : shape.type;
}

/** The shape in the words of the policy, for people: `int`, `int 1..5`, `list of string`, `web | api`, `stream of string`. */
export function shapeWords(shape: Shape | LiveShape): string {
  switch (shape.type) {
    case "callback": {
      const { args, returns } = shape;
      const words = `callback(${args.map(shapeWords).join(", ")})`;
      return returns.type === "null" ? words : `${words} → ${shapeWords(returns)}`;
    }
    case "stream":
      return `stream of ${shapeWords(shape.of)}`;
    case "object":
      return shape.interface ?? `object {${shape.methods.join(", ")}}`;
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
      return assertNever(shape, "a shape");
  }
}

function withRange(word: string, min: number | undefined, max: number | undefined): string {
  return min === undefined && max === undefined ? word : `${word} ${min ?? ""}..${max ?? ""}`;
}
