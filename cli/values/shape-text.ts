import { assertNever } from "../../base/assert-never.ts";
import { escapeShort } from "../../base/escape.ts";
import { type EnumValue, type Shape, shapeWords } from "../../catalogue/catalogue.ts";
import { type Read, readJson } from "../print/json.ts";
import { readBytesText, readTimeText } from "./scalar-text.ts";
import { fitsLength, fromJson } from "./shape-json.ts";

// As JSON writes numbers: no leading zero, no sign in front but minus. `007` is a text, not a number.
const INT = /^-?(?:0|[1-9]\d*)$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Makes a value of a shape out of a word of the command line. */
export function fromText(text: string, shape: Shape): Read {
  switch (shape.type) {
    case "any":
      return fromAny(text, shape);
    case "int":
      return INT.test(text) ? fromNumber(text, shape) : unfit(text, shape);
    case "number":
      return NUMBER.test(text) && Number.isFinite(Number(text))
        ? fromNumber(text, shape)
        : unfit(text, shape);
    case "bool":
      return text === "true" || text === "false"
        ? { value: text === "true" }
        : unfit(text, shape, "true or false");
    case "null":
      return text === "null" ? { value: null } : unfit(text, shape);
    case "string":
      return fitsLength(text, shape) ? { value: text } : unfit(text, shape);
    case "enum":
      return fromEnum(text, shape.values) ?? unfit(text, shape);
    case "time":
      return (
        readTimeText(text) ??
        unfit(text, shape, "a time as in RFC 3339, with its offset (2026-03-01T12:00:00Z),")
      );
    case "bytes":
      return (
        readBytesText(text) ?? unfit(text, shape, "bytes as hex:… or base64:…, or of a file by NAME@=FILE,")
      );
    case "list":
    case "map":
      return fromJsonText(text, shape);
    case "one_of":
      return fromAlternatives(text, shape);
    default:
      return assertNever(shape, "a shape");
  }
}

/** The number that was written, not the one that a double makes of it. */
function fromNumber(text: string, shape: Shape): Read {
  const number = Number(text);
  if (shape.type === "int" && Number.isInteger(number) && !Number.isSafeInteger(number)) {
    return unfit(text, shape, `${shapeWords(shape)} within ±9007199254740991`);
  }
  return fromJson(number, shape);
}

/** Makes a value of a shape out of a text that is JSON. */
export function fromJsonText(text: string, shape: Shape): Read {
  const json = readJson(text);
  if ("value" in json) return fromJson(json.value, shape);
  return {
    wrong: `${shapeWords(shape)} was expected, written as JSON, but of ${quoted(text)}: ${json.wrong}`,
  };
}

// What is JSON in form, but would be changed by the reading, is refused and not taken for a text.
function fromAny(text: string, shape: Shape): Read {
  const json = readJson(text);
  if ("value" in json) return fromJson(json.value, shape);
  return isJson(text) ? { wrong: `${json.wrong}; a text is written between double quotes` } : { value: text };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function fromEnum(text: string, values: readonly EnumValue[]): Read | undefined {
  // The text comes first: `3` is "3" where both that and 3 are values; `:=` says it exactly.
  if (values.includes(text)) return { value: text };
  const found = values.find((value) => typeof value !== "string" && JSON.stringify(value) === text);
  return found === undefined ? undefined : { value: found };
}

/** JSON where it fits one of the alternatives, else the first of them that takes the word as it is. */
function fromAlternatives(text: string, shape: Extract<Shape, { type: "one_of" }>): Read {
  const json = readJson(text);
  const read = "value" in json ? fromJson(json.value, shape) : json;
  if ("value" in read) return read;
  for (const one of shape.shapes) {
    const word = fromText(text, one);
    if ("value" in word) return word;
  }
  return unfit(text, shape);
}

function unfit(text: string, shape: Shape, expected = shapeWords(shape)): Read {
  return { wrong: `${expected} was expected, but ${quoted(text)} was given` };
}

function quoted(text: string): string {
  return `'${escapeShort(text, 60)}'`;
}
