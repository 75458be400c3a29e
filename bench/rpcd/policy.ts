import { OTHER_METHODS } from "./other-methods.ts";

/** So many grants stand in the policy: as many as a team of some size has after some years. */
const GRANTS = 100;

const ROLES = ["viewer", "operator", "maintainer", "auditor", "builder"];

/**
 * A policy of 100 grants for the bench's principal, who holds all five roles. Of the three grants that name
 * `add` the third one admits what the bench sends, so two are asked in vain; the rest are for other methods,
 * with arguments of every kind.
 *
 * @param key - the public key, as an OpenSSH line
 */
export function policyText(key: string): string {
  const called = [
    `  add-1-digits: {to: viewer, call: add, args: {a: {int: 0..9}, b: {int: 0..5}}}`,
    `  add-2-round: {to: operator, call: add, args: {a: {enum: [100, 200, 300]}, b: {int: 0..5}}}`,
    `  add-3-plain: {to: operator, call: add, args: {a: {int: 0..4294967295}, b: {int: 0..1000}}}`,
    `  echo: {to: maintainer, call: echo, args: {value: any}}`,
    `  each: {to: maintainer, call: each, args: {f: {callback: {calls: 10000000, for: 5m}}, count: int}, limits: {timeout: 5m}}`,
    `  lines: {to: maintainer, call: countLines, args: {lines: {stream: {for: 5m}}, on_line: {callback: {for: 5m}}}}`,
    `  size: {to: maintainer, call: size, args: {data: {stream: {for: 5m}}}}`,
  ];
  const others = Array.from({ length: GRANTS - called.length }, (_, i) => otherGrant(i));
  return `policy: 1
roles:
  viewer:
  operator: {includes: [viewer]}
  maintainer: {includes: [operator]}
  auditor:
  builder:
identities:
  bench:
    keys: [${JSON.stringify(key)}]
    roles: [maintainer, auditor, builder]
grants:
${[...called, ...others].join("\n")}
`;
}

function otherGrant(i: number): string {
  const rules = [
    `{unit: {enum: [web, api, worker]}, count?: {int: 1..10}}`,
    `{unit: {string: 1..64}, count?: {int: 1..1000}}`,
    `{unit: string}`,
    `any`,
  ];
  const role = ROLES[i % ROLES.length];
  const method = OTHER_METHODS[i % OTHER_METHODS.length];
  return `  other-${i + 1}: {to: ${role}, call: ${method}, args: ${rules[i % rules.length]}}`;
}
