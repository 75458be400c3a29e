import { escapeText } from "../../base/escape.ts";
import { isPlainObject } from "../../base/plain-object.ts";
import { table } from "./table.ts";

/** Longer values stand on lines of their own. In characters. */
const INLINE_MAX = 80;
/** A longer cell makes a list of records no table. In characters. */
const CELL_MAX = 60;
/** So many bytes are shown. */
const BYTES_SHOWN = 64;

type PlainRecord = Readonly<Record<string, unknown>>;

/**
 * A value as people write it: a text as it is, bytes as hex, a list of records as a table. All of it came from
 * a peer, and whatever could do something to the terminal is escaped; only the line ends and tabs of a text that
 * is the whole value are what they are.
 *
 * @returns nothing where a method returned nothing
 */
export function valueText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") {
    return value.replace(/\r?\n$/, "").replaceAll(/[^\n\t]+/g, (part) => escapeText(part));
  }
  return block(value, "");
}

function block(value: unknown, indent: string): string {
  const short = inline(value);
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isFlatRecord)) return indented(recordTable(value), indent);
    if (short.length <= INLINE_MAX) return indent + short;
    return value.map((item) => `${indent}- ${block(item, `${indent}  `).trimStart()}`).join("\n");
  }
  if (!isPlainObject(value) || Object.keys(value).length === 0) return indent + short;
  return Object.entries(value)
    .map(([key, inner]) => `${indent}${escapeText(key)}:${below(inner, indent)}`)
    .join("\n");
}

/** What stands behind the colon of an entry, or on the lines below it. */
function below(value: unknown, indent: string): string {
  if (isScalar(value)) return ` ${cell(value)}`;
  const short = inline(value);
  const isTable = Array.isArray(value) && value.length > 0 && value.every(isFlatRecord);
  return short.length <= INLINE_MAX && !isTable ? ` ${short}` : `\n${block(value, `${indent}  `)}`;
}

/** The value on one line. */
function inline(value: unknown): string {
  if (typeof value === "string") return escapeText(JSON.stringify(value));
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (!isPlainObject(value)) return scalar(value);
  const entries = Object.entries(value).map(([key, inner]) => `${escapeText(key)}: ${inline(inner)}`);
  return `{${entries.join(", ")}}`;
}

function recordTable(records: readonly PlainRecord[]): string {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return table([
    columns.map((column) => escapeText(column).toUpperCase()),
    ...records.map((record) =>
      columns.map((column) => (Object.hasOwn(record, column) ? cell(record[column]) : "")),
    ),
  ]);
}

function isFlatRecord(value: unknown): value is PlainRecord {
  if (!isPlainObject(value)) return false;
  const values = Object.values(value);
  return values.length > 0 && values.every((inner) => isScalar(inner) && cell(inner).length <= CELL_MAX);
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null || value instanceof Uint8Array || value instanceof Date;
}

function cell(value: unknown): string {
  return typeof value === "string" ? escapeText(value) : scalar(value);
}

function scalar(value: unknown): string {
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof Date) return value.toISOString();
  return escapeText(String(value));
}

/** As an argument takes them, so that they can be copied into the next call. */
function bytesText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, BYTES_SHOWN)).toString("hex");
  const count = bytes.length === 1 ? "1 byte" : `${bytes.length} bytes`;
  return bytes.length <= BYTES_SHOWN
    ? `hex:${hex} (${count})`
    : `hex:${hex}… (${count}; --json gives them all)`;
}

function indented(text: string, indent: string): string {
  return text
    .split("\n")
    .map((line) => indent + line)
    .join("\n");
}
