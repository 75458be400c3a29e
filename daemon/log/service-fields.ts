import { escapeShort } from "../../base/escape.ts";
import { isPlainObject } from "../../base/plain-object.ts";

/** The fields of one line, and the characters of one name. */
export const SERVICE_FIELDS_MAX = 32;
const NAME_MAX_CHARS = 64;

/** Names that the lines of the daemon itself have: what a service says under them must not be taken for the daemon's words. */
const OWN_FIELDS = new Set([
  "connection",
  "key",
  "level",
  "method",
  "module",
  "msg",
  "principal",
  "request",
  "service",
  "source",
  "time",
  "trace",
]);

/** What a service has beside a message, as fields of its line. The names may come from a peer, by way of the service. */
export function serviceFields(given: unknown): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  if (!isPlainObject(given)) return { fields: given };
  const names = Object.keys(given);
  const fields: [string, unknown][] = names
    .slice(0, SERVICE_FIELDS_MAX)
    .map((name) => [
      OWN_FIELDS.has(name) ? `service.${name}` : escapeShort(name, NAME_MAX_CHARS),
      read(given, name),
    ]);
  if (names.length > SERVICE_FIELDS_MAX) fields.push(["fields_left_out", names.length - SERVICE_FIELDS_MAX]);
  return Object.fromEntries(fields);
}

/** A getter of a service may throw: a line of the log ends no call. */
function read(given: Readonly<Record<string, unknown>>, name: string): unknown {
  try {
    return given[name];
  } catch {
    return "a value that cannot be read";
  }
}
