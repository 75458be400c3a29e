import { isIPv4, isIPv6 } from "node:net";

/**
 * A range of addresses (CIDR, RFC 4632). Every address is a number of 128 bits: IPv4 lies in `::ffff:0:0/96` (RFC 4291,
 * 2.5.5.2), so that a peer on a socket for both families is the same peer as on one for IPv4.
 */
export interface Network {
  /** As it was written. */
  readonly text: string;
  readonly isIPv4: boolean;
  readonly first: bigint;
  readonly last: bigint;
}

const IPV4_MAPPED = 0xffff_0000_0000n;
const ALL_BITS = 128;

/** An address as one number, or nothing where the text is none. The zone of IPv6 (`%eth0`) is left out. */
export function addressOf(text: string): bigint | undefined {
  if (isIPv4(text)) return IPV4_MAPPED | ipv4Bits(text);
  const [bare = ""] = text.split("%");
  return isIPv6(text) ? ipv6Bits(bare) : undefined;
}

/**
 * Whether one of the networks has the address. A peer without one is in none, and an IPv4 peer is in no network of IPv6:
 * who writes `::/0` means IPv6.
 */
export function includesAddress(networks: readonly Network[], address: bigint | undefined): boolean {
  if (address === undefined) return false;
  const isMapped = address >> 32n === 0xffffn;
  return networks.some(
    ({ isIPv4: isV4, first, last }) => isV4 === isMapped && first <= address && address <= last,
  );
}

/** A text that is no network. */
export interface NetworkFlaw {
  /** In a sentence. */
  readonly flaw: string;
  readonly hint?: string;
  /** Networks that can have been meant, each with what it is. */
  readonly choices?: readonly { readonly meant: string; readonly text: string }[];
}

/** Reads `10.20.0.0/16` or `2001:db8::/32`; otherwise says what is wrong, and what can have been meant. */
export function parseNetwork(text: string): Network | NetworkFlaw {
  const slash = text.indexOf("/");
  const address = slash === -1 ? text : text.slice(0, slash);
  const isV4 = isIPv4(address);
  if (!isV4 && !isIPv6(address))
    return { flaw: "a network was expected, like 10.20.0.0/16 or 2001:db8::/32" };
  // Peers are known by their addresses only: with its zone left out the network would be more than was written.
  if (address.includes("%"))
    return {
      flaw: `'${address}' has a zone, and a network has none`,
      hint: "remove the zone; it is not looked at",
    };
  const bits = isV4 ? 32 : ALL_BITS;
  if (slash === -1)
    return {
      flaw: `'${text}' has no length of its prefix`,
      hint: `for that address alone write ${text}/${bits}`,
    };
  const written = text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(written) || Number(written) > bits)
    return { flaw: `the length of the prefix is a whole number from 0 to ${bits}, and '${written}' is not` };
  const length = Number(written);
  const value = addressOf(address) ?? 0n;
  if (!isV4 && value >> 32n === 0xffffn) {
    const meant = Math.max(0, length - 96);
    const low = value & 0xffff_ffffn;
    return {
      flaw: "an IPv4 network in the form of IPv6",
      hint: `such peers count as IPv4: write ${ipv4Text(low - (low % (1n << BigInt(32 - meant))))}/${meant}`,
    };
  }
  const size = 1n << BigInt(bits - length);
  const first = value - (value % size);
  if (first !== value) {
    const network = `${isV4 ? ipv4Text(first) : ipv6Text(first)}/${length}`;
    const host = `${address}/${bits}`;
    return {
      flaw: `the address has bits beyond the prefix of ${length}`,
      hint: `write ${network} for the network, or ${host} for that address alone`,
      choices: [
        { meant: "the network", text: network },
        { meant: "that address alone", text: host },
      ],
    };
  }
  return { text, isIPv4: isV4, first, last: first + size - 1n };
}

function ipv4Bits(text: string): bigint {
  return BigInt(text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0));
}

function ipv6Bits(text: string): bigint {
  const ipv4 = /^(.*:)([0-9.]+\.[0-9.]+)$/.exec(text);
  if (ipv4 !== null) {
    const low = ipv4Bits(ipv4[2] ?? "");
    return ipv6Bits(`${ipv4[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`);
  }
  const [front = "", back] = text.split("::");
  const [before, after] = [groupsOf(front), groupsOf(back ?? "")];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function groupsOf(part: string): string[] {
  return part === "" ? [] : part.split(":");
}

function ipv4Text(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join(".");
}

/** The shortest form that RFC 5952 asks for is the writer's affair: this one is right, and short enough to copy. */
function ipv6Text(address: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((address >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  const text = groups.join(":");
  return text.replace(/(?:^|:)0(?::0)+$/, "::");
}
