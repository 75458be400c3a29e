import type { Problem } from "../../yaml/problem.ts";
import type { Network } from "../syntax/cidr.ts";
import type { GrantTree, PolicyTree } from "../syntax/tree.ts";
import { allGrants } from "./walk-constraints.ts";

/** Reports channels and networks that do not go together, or are less than they seem: P419, P501, P511. */
export function checkChannels(policy: PolicyTree): Problem[] {
  return allGrants(policy).flatMap((grant) => [...addressless(grant), ...oneFamily(grant)]);
}

/** No peer on a Unix socket has an address, so none is in a network. */
function addressless({ id, at, via = [], viaAt = at, from, fromAt = at }: GrantTree): Problem[] {
  if (from === undefined || !via.includes("unix")) return [];
  if (via.every((channel) => channel === "unix"))
    return [
      {
        code: "P501",
        severity: "error",
        at: fromAt,
        text: `'${id}' allows nothing: it asks for an address in 'from', and no peer on a Unix socket has one`,
        hint: "remove 'from'; or write via: tls",
      },
    ];
  return [
    {
      code: "P511",
      severity: "warning",
      at: viaAt,
      text: `'${id}' allows nothing over unix: it asks for an address in 'from', and no peer on a Unix socket has one`,
      hint: "write another grant for unix, without 'from'; or remove unix here",
    },
  ];
}

/** All of IPv4 looks like everybody, and leaves out whoever comes by IPv6. */
function oneFamily({ from = [], fromAt, at }: GrantTree): Problem[] {
  const all = from.find(isEverything);
  if (all === undefined || from.some(({ isIPv4 }) => isIPv4 !== all.isIPv4)) return [];
  const [own, other, rest] = all.isIPv4 ? ["IPv4", "IPv6", "::/0"] : ["IPv6", "IPv4", "0.0.0.0/0"];
  return [
    {
      code: "P419",
      severity: "warning",
      at: fromAt ?? at,
      text: `'${all.text}' is every peer with an address of ${own}, and none with one of ${other}`,
      hint: `add ${rest}; or remove 'from' for all peers, also those without an address`,
    },
  ];
}

function isEverything({ isIPv4, first, last }: Network): boolean {
  return last - first === (1n << (isIPv4 ? 32n : 128n)) - 1n;
}
