import { escapeShort } from "../../base/escape.ts";
import { AddressError } from "../../link/address.ts";
import { unixPathFlaw } from "../../link/unix-path.ts";

/** Where metrics are served: on this host, and nowhere else. */
export type MetricsAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "http"; readonly host: "127.0.0.1" | "::1"; readonly port: number };

const UNIX_FORM = /^unix:(.*)$/s;
const HTTP_FORM = /^http:\/\/(127\.0\.0\.1|\[::1\]):([0-9]{1,5})$/;
const PORT_MAX = 65_535;

/**
 * Reads the address of the metrics. Nobody logs in there, so it is never one that other hosts reach.
 *
 * @param absolute - makes a path of a file absolute
 * @throws AddressError
 */
export function parseMetricsAddress(text: string, absolute: (path: string) => string): MetricsAddress {
  const [, path] = UNIX_FORM.exec(text) ?? [];
  if (path !== undefined) {
    const full = absolute(path);
    const flaw = unixPathFlaw(full);
    if (flaw !== undefined) throw new AddressError(flaw);
    return { kind: "unix", path: full };
  }
  const [, host, digits] = HTTP_FORM.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined)
    throw new AddressError(
      `'${escapeShort(text, 120)}' is no address for metrics: unix:/path/of/the/socket, http://127.0.0.1:PORT or http://[::1]:PORT was expected; they are for this host: to read them from another, let an agent or a proxy that knows its readers fetch them here`,
    );
  if (port > PORT_MAX) throw new AddressError(`port ${digits}: 0 to ${PORT_MAX} was expected`);
  return { kind: "http", host: host === "127.0.0.1" ? host : "::1", port };
}

export function metricsAddressText(address: MetricsAddress): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return `http://${address.host === "::1" ? "[::1]" : address.host}:${address.port}`;
}
