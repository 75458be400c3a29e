import type { TestPrincipal, TestTree } from "../syntax/test-tree.ts";

/** Who calls, from where and when, in a line: `ci-runner via tls from 10.20.3.4 at 2026-06-01T12:00:00.000Z`. */
export function testWords({ as, via, from, atMs }: TestTree): string {
  const source = from === undefined ? "" : ` from ${from.text}`;
  const at = atMs === undefined ? "" : ` at ${new Date(atMs).toISOString()}`;
  return `${whoWords(as)} via ${via}${source}${at}`;
}

function whoWords(as: TestPrincipal): string {
  if (as.kind === "identity") return as.identity.name;
  const roles = as.roles.length === 0 ? "no roles" : as.roles.map(({ name }) => name).join(", ");
  return `${as.authority.name}/${as.name.name} with ${roles}`;
}
