/**
 * Addresses once more, straight from their description: an address is a text of noughts and ones, and a CIDR is
 * how that text begins. Both have to be well formed: what is not is for the tests of whoever reads it.
 */

/** Whether the address of a peer is of the network, which is written as a CIDR. */
export function isInside(address: string, cidr: string): boolean {
  const [network = "", length = ""] = cidr.split("/");
  const [bits, networkBits] = [withoutMapping(bitsOf(address)), bitsOf(network)];
  // Networks of IPv6 hold no IPv4 peer, not even `::/0`: 32 bits are not 128.
  return bits.length === networkBits.length && bits.startsWith(networkBits.slice(0, Number(length)));
}

/** `::ffff:0:0/96`, where IPv4 lies in IPv6 (RFC 4291, section 2.5.5.2). */
const MAPPED = "0".repeat(80) + "1".repeat(16);

function withoutMapping(bits: string): string {
  return bits.startsWith(MAPPED) ? bits.slice(MAPPED.length) : bits;
}

function bitsOf(address: string): string {
  if (!address.includes(":"))
    return address
      .split(".")
      .map((part) => binary(Number(part), 8))
      .join("");
  const [head = "", tail = ""] = address.split("::").map(groupBits);
  return head + "0".repeat(128 - head.length - tail.length) + tail;
}

/** The bits of `2001:db8` or of `ffff:10.0.0.1`; of nothing, none. */
function groupBits(groups: string): string {
  if (groups === "") return "";
  return groups
    .split(":")
    .map((group) => (group.includes(".") ? bitsOf(group) : binary(Number.parseInt(group, 16), 16)))
    .join("");
}

function binary(number: number, width: number): string {
  return number.toString(2).padStart(width, "0");
}
