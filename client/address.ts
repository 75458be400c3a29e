import { escapeShort } from "../base/escape.ts";
import { unixPathFlaw } from "../link/unix-path.ts";

/** Where a daemon listens. */
export interface Address {
  readonly kind: "unix";
  readonly path: string;
}

/** A text that is no address. */
export class AddressError extends Error {
  override readonly name = "AddressError";
}

/** Reads `unix:/path`. @throws {@link AddressError} */
export function parseAddress(text: string): Address {
  if (!text.startsWith("unix:")) {
    throw new AddressError(
      `'${escapeShort(text, 120)}' is no address: unix:/path/of/the/socket was expected`,
    );
  }
  const path = text.slice("unix:".length);
  const flaw = unixPathFlaw(path);
  if (flaw !== undefined) throw new AddressError(flaw);
  return { kind: "unix", path };
}
