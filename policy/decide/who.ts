import { closest } from "../../base/closest.ts";
import { ALWAYS } from "../syntax/window.ts";
import type { Policy } from "./compile.ts";
import type { Excess, PrincipalOr } from "./principals.ts";

const EXCESS_WORDS: Readonly<Record<Excess, string>> = {
  unknown_authority: "there is no such authority",
  name_exceeded: "the authority may not give this name",
  roles_exceeded: "the authority may not give these roles",
};

/** Why nobody has such a certificate, in a sentence. */
export function excessWords(excess: Excess): string {
  return EXCESS_WORDS[excess];
}

function unknownIdentity({ tree }: Policy, name: string): string {
  const near = closest(name, [...tree.identities.keys()]);
  return `there is no identity '${name}' in the policy${near === undefined ? "" : `; did you mean '${near}'?`}`;
}

/**
 * Who is meant: `alice` or `id:alice` for a pinned identity, `AUTHORITY/NAME` for a certificate.
 *
 * @param roles - that the certificate gives; the roles of an identity stand in the policy
 * @returns the principal; the reason, where there is none, is a sentence
 */
export function findPrincipal(policy: Policy, text: string, roles: readonly string[]): PrincipalOr<string> {
  const name = text.startsWith("id:") ? text.slice(3) : text;
  const slash = name.indexOf("/");
  if (slash === -1) {
    if (roles.length > 0)
      return {
        ok: false,
        reason: `the roles of '${name}' stand in the policy: name roles for AUTHORITY/NAME only`,
      };
    const principal = policy.identity(name);
    return principal === undefined
      ? { ok: false, reason: unknownIdentity(policy, name) }
      : { ok: true, principal };
  }
  const found = policy.principalOfCertificate(name.slice(0, slash), name.slice(slash + 1), roles, ALWAYS);
  return found.ok ? found : { ok: false, reason: `nobody is '${name}': ${excessWords(found.reason)}` };
}
