import { isProxy } from "node:util/types";
import { pino } from "pino";
import { escapeShort, escapeText } from "../../base/escape.ts";
import { isPlainObject } from "../../base/plain-object.ts";
import { errorText, isError, shortText } from "../base/thrown.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["auto", "json", "journal", "pretty"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What is known beside the message. Texts in it may have come from a peer: they are escaped here. */
type LogFields = Readonly<Record<string, unknown>>;

export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

/** The log of a whole process, whose level may change while it runs. */
export interface ProcessLog extends Log {
  setLevel(level: LogLevel): void;
  /** Lines that nobody took, since the process began. */
  readonly droppedLines: number;
}

/** A text from a peer takes no more room than this in a line, in characters. */
const FIELD_MAX_CHARS = 1024;

/** So many values of a list or an object are shown, of all its depths, and so many depths. */
const NESTED_MAX_VALUES = 64;
const NESTED_MAX_DEPTH = 4;
const NESTED_KEY_MAX_CHARS = 64;

/** Syslog's priorities, as the journal reads them at the beginning of a line (sd-daemon(3)). */
const PRIORITY: Readonly<Record<LogLevel, string>> = { debug: "<7>", info: "<6>", warn: "<4>", error: "<3>" };

/** Where whole lines go. */
export interface LineSink {
  write(line: string): void;
  /** lines that it was given and did not pass on, where it counts them */
  readonly droppedLines?: number;
}

/**
 * The one door to pino. It writes to a stream of this process: its transports would need code generation.
 * pino escapes what JSON must escape and no more (U+009B and U+202E pass), so all texts go through ours first.
 */
export function createLog(sink: LineSink, level: LogLevel, format: Exclude<LogFormat, "auto">): ProcessLog {
  const logger = pino(
    {
      level,
      // The library's word for: no process id, no host name.
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => sink.write(shaped(line, format)) },
  );
  const at =
    (name: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      logger[name](safeFields(fields), escapeText(message));
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    setLevel: (next) => {
      logger.level = next;
    },
    get droppedLines() {
      return sink.droppedLines ?? 0;
    },
  };
}

/** What `auto` means here: for people on a terminal, for the journal under systemd, JSON elsewhere. */
export function chooseFormat(
  format: LogFormat,
  place: { readonly isTerminal: boolean; readonly underJournal: boolean },
): Exclude<LogFormat, "auto"> {
  if (format !== "auto") return format;
  if (place.isTerminal) return "pretty";
  return place.underJournal ? "journal" : "json";
}

function safeFields(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, safeValue(value)]),
  );
}

/** What cannot be shown must not end the process: also what nobody caught comes here. */
function safeValue(value: unknown): unknown {
  try {
    return shownValue(value);
  } catch {
    return "a value that cannot be shown";
  }
}

function shownValue(value: unknown): unknown {
  return shown(value, { left: NESTED_MAX_VALUES }, 0);
}

/** @param room - how many values may still be shown */
function shown(value: unknown, room: { left: number }, depth: number): unknown {
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  if (isError(value)) return escapedLines(errorText(value, 4 * FIELD_MAX_CHARS));
  const isNested =
    typeof value === "object" && !isProxy(value) && (Array.isArray(value) || isPlainObject(value));
  if (!isNested || depth >= NESTED_MAX_DEPTH) return escapeShort(shortText(value), FIELD_MAX_CHARS);
  const entries: [string, unknown][] = [];
  for (const key of Object.keys(value)) {
    if (room.left-- <= 0) {
      entries.push(["…", "left out"]);
      break;
    }
    entries.push([escapeShort(key, NESTED_KEY_MAX_CHARS), shown(Reflect.get(value, key), room, depth + 1)]);
  }
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

/** Each line of a stack escaped by itself; the ends of the lines are JSON's to write. */
function escapedLines(text: string): string {
  return text.split("\n").map(escapeText).join("\n");
}

function fieldText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function shaped(line: string, format: Exclude<LogFormat, "auto">): string {
  if (format === "json") return line;
  const record: Record<string, unknown> = JSON.parse(line);
  const level = LOG_LEVELS.find((one) => one === record["level"]) ?? "error";
  if (format === "journal") return `${PRIORITY[level]}${line}`;
  const { time, msg, level: _level, ...rest } = record;
  const fields = Object.entries(rest).map(([key, value]) => ` ${key}=${escapeText(fieldText(value))}`);
  return `${String(time).slice(11, 19)} ${level.toUpperCase().padEnd(5)} ${String(msg)}${fields.join("")}\n`;
}
