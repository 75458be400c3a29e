import type { Io } from "./io.ts";
import { tooLong } from "./read-failure.ts";

/**
 * The content of a file that gives an argument, or of standard input for `-`. It may be a FIFO: `--input <(jq …)`.
 *
 * @throws Failure where it cannot be read, or is longer
 */
export async function readInput(
  io: Pick<Io, "open">,
  path: string,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal | undefined },
): Promise<Uint8Array> {
  const input = await io.open(path, signal);
  try {
    const parts: Uint8Array[] = [];
    let held = 0;
    for await (const part of input.pieces) {
      held += part.length;
      if (held > maxBytes) throw tooLong(path === "-" ? "standard input" : path, maxBytes);
      parts.push(part);
    }
    return Buffer.concat(parts);
  } finally {
    await input.close();
  }
}
