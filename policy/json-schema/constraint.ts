import { DECIMAL, FORBIDDEN_KEY, LENGTH, NAME, WHOLE } from "./forms.ts";
import { count, duration, type JsonSchema, oneOrMore, record, ref, size, text } from "./parts.ts";

/*
 * The part of the JSON Schema that is about values.
 */

const range = (description: string, end: string): JsonSchema =>
  text(description, `^(${end}\\.\\.(${end})?|\\.\\.${end})$`);
const scalar: JsonSchema = { type: ["string", "number", "boolean", "null"] };
const share: JsonSchema = { type: "boolean", description: "Whether it may be passed on to another client." };

const WORDS = ["any", "bool", "bytes", "callback", "int", "null", "number", "stream", "string", "time"];

const bounded = (
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema => ({ ...record(description, properties, required), minProperties: 1 });

const keyword: JsonSchema = {
  type: "object",
  description: "A constraint with bounds: one key.",
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
  properties: {
    int: range("Whole numbers from..to; an open end is none.", WHOLE),
    number: range("Finite numbers from..to, whole or not.", DECIMAL),
    string: range("Text of so many code points.", LENGTH),
    bytes: range("So many bytes.", LENGTH),
    re: oneOrMore(text("A regular expression for the whole text."), "Text that one of these matches."),
    glob: oneOrMore(text("A glob: * stops at /, ** does not."), "Text that one of these matches."),
    path: oneOrMore(text("A glob for clean absolute paths."), "A path that one of these matches."),
    enum: oneOrMore(scalar, "One of these values, and of that type."),
    list: bounded("A list.", { of: ref("constraint"), len: range("How many elements.", LENGTH) }, ["of"]),
    map: { ...ref("fields"), description: "A map with these keys, and others only if there is '*'." },
    callback: bounded("A function of the caller.", { calls: count("So many calls."), for: duration, share }),
    stream: bounded("A stream of the caller.", { bytes: size, for: duration, share }),
    object: bounded(
      "An object of the caller, of which only these methods may be called.",
      {
        methods: oneOrMore(text("A method of the object."), "Its methods."),
        calls: count("So many calls."),
        for: duration,
        share,
      },
      ["methods"],
    ),
  },
};

const simple: JsonSchema = {
  anyOf: [{ enum: WORDS, description: "A type." }, { type: "null", description: "null" }, keyword],
};

/** What values and records of them may be, for references from within the schema. */
export const CONSTRAINTS: Readonly<Record<string, JsonSchema>> = {
  constraint: {
    anyOf: [simple, { type: "array", items: simple, minItems: 1, description: "What one of them matches." }],
  },
  arguments: {
    type: "object",
    description: "Names, with ? where they may be absent; digits for positions; '*' for all others.",
    minProperties: 1,
    propertyNames: { pattern: `^(\\*|(${NAME}|0|[1-9][0-9]{0,2})\\??)$`, not: FORBIDDEN_KEY },
    additionalProperties: ref("constraint"),
  },
  fields: {
    type: "object",
    description: "Keys, with ? where they may be absent; '*' for all others.",
    minProperties: 1,
    propertyNames: {
      pattern: "^(\\*|[ -~]{0,128}\\??)$",
      not: { anyOf: [FORBIDDEN_KEY, { const: "*?" }] },
    },
    additionalProperties: ref("constraint"),
  },
};
