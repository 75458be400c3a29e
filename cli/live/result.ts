import { isLive, type LiveShape, liveName, type Shape } from "../../catalogue/catalogue.ts";
import { release } from "../../client/index.ts";
import { BrokenOff, Failure, usage } from "../io/failure.ts";
import type { Io } from "../io/io.ts";
import type { Output } from "../io/output.ts";
import { jsonText } from "../print/json.ts";

interface Printing {
  /** what the method declares; nothing where it is not known */
  readonly returns: Shape | LiveShape | undefined;
  /** what was passed by reference, by its parameter: a method may give it back */
  readonly passed: Readonly<Record<string, unknown>>;
  readonly json: boolean;
  readonly raw: boolean;
}

/** Whether a result is none of data, but stands for something of the daemon's. */
export function isLiveResult(value: unknown): value is object {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/**
 * Bytes have no place on a terminal, as long as nobody asks for that: it is refused before the call is made.
 *
 * @throws Failure
 */
export function checkBytesWanted({ returns, json, raw }: Omit<Printing, "passed">, io: Io): void {
  if (json || raw || !isByteStream(returns) || !io.isOutTerminal) return;
  throw usage(
    "the result is a stream of bytes, and standard output is a terminal",
    "> FILE keeps it",
    "--raw writes it here all the same; --json prints it as text",
  );
}

/** Prints the items of a stream as they come, and of anything else what it is; then it is let go. @throws BrokenOff */
export async function printLive(value: object, printing: Printing, output: Output): Promise<void> {
  const { returns, passed, json, raw } = printing;
  const back = Object.keys(passed).find((name) => passed[name] === value);
  if (back !== undefined) {
    const text = `what was passed as '${back}' comes back`;
    await output.write(`${json ? jsonText({ $reference: back }) : text}\n`);
  } else if (isItems(value)) {
    const isBytes = isByteStream(returns) && !json;
    await printItems(value, isBytes ? bytesItem : raw ? rawItem : jsonItem, output);
  } else {
    await output.write(`${json ? jsonText({ $reference: nameOf(returns) }) : referenceText(returns)}\n`);
    release(value);
  }
  await output.end();
}

/** A value of data under --raw, where it is bytes or a text; nothing for any other. */
export function rawBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === "string" ? Buffer.from(value) : undefined;
}

async function printItems(
  items: AsyncIterable<unknown>,
  form: (item: unknown) => Uint8Array | string,
  output: Output,
): Promise<void> {
  let isBegun = false;
  try {
    for await (const item of items) {
      const piece = form(item);
      isBegun = true;
      await output.write(piece);
    }
  } catch (error) {
    throw isBegun ? new BrokenOff(error) : error;
  }
}

function jsonItem(item: unknown): string {
  return `${jsonText(item)}\n`;
}

function rawItem(item: unknown): Uint8Array | string {
  return rawBytes(item) ?? jsonItem(item);
}

function bytesItem(item: unknown): Uint8Array {
  if (item instanceof Uint8Array) return item;
  throw new Failure("protocol", "something that is no bytes came in a stream of bytes");
}

function isItems(value: object): value is AsyncIterable<unknown> {
  return typeof value !== "function" && Symbol.asyncIterator in value;
}

function isByteStream(returns: Shape | LiveShape | undefined): boolean {
  return returns?.type === "stream" && returns.of.type === "bytes";
}

function nameOf(returns: Shape | LiveShape | undefined): string {
  return returns !== undefined && isLive(returns) ? liveName(returns) : "unknown";
}

function referenceText(returns: Shape | LiveShape | undefined): string {
  const what =
    returns?.type === "object"
      ? `an object '${liveName(returns)}'`
      : returns?.type === "callback"
        ? "a function"
        : "something by reference, which the method does not declare";
  return `${what}: it lives only as long as this command`;
}
