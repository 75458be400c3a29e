import { isIPv6 } from "node:net";
import { escapeShort } from "../base/escape.ts";
import { unixPathFlaw } from "./unix-path.ts";

/** Where a daemon listens. */
export type Address =
  /** `unix+tls` is for a socket whose folder cannot be trusted: what `unix` leaves to the kernel, TLS does there. */
  | { readonly kind: "unix" | "unix+tls"; readonly path: string }
  /** `host` without the brackets of an IPv6 address, in small letters */
  | { readonly kind: "tls"; readonly host: string; readonly port: number };

/** A text that is no address. */
export class AddressError extends Error {
  override readonly name = "AddressError";
}

/** The forms of an address, for messages. */
const ADDRESS_FORMS = "unix:/path/of/the/socket, unix+tls:/path/of/the/socket or tls://host:port";

const PATH_FORM = /^(unix|unix\+tls):(.*)$/s;
const TLS_FORM =
  /^tls:\/\/(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)):([0-9]{1,5})$/;

/** An interface behind an address of IPv6 (RFC 4007): it means another network on each host, so no pin could go by it. */
const ZONE_FORM = /^tls:\/\/\[?[0-9A-Fa-f:.]+(%[^\]/]*)/;

const PORT_MAX = 65_535;
/** A name in the domain name system has no more (RFC 1035, 2.3.4). */
const HOST_MAX_CHARS = 253;

/**
 * Reads an address.
 *
 * @param absolute - makes a path of a file absolute, where it need not be so in the text
 * @throws {@link AddressError}
 */
export function parseAddress(text: string, absolute: (path: string) => string = (path) => path): Address {
  const [, scheme, path] = PATH_FORM.exec(text) ?? [];
  if (scheme !== undefined && path !== undefined) {
    const full = absolute(path);
    const flaw = unixPathFlaw(full);
    if (flaw !== undefined) throw new AddressError(flaw);
    return { kind: scheme === "unix" ? "unix" : "unix+tls", path: full };
  }
  const [, zone] = ZONE_FORM.exec(text) ?? [];
  if (zone !== undefined) {
    const shown = escapeShort(text, 120);
    throw new AddressError(
      `'${shown}': an address takes no IPv6 zone ('${escapeShort(zone, 40)}'); name the host, or an address of it that is not link-local`,
    );
  }
  const [, ipv6, name, digits] = TLS_FORM.exec(text) ?? [];
  const host = (ipv6 ?? name)?.toLowerCase();
  const port = Number(digits);
  if (host === undefined || host.length > HOST_MAX_CHARS || (ipv6 !== undefined && !isIPv6(ipv6))) {
    const tls = text.startsWith("tls:") ? "; an IPv6 address stands between [ ]" : "";
    throw new AddressError(`'${escapeShort(text, 120)}' is no address: ${ADDRESS_FORMS} was expected${tls}`);
  }
  if (port > PORT_MAX) throw new AddressError(`port ${digits}: 0 to ${PORT_MAX} was expected`);
  return { kind: "tls", host, port };
}

/** The one text of an address: two texts that mean the same place have the same. */
export function addressText(address: Address): string {
  if (address.kind !== "tls") return `${address.kind}:${address.path}`;
  const { host, port } = address;
  return `tls://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
