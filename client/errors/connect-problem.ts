import { systemCode } from "../../files/file-problem.ts";

interface ConnectProblem {
  /** Begins the sentence; the address stands behind it. */
  readonly what: string;
  /** What to look at. */
  readonly look: string;
}

const NOBODY: ConnectProblem = { what: "nobody listens at", look: "is the daemon running?" };

/** By the system's code. What is missing here is told by its code alone. */
const PROBLEMS: ReadonlyMap<string, ConnectProblem> = new Map([
  ["ECONNREFUSED", NOBODY],
  ["ENOENT", NOBODY],
  ["ENOTFOUND", { what: "there is no such host:", look: "check the name" }],
  [
    "EAI_AGAIN",
    { what: "the name service does not answer for", look: "try again, or use the host's address" },
  ],
  ["EACCES", { what: "this user may not connect to", look: "the socket is for other users or groups" }],
  ["EPERM", { what: "this user may not connect to", look: "a rule of this host forbids it" }],
  ["EAGAIN", { what: "too many connections wait already at", look: "try again" }],
  ["EPROTOTYPE", { what: "a socket of another kind is at", look: "is that an rpcd?" }],
  [
    "ECONNRESET",
    { what: "the connection was reset by", look: "is that an rpcd, and does it take connections from here?" },
  ],
  ["ETIMEDOUT", { what: "no answer comes from", look: "check the address, the network and the firewall" }],
  ["EHOSTUNREACH", { what: "no way leads to", look: "check the address, the network and the firewall" }],
  ["ENETUNREACH", { what: "no way leads to", look: "check the address, and the routes of this host" }],
  ["ENETDOWN", { what: "the network of this host is down; no way leads to", look: "check the network" }],
  ["EHOSTDOWN", { what: "the host is down of", look: "check the address and the host" }],
  ["EADDRNOTAVAIL", { what: "this host has no address of its own to reach", look: "is IPv6 off here?" }],
  ["EAFNOSUPPORT", { what: "this host cannot reach an address of this kind:", look: "is IPv6 off here?" }],
]);

/** An address of one network only. A host may be in several, so the system wants to know the network: the zone. */
const LINK_LOCAL = /^tls:\/\/\[fe[89ab]/;

/**
 * Why no connection came about, and what to look at.
 *
 * @param name - the address
 */
export function connectProblem(name: string, error: Error): string {
  const code = systemCode(error);
  if (code === "EINVAL" && LINK_LOCAL.test(name))
    return `a link-local address cannot be reached without a zone: ${name} (${code}): use another address of the host`;
  const problem = code === undefined ? undefined : PROBLEMS.get(code);
  if (problem === undefined) return `no connection to ${name} came about (${code ?? error.message})`;
  return `${problem.what} ${name} (${code}): ${problem.look}`;
}
