import * as fc from "fast-check";
import type { ModelPeer } from "../reference.ts";

/** With bounds amid the bytes of an address, and IPv6 networks around the place where IPv4 is mapped. */
export const NETWORKS = [
  "0.0.0.0/0",
  "10.20.0.0/16",
  "10.20.255.252/30",
  "10.20.0.0/32",
  "::/0",
  "::/80",
  "2001:db8:20::/48",
  "2001:db8:20:2::/63",
  "2001:db8:20::/128",
];

/** The first and the last of these networks and what lies beyond, in all forms that an address may have. */
const ADDRESSES = [
  "0.0.0.0",
  "255.255.255.255",
  "10.19.255.255",
  "10.20.0.0",
  "10.20.0.1",
  "10.20.255.251",
  "10.20.255.252",
  "10.20.255.255",
  "10.21.0.0",
  "::ffff:10.19.255.255",
  "::ffff:10.20.0.0",
  "::ffff:10.20.255.252",
  "::ffff:a14:0",
  "::ffff:a14:fffb",
  "::ffff:a14:ffff",
  "::ffff:a15:0",
  // IPv6 all of them: only `::ffff:0:0/96` is IPv4.
  "::",
  "::1",
  "::a14:0",
  "::fffe:ffff:ffff",
  "::ffff:0:a14:0",
  "::1:0:0:0",
  "2001:db8:1f:ffff:ffff:ffff:ffff:ffff",
  "2001:db8:20::",
  "2001:db8:20::1",
  "2001:db8:20:1:ffff:ffff:ffff:ffff",
  "2001:db8:20:2::",
  "2001:db8:20:3:ffff:ffff:ffff:ffff",
  "2001:db8:20:4::",
  "2001:db8:20:ffff:ffff:ffff:ffff:ffff",
  "2001:db8:21::",
  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

/** Who may be at the other end. A peer on a stream has an address or none. */
export const peer = fc.oneof(
  fc.constantFrom<ModelPeer>({ via: "unix" }, { via: "stream" }),
  fc.record<ModelPeer>({ via: fc.constant("tls"), address: fc.constantFrom(...ADDRESSES) }),
  fc.record<ModelPeer>({
    via: fc.constantFrom("tls", "stream"),
    address: fc.constantFrom(...ADDRESSES),
  }),
);
