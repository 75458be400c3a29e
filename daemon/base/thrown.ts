import { isNativeError, isProxy } from "node:util/types";

/*
 * What services throw, as text for the log. Anything can be thrown: an object whose stack is a getter that throws, a proxy that was
 * revoked, a symbol, a message of ten megabytes. Nothing here throws, and nothing reads more of a text than it gives.
 */

/** So many causes behind an error are shown: one may be its own cause. */
const CAUSES_MAX = 8;

/** A name or a message is cut after so many characters where it has to go into one line. */
const SHORT_MAX_CHARS = 1024;

/** An error with its stack and what caused it; for what is no error, {@link shortText}. */
export function errorText(thrown: unknown, maxChars: number): string {
  let text = stackText(thrown).slice(0, maxChars);
  let one = thrown;
  for (let causes = 0; causes < CAUSES_MAX && text.length < maxChars; causes++) {
    one = isError(one) ? read(one, "cause") : undefined;
    if (one === undefined) break;
    text = `${text}\ncaused by ${stackText(one).slice(0, maxChars)}`.slice(0, maxChars);
  }
  return text;
}

/** What was thrown, in one line: name and message of an error. */
export function shortText(value: unknown): string {
  if (isError(value)) return nameAndMessage(value);
  if (typeof value === "object" && value !== null) return objectText(value);
  if (typeof value === "function") return "a function";
  // The digits of a large one take time that grows with the square of their number.
  if (typeof value === "bigint" && BigInt.asIntN(64, value) !== value) return "a bigint of more than 64 bits";
  return String(value);
}

/** The message of an error, or what was thrown in its place. */
export function messageText(thrown: unknown): string {
  const message = isError(thrown) ? read(thrown, "message") : undefined;
  return typeof message === "string" ? message : shortText(thrown);
}

/** Whether it is an error, without asking anything of it that could answer by throwing. */
export function isError(value: unknown): value is object {
  if (typeof value !== "object" || value === null || isProxy(value)) return false;
  return isNativeError(value) || answer(() => value instanceof Error) === true;
}

function stackText(thrown: unknown): string {
  if (!isError(thrown)) return shortText(thrown);
  const stack = read(thrown, "stack");
  return typeof stack === "string" && stack !== "" ? stack : nameAndMessage(thrown);
}

function nameAndMessage(error: object): string {
  const [name, message] = ["name", "message"].map((key) => read(error, key));
  const words = [name, message].filter((word) => typeof word === "string" && word !== "");
  return words.length === 0
    ? "an error without name and message"
    : words.map((word) => String(word).slice(0, SHORT_MAX_CHARS)).join(": ");
}

function objectText(value: object): string {
  if (isProxy(value)) return "a proxy";
  // Their own texts have all that is in them.
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) {
    // It throws where the buffer under it was taken away.
    const length = answer(() => value.byteLength);
    return typeof length === "number" ? `${length} bytes` : "bytes";
  }
  // oxlint-disable-next-line typescript/no-base-to-string -- what it says of itself, if only that it is an object
  const text = answer(() => String(value));
  return typeof text === "string" ? text : "an object without a text";
}

function read(value: object, key: string): unknown {
  return answer(() => Reflect.get(value, key));
}

/** What foreign code answers. What it throws instead would be a second failure, told in place of the one that is looked at. */
function answer(ask: () => unknown): unknown {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
