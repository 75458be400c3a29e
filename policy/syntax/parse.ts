import { FILE_START, type Place, type Problem } from "../../yaml/problem.ts";
import { isEmpty, type Reader, startOf } from "../../yaml/reader.ts";
import { nodeWords, type YamlEntry, type YamlMap, type YamlNode } from "../../yaml/tree.ts";
import { parseGrant } from "./grant.ts";
import { parseNever } from "./never.ts";
import { PolicyReader } from "./policy-reader.ts";
import { parseAuthority, parseIdentity, parseRevoked, parseRole } from "./principals.ts";
import { parseTests } from "./tests.ts";
import type { PolicyTree } from "./tree.ts";

/** The one version of the language so far. */
const VERSION = 1;

const FILE = {
  of: "a policy",
  known: ["policy", "roles", "identities", "authorities", "revoked", "grants", "shadow", "never", "tests"],
};

export interface Parsed {
  /** What could be read; what could not is left out, and reported. */
  readonly tree: PolicyTree;
  readonly problems: readonly Problem[];
  /** Where times stand, which other readers of YAML may read otherwise without harm. */
  readonly times: readonly Place[];
}

/** Makes a policy of a text that passed the gate. @param root - nothing where the file is empty */
export function parsePolicy(root: YamlNode | undefined): Parsed {
  const reader = new PolicyReader();
  const map = root === undefined || isEmpty(root) ? undefined : reader.record(root, FILE);
  if (root === undefined || isEmpty(root)) {
    reader.error("P202", FILE_START, "the file is empty", "begin it with 'policy: 1'");
  } else if (map !== undefined) {
    checkVersion(map, reader);
  }
  const section = (name: string): YamlEntry | undefined => map?.entries.get(name);
  const named = <T>(
    name: string,
    of: string,
    parse: (entry: YamlEntry, reader: PolicyReader) => T | undefined,
  ): ReadonlyMap<string, T> => {
    const read = reader.named(section(name), of).map((entry) => [entry.key, parse(entry, reader)] as const);
    return new Map(read.filter((pair): pair is [string, T] => pair[1] !== undefined));
  };
  const revoked = section("revoked");
  const tree: PolicyTree = {
    roles: named("roles", "role", parseRole),
    rolesAt: section("roles")?.keyAt,
    identities: named("identities", "identity", parseIdentity),
    identitiesAt: section("identities")?.keyAt,
    authorities: named("authorities", "authority", parseAuthority),
    authoritiesAt: section("authorities")?.keyAt,
    revoked: revoked === undefined || isEmpty(revoked.value) ? [] : parseRevoked(revoked.value, reader),
    grants: named("grants", "grant", parseGrant),
    shadow: named("shadow", "grant", parseGrant),
    never: named("never", "assertion", parseNever),
    tests: parseTests(section("tests"), reader),
  };
  return { tree, problems: reader.problems, times: reader.times };
}

function checkVersion(map: YamlMap, reader: Reader): void {
  const entry = map.entries.get("policy");
  if (entry === undefined) {
    const text = "the version of the policy language is missing";
    reader.error("P202", startOf(map), text, `begin the file with 'policy: ${VERSION}'`);
    return;
  }
  const { value } = entry;
  if (value.kind === "scalar" && value.value === VERSION) return;
  const at = isEmpty(value) ? entry.keyAt : startOf(value);
  const text = `version ${VERSION} of the policy language was expected, but ${nodeWords(value)} stands here`;
  reader.error("P204", at, text, `write 'policy: ${VERSION}'`);
}
