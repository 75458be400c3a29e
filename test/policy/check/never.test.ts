import { describe, test } from "node:test";
import { breaks, withAssertion } from "../assertions.ts";
import { assertRefused, assertTaken } from "../findings.ts";
import { catalogueOf, method, param } from "../support.ts";

describe("a grant breaks an assertion", () => {
  const to = (who: string): string => `to: ${who}, call: m, args: any`;
  const call = (methods: string): string => `to: user, call: ${methods}, args: any`;
  const except = (methods: string): string => `to: user, call: a.**, except: ${methods}, args: any`;
  const long = "a".repeat(126);
  breaks([
    ["about the method that it names", call("a.b"), "call: a.b", { never: "call: a.c" }],
    ["about a method that its wildcard reaches", call("a.*"), "call: a.b", { never: "call: a.b.c" }],
    ["whose wildcard reaches its method", call("a.b"), "call: a.*", { never: "call: b.*" }],
    ["whose wildcard meets its own", call("a.*.c"), "call: a.b.*", { never: "call: a.b.*.d" }],
    ["whose wildcards share long names only", call("a.**"), "call: a.*.*.b", { grant: call("a.*") }],
    ["about all methods", call("a"), 'call: "**"', { never: 'call: "a.**"' }],
    ["about a method that it does not except", except("a.b"), "call: a.c", { never: "call: a.b" }],
    ["about more than it excepts", except("a.*"), "call: a.**", { never: "call: a.*" }],
    ["about a reserved method that it names", call("rpcd.x"), "call: rpcd.*", { grant: call('"**"') }],
    [
      "about names that are as long as they may be",
      call(`${long}.*`),
      `call: ${long}.*`,
      { grant: call(`${long.replace("a", "b")}.*`) },
    ],
    ["that leaves nobody out", to("user"), "call: m", { never: "call: m, unless: user" }],
    ["that leaves out fewer than it is for", to("user"), "call: m, unless: admin", { grant: to("admin") }],
    [
      "that leaves out who includes fewer",
      to("lead"),
      "call: m, unless: 'id:alice'",
      { never: "call: m, unless: lead" },
    ],
    ["that leaves out another", to("'id:alice'"), "call: m, unless: 'id:bob'", { grant: to("'id:bob'") }],
    [
      "that leaves out all identities",
      to("user"),
      "call: m, unless: ['id:alice', admin]",
      { grant: to("admin") },
    ],
    [
      "that leaves out another certificate",
      to("'id:ca/web-1'"),
      "call: m, unless: 'id:ca/web-2'",
      { never: "call: m, unless: 'id:ca/web-1'" },
    ],
    [
      "that leaves out a role which not all have",
      to("everyone"),
      "call: m, unless: user",
      { grant: to("lead") },
    ],
  ]);

  test("even where its other conditions never hold together", () => {
    const rest = "via: tls, from: 10.0.0.0/8, valid: {until: 2001-01-01T00:00:00Z}, limits: {request: 1B}";
    assertRefused(withAssertion(`${to("user")}, ${rest}`, "call: m"), "P602", "lets id:alice call m");
  });

  test("once for each assertion that it breaks, and none where it is a shadow", () => {
    const two = withAssertion(call("m"), "call: m").concat("  ▸o: {call: m}\n");
    assertRefused(two, "P602 P602", "as 'n' says … as 'o' says");
    assertTaken(two.replace("grants:", "shadow:"));
  });

  test("by whom it is for, which the message says, and nobody where there is nobody", () => {
    const says = (who: string, words: string): void =>
      assertRefused(
        withAssertion(to(who), "call: m"),
        "P602",
        `the grant 'g' lets ${words} call m … narrow the grant`,
      );
    says("admin", "id:bob");
    says("'id:ca/web-1'", "id:ca/web-1");
    assertRefused(
      withAssertion(to("everyone"), "call: m, unless: user"),
      "P602",
      "lets certificates of 'ca' call m",
    );
    assertRefused(
      withAssertion(to("user"), "call: m, unless: ['id:alice', 'id:bob']"),
      "P602",
      "lets certificates of 'ca' with the role 'user' call m",
    );
    const alone = "policy: 1\ngrants: {g: {to: everyone, call: m, args: any}}\nnever: {n: {call: m}}\n";
    assertTaken(alone);
  });
});

describe("without a catalogue a grant breaks an assertion", () => {
  const grant = (args: string): string => `to: user, call: m, args: ${args}`;
  const never = (args: string): string => `call: m, args: {${args}}`;
  breaks([
    ["about any arguments", grant("none"), "call: m", { never: never("x: int") }],
    ["about an argument that it admits", grant("any"), never("x: int"), { grant: grant("none") }],
    ["about one that may be absent", grant("none"), never("x?: int"), { never: never("x: any") }],
    [
      "about others that it admits",
      grant("{'*': int}"),
      never("x: {int: 5..}"),
      { grant: grant("{'*': string}") },
    ],
    ["at the bound", grant("{x: {int: 1..5}}"), never("x: {int: 5..}"), { never: never("x: {int: 6..}") }],
    [
      "between whole numbers",
      grant("{x: {number: 0..1}}"),
      never("x: {number: 0.5..0.6}"),
      { grant: grant("{x: int}") },
    ],
    [
      "in one alternative",
      grant("{x: [int, string]}"),
      never("x: [bool, string]"),
      { grant: grant("{x: int}") },
    ],
    [
      "in one text",
      grant("{x: {glob: 'web-*'}}"),
      never("x: {re: '.*-1'}"),
      { never: never("x: {re: 'db.*'}") },
    ],
    [
      "about paths that meet",
      grant("{x: {path: /var/**}}"),
      never("x: {path: /**/b}"),
      { never: never("x: {path: /etc/**}") },
    ],
    [
      "in all that it names",
      grant("{x: int, y?: int}"),
      never("x: int, y: int"),
      { grant: grant("{x: int}") },
    ],
    [
      "whatever else must be there",
      grant("{x: int, y: string}"),
      never("x: int"),
      { never: never("x: int, y: int") },
    ],
    ["about what it requires", grant("{x: callback}"), never("x: callback"), { never: never("x: stream") }],
    [
      "about a live thing it may admit",
      grant("{x?: {stream: {bytes: 1B}}}"),
      never("x: stream"),
      { grant: grant("any") },
    ],
    [
      "about the same position",
      grant("{0: {int: 1..5}}"),
      never("0: {int: 5..}"),
      { never: never("0: {int: 6..}") },
    ],
    ["about another position", grant("{0: int, 1?: int}"), never("1: int"), { grant: grant("{0: int}") }],
  ]);

  const doubts = [
    ["a name where it has positions", grant("{0: {int: 1..5}}"), never("x: {int: 9..}"), "x"],
    ["a position where it has names", grant("{x: {int: 1..5}}"), never("0: {int: 9..}"), "0"],
    ["a name where it has a position beside others", grant("{0: int, '*': bool}"), never("x: string"), "x"],
  ] as const;
  for (const [what, granted, forbidden] of doubts) {
    test(`perhaps, and is refused, where that has ${what}`, () => {
      assertRefused(
        withAssertion(granted, forbidden),
        "P510",
        "it cannot be excluded … a call of m … the methods are not known … check with the catalogue",
      );
    });
  }

  test("for certain, where both name an argument and have positions beside it", () => {
    assertRefused(withAssertion(grant("{0: int, x: int}"), never("x: int")), "P602", "call m");
    assertTaken(withAssertion(grant("{0: int, x: int}"), never("x: bool")));
  });

  test("perhaps, and is refused, where the patterns are too complex to be held against each other", () => {
    // Two counters of a's whose lengths have no common divisor: together they have their product of states.
    const [one, other] = ["{re: '((a{63}){63})*b'}", "{re: '((a{61}){65})*b'}"];
    const says = "it cannot be excluded … the patterns are too complex … write simpler patterns";
    const text = withAssertion(grant(`{x: ${one}}`), never(`x: ${other}`));
    assertRefused(text, "P510", says);
    assertRefused(text, "P510", says, catalogueOf(method("m", [param("x", { shape: { type: "string" } })])));
    assertTaken(withAssertion(grant(`{x: ${one}}`), never("x: {re: 'c*'}")));
  });
});
