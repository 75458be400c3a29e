import { isIPv6 } from "node:net";

/**
 * For whom a connection counts before anybody has logged in on it. Whatever is opened on this host counts apart
 * from the network, so that a flood from outside takes no place from it; one of the network counts for its
 * address, and for IPv6 for its /64, since whoever has one address there has 2^64.
 */
export type Source = "local" | `net ${string}`;

export const LOCAL: Source = "local";

/** @param address - as the socket tells it; nothing if the peer is gone already */
export function networkSource(address: string | undefined): Source {
  if (address === undefined) return "net gone";
  const [bare = address] = address.split("%");
  if (!isIPv6(bare)) return `net ${bare}`;
  const all = ipv6Groups(bare);
  // ::ffff:0:0/96: an IPv4 address that came in on a socket for both (RFC 4291, 2.5.5.2).
  const [high = 0, low = 0] = all.slice(6);
  if (all.slice(0, 6).join() === "0,0,0,0,0,65535") {
    return `net ${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return `net ${all
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

/** The eight groups of an IPv6 address that is known to be one (RFC 4291, 2.2). */
function ipv6Groups(address: string): number[] {
  const ipv4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text =
    ipv4 === null ? address : `${ipv4[1]}${hexPair(ipv4[2], ipv4[3])}:${hexPair(ipv4[4], ipv4[5])}`;
  const [front = "", back] = text.split("::");
  if (back === undefined) return groups(front);
  const [before, after] = [groups(front), groups(back)];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function groups(part: string): number[] {
  return part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
}

function hexPair(high = "0", low = "0"): string {
  return ((Number(high) << 8) | Number(low)).toString(16);
}
