import type { Catalogue, MethodEntry, Parameter } from "../../catalogue/catalogue.ts";
import { PrivateKey, type PublicKey } from "../../certs/ed25519.ts";
import { fingerprint, formatPublicKey } from "../../certs/public-key.ts";
import type { BoundArgs } from "../../policy/decide/args.ts";
import { Candidates } from "../../policy/decide/candidates.ts";
import type { Policy } from "../../policy/decide/compile.ts";
import type { Peer } from "../../policy/decide/grant-index.ts";
import type { Principal } from "../../policy/decide/principals.ts";
import { loadPolicy } from "../../policy/load/load.ts";
import type { Dfa } from "../../policy/patterns/dfa.ts";
import { type PatternKind, parseTextPattern, TextPatterns } from "../../policy/patterns/text-patterns.ts";
import type { Problem } from "../../yaml/problem.ts";

export const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");

const KEYS = new Map<number, PublicKey>();

/** The key of a number from 0 to 255: always the same one. */
export function publicKey(number: number): PublicKey {
  const key = KEYS.get(number) ?? new PrivateKey(new Uint8Array(32).fill(number)).publicKey;
  KEYS.set(number, key);
  return key;
}

export const keyLine = (number: number): string => formatPublicKey(publicKey(number), `key-${number}`);

/** A problem in one line: `P301 error 5:9`. */
export const brief = ({ code, severity, at }: Problem): string =>
  `${code} ${severity} ${at.line}:${at.column}`;

/** What is only unwise has tests of its own (rules.test.ts). */
const isWrong = ({ code, severity }: { readonly code: string; readonly severity: string }): boolean =>
  severity === "error" || !/^P(?:316|4|50[1-7]|51[1-9]|60[35])/.test(code);

export const problemsOf = (text: string, catalogue?: Catalogue): string[] =>
  loadPolicy(bytes(text), catalogue).problems.filter(isWrong).map(brief);

export const messagesOf = (text: string, catalogue?: Catalogue): string[] =>
  loadPolicy(bytes(text), catalogue).problems.map((problem) => `${problem.text}: ${problem.hint ?? ""}`);

export function policyOf(text: string): Policy {
  const { policy, problems } = loadPolicy(bytes(text));
  if (policy === undefined) throw new Error(problems.map(brief).join("\n"));
  return policy;
}

export const param = (name: string, rest: Partial<Parameter> = {}): Parameter => ({
  name,
  shape: { type: "any" },
  optional: false,
  ...rest,
});

export const method = (name: string, params: readonly Parameter[] = [], reserved = false): MethodEntry => ({
  name,
  doc: "",
  params,
  returns: { type: "any" },
  effect: "read",
  idempotent: true,
  errors: new Map(),
  reserved,
});

export const catalogueOf = (...methods: readonly MethodEntry[]): Catalogue =>
  new Map(methods.map((entry) => [entry.name, entry]));

/** Arguments as the daemon hands them over. */
export function bound(args: Readonly<Record<string, unknown>>): BoundArgs {
  const record: Record<string, unknown> = Object.create(null);
  // Defined and not assigned, so that a name with a meaning in JavaScript is a name like any other.
  for (const [name, value] of Object.entries(args))
    Object.defineProperty(record, name, { value, enumerable: true });
  return record;
}

/** A policy with one identity, alice, who has one role, user, and these lines as its grants. */
export const withGrants = (grants: string): string =>
  `policy: 1
roles: {user: }
identities: {alice: {keys: [${keyLine(1)}], roles: [user]}}
grants:
${grants}`;

const PARAMS = ["a", "b"].map((name) => param(name));

/** The candidates of alice for the method m, from grants of these arguments. */
export function candidatesFor(
  args: Readonly<Record<string, string>>,
  params: readonly Parameter[] = PARAMS,
): Candidates {
  const grants = Object.entries(args).map(
    ([id, rule]) => `  ${id}:\n    to: user\n    call: m\n    args: ${rule}\n`,
  );
  const policy = policyOf(withGrants(grants.join("")));
  const table = policy.table(principalOf(policy, 1), PEER, catalogueOf(method("m", params)), NOW_MS);
  return table.rows.get("m") ?? new Candidates([]);
}

/** The moment of tests that name none. */
export const NOW_MS = Date.UTC(2026, 5, 1, 12);

/** A peer on a Unix socket. */
export const PEER: Peer = { via: "unix", address: undefined };

/** Whom the policy knows by the key of that number. */
export function principalOf(policy: Policy, key: number, nowMs = NOW_MS): Principal {
  const found = policy.principalOfKey(fingerprint(publicKey(key)), nowMs);
  if (!found.ok) throw new Error(`the policy does not let key ${key} in: ${found.reason}`);
  return found.principal;
}

/** The automaton of the patterns, which must be good. */
export function dfaOf(kind: PatternKind, ...patterns: readonly string[]): Dfa {
  const dfa = new TextPatterns().compile(
    kind,
    patterns,
    patterns.map((pattern) => parseTextPattern(kind, pattern)),
  );
  if (typeof dfa === "string") throw new Error(`too complex: ${patterns.join(", ")}`);
  return dfa;
}

const described = (name: string, change: Partial<MethodEntry>): [string, MethodEntry] => [
  name,
  { ...method(name, []), effect: "read", idempotent: true, ...change },
];
const shaped = (name: string, type: "int" | "string" | "bool"): Parameter => ({
  name,
  shape: { type },
  optional: false,
});

/** The methods that the examples of the rules speak of (policy/rules/names.ts). */
export const EXAMPLE_METHODS: Catalogue = new Map([
  described("add", { params: [shaped("a", "int"), shaped("b", "int")] }),
  described("greet", {
    params: [shaped("name", "string"), { ...shaped("loud", "bool"), optional: true, default: false }],
  }),
  described("tag", {
    params: [{ name: "tags", shape: { type: "list", of: { type: "string" } }, optional: false }],
  }),
  described("disk.list", {}),
  described("log.read", { returns: { type: "stream", of: { type: "string" } } }),
  described("log.watch", {
    params: [
      { name: "on-line", shape: { type: "callback", args: [], returns: { type: "null" } }, optional: true },
    ],
  }),
  described("disk.wipe", { params: [shaped("disk", "string")], effect: "dangerous" }),
]);
