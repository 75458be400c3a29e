import { ALICE, CA, inPhase, type Rule } from "./rule.ts";

const grants = (...lines: string[]): string => `policy: 1\n${onlyGrants(...lines)}`;
const onlyGrants = (...lines: string[]): string => `grants:\n${lines.map((line) => `  ${line}\n`).join("")}`;
const admins = `policy: 1\nroles:\n  admin:\nidentities:\n  alice: {keys: ["${ALICE}"], roles: [admin]}\n`;

/** P5: what the file comes to. */
export const MEANING_RULES: readonly Rule[] = inPhase("assertions", [
  {
    code: "P501",
    name: "unsatisfiable",
    severity: "error",
    what: "a grant that no call can match",
    why: "Somebody meant it to allow something. It allows nothing, and looks as if it did.",
    bad: grants("g: {to: everyone, call: math.*, except: math.**, args: any}"),
    good: grants("g: {to: everyone, call: math.*, except: math.pow, args: any}"),
  },
  {
    code: "P502",
    name: "covered-grant",
    severity: "warning",
    needsComparison: true,
    what: "a grant all of which another grant allows",
    why: "Whoever narrows it or takes it away changes nothing.",
    bad: grants(
      "small: {to: everyone, call: math.add, args: {a: int}}",
      "large: {to: everyone, call: math.*, args: any}",
    ),
    good: grants(
      "small: {to: everyone, call: math.add, args: {a: int}}",
      "large: {to: everyone, call: math.mul, args: any}",
    ),
    suppress: "While one of the two takes the other's place.",
  },
  {
    code: "P504",
    name: "void-limit",
    severity: "warning",
    needsComparison: true,
    what: "a limit that another grant makes void",
    why: "A grant that is used up is passed over: where another allows the same with more, the limit holds nobody back.",
    bad: grants(
      "slow: {to: everyone, call: add, args: any, limits: {rate: 5/m}}",
      "fast: {to: everyone, call: [add, mul], args: any}",
    ),
    good: grants(
      "slow: {to: everyone, call: add, args: any, limits: {rate: 5/m}}",
      "fast: {to: everyone, call: mul, args: any}",
    ),
    suppress: "Where the first limit is only a wish, and the second grant what must be possible.",
  },
  {
    code: "P505",
    name: "expired",
    severity: "warning",
    what: "a window of time that is over",
    why: "What it stands at is dead: a grant that allows nothing any longer, or a person who cannot log in.",
    bad: grants("g: {to: everyone, call: add, args: any, valid: {until: 2020-01-01T00:00:00Z}}"),
    good: grants("g: {to: everyone, call: add, args: any, valid: {until: 2999-01-01T00:00:00Z}}"),
    suppress: "Where it stays as a record.",
  },
  {
    code: "P507",
    name: "vacuous-never",
    severity: "warning",
    what: "an assertion that can never trigger",
    why: "It promises something and holds nothing back.",
    needsMethods: true,
    bad: "policy: 1\nnever:\n  n: {call: dsik.*}\n",
    good: "policy: 1\nnever:\n  n: {call: disk.*}\n",
    suppress: "Where it waits for a method that is to come.",
  },
  {
    code: "P510",
    name: "gave-up",
    severity: "error",
    what: "an assertion of which nobody can say whether a grant breaks it; a warning for a test that cannot be run without the methods, and for grants that are too many to compare",
    why: "What was promised cannot be shown, and silence would look like a proof.",
    bad: `${admins}${onlyGrants("g: {to: everyone, call: read, args: {path: {path: /srv/**}}}")}never:\n  n: {call: read, args: {0: {path: /etc/**}}}\n`,
    good: `${admins}${onlyGrants("g: {to: everyone, call: read, args: {path: {path: /srv/**}}}")}never:\n  n: {call: read, args: {path: {path: /etc/**}}}\n`,
    suppress: "For a test, where the daemon runs it anyway; for grants, where they are written by a program.",
  },
  {
    code: "P511",
    name: "void-channel",
    severity: "warning",
    what: "a channel over which another condition of the grant never holds",
    why: "No peer on a Unix socket has an address. A grant for `unix` and `tls` that asks for a network is one for `tls`.",
    bad: grants("g: {to: everyone, call: add, args: none, via: [unix, tls], from: 10.0.0.0/8}"),
    good: grants(
      "g: {to: everyone, call: add, args: none, via: tls, from: 10.0.0.0/8}",
      "h: {to: everyone, call: add, args: none, via: unix}",
    ),
    suppress: "Where one list of channels stands in all grants.",
  },
  {
    code: "P512",
    name: "void-except",
    severity: "warning",
    what: "an `except` that takes nothing away",
    why: "It looks as if something were kept out. `except` takes away from its own grant only, and a misspelt name takes nothing.",
    bad: grants("g: {to: everyone, call: service.*, except: disk.wipe, args: any}"),
    good: grants("g: {to: everyone, call: service.*, except: service.stop, args: any}"),
    suppress: "Where the same `except` stands in several grants.",
  },
  {
    code: "P513",
    name: "void-alternative",
    severity: "warning",
    what: "an alternative that another one includes",
    why: "Alternatives are `or`: beside `string` no enum and no pattern narrows anything.",
    bad: grants("g: {to: everyone, call: add, args: {a: [string, {enum: [x]}]}}"),
    good: grants("g: {to: everyone, call: add, args: {a: [int, {enum: [x]}]}}"),
    suppress: "Where the narrower one stands there for its readers.",
  },
  {
    code: "P514",
    name: "never-without-argument",
    severity: "warning",
    what: "an assertion about an argument that a grant lets be absent",
    why: "The assertion sees calls that bring the argument. What the method takes in its place may be just what must never be.",
    bad: `${admins}${onlyGrants("g: {to: everyone, call: git.push, args: {branch?: {enum: [agent]}}}")}never:\n  n: {call: git.push, args: {branch: {enum: [main]}}}\n`,
    good: `${admins}${onlyGrants("g: {to: everyone, call: git.push, args: {branch: {enum: [agent]}}}")}never:\n  n: {call: git.push, args: {branch: {enum: [main]}}}\n`,
    suppress: "Where the method takes something harmless then.",
  },
  {
    code: "P515",
    name: "violation-in-waiting",
    severity: "warning",
    what: "a grant that breaks an assertion as soon as somebody has its role",
    why: "Nobody has it yet, so nothing is broken. The file is refused when the first one is enrolled, by somebody who did not write the grant.",
    bad: `${admins.replace("  admin:\n", "  admin:\n  intern:\n")}${onlyGrants("g: {to: intern, call: disk.wipe, args: any}")}never:\n  n: {call: disk.wipe, unless: admin}\n`,
    good: `${admins}${onlyGrants("g: {to: admin, call: disk.wipe, args: any}")}never:\n  n: {call: disk.wipe, unless: admin}\n`,
    suppress: "Where the assertion is to keep anybody from getting the role.",
  },
]);

/** P6: its tests. */
export const TEST_RULES: readonly Rule[] = inPhase("tests", [
  {
    code: "P601",
    name: "test-failed",
    severity: "error",
    what: "a test that fails",
    why: "The policy does not say what its author said it should.",
    bad: `${admins}grants:\n  g: {to: admin, call: add, args: none}\ntests:\n  - {as: alice, deny: [add()]}\n`,
    good: `${admins}grants:\n  g: {to: admin, call: add, args: none}\ntests:\n  - {as: alice, allow: [add()]}\n`,
  },
  {
    code: "P602",
    name: "never-violated",
    severity: "error",
    what: "a grant that allows what must never be",
    why: "That is what the assertion is for: whoever wrote it did not want this file to be loaded.",
    bad: `${admins}${onlyGrants("g: {to: everyone, call: disk.*, args: any}")}never:\n  n: {call: disk.wipe}\n`,
    good: `${admins}${onlyGrants("g: {to: everyone, call: disk.*, except: disk.wipe, args: any}")}never:\n  n: {call: disk.wipe}\n`,
  },
  {
    code: "P603",
    name: "time-dependent-test",
    severity: "warning",
    what: "a test that will come to something else one day",
    why: "It depends on a window of time and names no moment: when the window ends the file is refused, at a reload that changed nothing.",
    bad: `${admins.replace("roles: [admin]}", "roles: [admin], valid: {until: 2999-01-01T00:00:00Z}}")}grants:\n  g: {to: admin, call: add, args: none}\ntests:\n  - {as: alice, allow: [add()]}\n`,
    good: `${admins.replace("roles: [admin]}", "roles: [admin], valid: {until: 2999-01-01T00:00:00Z}}")}grants:\n  g: {to: admin, call: add, args: none}\ntests:\n  - {as: alice, at: 2026-01-01T00:00:00Z, allow: [add()]}\n`,
    suppress: "Where the file shall be looked at again that day.",
  },
  {
    code: "P605",
    name: "vacuous-deny-test",
    severity: "warning",
    what: "a test that passes for another reason than its author thinks",
    why: "A misspelt method, a principal that cannot be, or an argument that is missing is denied whatever the grants say. So is a call over a Unix socket where every grant is for the network: a test that names no channel is over a Unix socket.",
    bad: `${admins}authorities:\n  ca: {keys: ["${CA}"], names: ["web-*"], roles: [admin]}\ntests:\n  - {as: {authority: ca, name: db-1}, deny: [add()]}\n`,
    good: `${admins}authorities:\n  ca: {keys: ["${CA}"], names: ["web-*"], roles: [admin]}\ntests:\n  - {as: {authority: ca, name: web-1}, deny: [add()]}\n`,
    suppress: "Where that very reason is what is tested.",
  },
]);

/** P7: what is said to the linter. */
export const COMMENT_RULES: readonly Rule[] = inPhase("comments", [
  {
    code: "P702",
    name: "suppression",
    severity: "warning",
    what: "a suppression without a reason, or without anything to suppress",
    why: "Whoever reads it later must know why, and one that suppresses nothing hides the next finding there.",
    bad: "policy: 1\n# lint: allow P401 for a test host\nroles: {}\n",
    good: "policy: 1\nroles: {}\n",
  },
]);
