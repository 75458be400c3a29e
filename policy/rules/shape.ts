import { ALICE, inPhase, type Rule } from "./rule.ts";

const grant = (args: string, more = ""): string =>
  `policy: 1\ngrants:\n  g: {to: everyone, call: add, args: ${args}${more}}\n`;

const identity = (key: string, more = ""): string =>
  `policy: 1\nidentities:\n  alice: {keys: ["${key}"]${more}}\n`;

const withTest = (call: string): string => `${identity(ALICE)}tests:\n  - {as: alice, deny: [${call}]}\n`;

/** P2: the fields and their values. */
export const SHAPE_RULES: readonly Rule[] = inPhase("shape", [
  {
    code: "P201",
    name: "unknown-field",
    severity: "error",
    what: "an unknown field or constraint",
    why: "A misspelt field narrows nothing, and looks as if it did.",
    bad: "policy: 1\ngrants:\n  g: {to: everyone, call: add, args: none, form: [10.0.0.0/8]}\n",
    good: "policy: 1\ngrants:\n  g: {to: everyone, call: add, args: none, from: [10.0.0.0/8]}\n",
  },
  {
    code: "P202",
    name: "missing-field",
    severity: "error",
    what: "a field is missing",
    why: "No default is safe to guess: a grant without `args` could mean none or any.",
    bad: "policy: 1\ngrants:\n  g: {to: everyone, call: add}\n",
    good: "policy: 1\ngrants:\n  g: {to: everyone, call: add, args: none}\n",
  },
  {
    code: "P203",
    name: "wrong-type",
    severity: "error",
    what: "a value of the wrong type",
    why: "It would have to be guessed what was meant.",
    bad: "policy: 1\nroles: 7\n",
    good: "policy: 1\nroles: {}\n",
  },
  {
    code: "P204",
    name: "unsupported-version",
    severity: "error",
    what: "a version that this daemon does not know",
    why: "Another version may mean something else by the same words.",
    bad: "policy: 2\n",
    good: "policy: 1\n",
  },
  {
    code: "P205",
    name: "bad-method-pattern",
    severity: "error",
    what: "a bad pattern of method names",
    why: "`*` is a whole segment, `**` the last one. Anything else would be taken for a wildcard that it is not.",
    bad: "policy: 1\ngrants:\n  g: {to: everyone, call: svc-*, args: none}\n",
    good: "policy: 1\ngrants:\n  g: {to: everyone, call: svc.*, args: none}\n",
  },
  {
    code: "P206",
    name: "bad-name",
    severity: "error",
    what: "a bad name",
    why: "Names stand in logs, in commands and in other files: a letter, then letters, digits, `_` and `-`.",
    bad: "policy: 1\ngrants:\n  Grant 1: {to: everyone, call: add, args: none}\n",
    good: "policy: 1\ngrants:\n  Grant-1: {to: everyone, call: add, args: none}\n",
  },
  {
    code: "P207",
    name: "bad-key",
    severity: "error",
    what: "a bad key",
    why: "A key of another kind, cut off, or one that several texts could stand for, identifies nobody.",
    bad: identity(ALICE.slice(0, -4)),
    good: identity(ALICE),
  },
  {
    code: "P208",
    name: "bad-range",
    severity: "error",
    what: "a bad range",
    why: "A range that holds nothing, or is none, would deny every call, or be read as another one.",
    bad: grant("{a: {int: 10..1}}"),
    good: grant("{a: {int: 1..10}}"),
  },
  {
    code: "P209",
    name: "bad-pattern",
    severity: "error",
    what: "a bad pattern of text, or one that is too complex",
    why: "Patterns match the whole text, and are made into tables of bounded size: anchors are implied, look-arounds are not known.",
    bad: grant("{a: {re: '^abc$'}}"),
    good: grant("{a: {re: 'abc'}}"),
  },
  {
    code: "P210",
    name: "bad-cidr",
    severity: "error",
    what: "a bad network or address",
    why: "With bits beyond its prefix a network is another one than it looks like.",
    bad: grant("none", ", from: [10.20.3.4/16]"),
    good: grant("none", ", from: [10.20.0.0/16]"),
  },
  {
    code: "P211",
    name: "bad-time",
    severity: "error",
    what: "a bad time, or a window that is empty",
    why: "A time without its offset is another moment on another host.",
    bad: identity(ALICE, ", valid: {until: 2099-01-01}"),
    good: identity(ALICE, ", valid: {until: 2099-01-01T00:00:00Z}"),
  },
  {
    code: "P212",
    name: "bad-limit",
    severity: "error",
    what: "a bad limit, or a bound that is none",
    why: "A limit that cannot be read would be none.",
    bad: grant("none", ", limits: {rate: 6/fortnight}"),
    good: grant("none", ", limits: {rate: 6/d}"),
  },
  {
    code: "P213",
    name: "bad-call-literal",
    severity: "error",
    what: "a bad call in a test",
    why: "A test that is not understood tests nothing. Inside `[ ]` a comma parts a call in two.",
    bad: withTest("add(2, 3)"),
    good: withTest("'add(2, 3)'"),
  },
  {
    code: "P214",
    name: "impossible-peer",
    severity: "error",
    what: "a test about a peer that there cannot be",
    why: "No peer on a Unix socket has an address. A test that names an address and no channel is over a Unix socket, and says nothing about calls that come over the network.",
    bad: `${identity(ALICE)}tests:\n  - {as: alice, from: 10.20.3.4, deny: [add()]}\n`,
    good: `${identity(ALICE)}tests:\n  - {as: alice, via: tls, from: 10.20.3.4, deny: [add()]}\n`,
  },
]);
