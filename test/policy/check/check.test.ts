import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Shape, shapeWords } from "../../../catalogue/catalogue.ts";
import { checkMeaning } from "../../../policy/check/meaning.ts";
import { loadPolicy } from "../../../policy/load/load.ts";
import {
  bytes,
  catalogueOf,
  keyLine,
  messagesOf,
  method,
  NOW_MS,
  param,
  problemsOf,
  withGrants,
} from "../support.ts";

const ALICE = `alice: {keys: [${keyLine(1)}], roles: [user]}`;

const roles = (text: string): string => `policy: 1\nroles: {${text}}\nidentities: {${ALICE}}\n`;

const chain = (last: string): string => {
  const links = Array.from({ length: 5000 }, (_, i) => `  r${i}: {includes: [r${i + 1}]}\n`).join("");
  return `policy: 1\nroles:\n${links}  r5000: ${last}\nidentities: {a: {keys: [${keyLine(1)}], roles: [r0]}}\n`;
};

const two = (first: number, second: number): string =>
  `policy: 1\nidentities:\n  a: {keys: [${keyLine(first)}]}\n  b: {keys: [${keyLine(second)}]}\n`;

describe("without a catalogue, check reports", () => {
  test("a role that a grant names and nobody declared, with the one that was meant", () => {
    const text = withGrants("  g: {to: usr, call: a, args: none}\n");
    assert.deepEqual(problemsOf(text), ["P301 error 5:11"]);
    assert.deepEqual(messagesOf(text), ["role 'usr' is not declared: did you mean 'user'?"]);
    assert.deepEqual(loadPolicy(bytes(text)).problems[0]?.related, [
      { at: { line: 2, column: 1, endLine: 2, endColumn: 6 }, text: "roles are declared" },
    ]);
  });

  test("a grant with an argument that no value fits, at the argument, and where the grant is", () => {
    const text = withGrants("  g: {to: user, call: a, args: {v: {int: 0..9}}}\n");
    const tree = loadPolicy(bytes(text)).policy?.tree ?? assert.fail();
    assert.deepEqual(checkMeaning(tree, undefined, NOW_MS), []);
    const grant = tree.grants.get("g") ?? assert.fail();
    const args = grant.args?.kind === "record" ? grant.args : assert.fail();
    // Each way to write a constraint that is known today is refused where it is empty; one that will be known may not be.
    const fields = args.fields.map((field) => ({
      ...field,
      constraint: { kind: "int", min: 9, max: 0 } as const,
    }));
    const grants = new Map([["g", { ...grant, args: { ...args, fields } }]]);
    assert.deepEqual(checkMeaning({ ...tree, grants }, undefined, NOW_MS), [
      {
        code: "P501",
        severity: "error",
        at: { line: 5, column: 33, endLine: 5, endColumn: 34 },
        text: "'g' allows nothing: no value fits 'v'",
        hint: "mend the constraint",
        related: [{ at: { line: 5, column: 3, endLine: 5, endColumn: 4 }, text: "the grant 'g' is" }],
      },
    ]);
  });

  test("a role that is undeclared where it is held and where it is included", () => {
    const text = `policy: 1\nroles: {user: {includes: [x]}}\nidentities: {a: {keys: [${keyLine(1)}], roles: [user, z]}}\n`;
    assert.deepEqual(problemsOf(text), ["P301 error 2:27", "P301 error 3:128"]);
  });

  test("an identity that a grant names and nobody declared", () => {
    assert.deepEqual(problemsOf(withGrants("  g: {to: 'id:alic', call: a, args: none}\n")), [
      "P301 error 5:11",
    ]);
    assert.deepEqual(problemsOf(withGrants("  g: {to: 'id:alice', call: a, args: none}\n")), []);
  });

  test("an identity that is named like a role", () => {
    const text = withGrants("  g: {to: alice, call: a, args: none}\n");
    assert.deepEqual(messagesOf(text), ["role 'alice' is not declared: for the identity write id:alice"]);
  });

  test("names of JavaScript's as undeclared when they are", () => {
    for (const name of ["constructor", "toString", "hasOwnProperty"]) {
      assert.deepEqual(problemsOf(withGrants(`  g: {to: ${name}, call: a, args: none}\n`)), [
        "P301 error 5:11",
      ]);
    }
  });

  test("roles that include each other, once for each circle", () => {
    const circle = roles("user: {includes: [b]}, b: {includes: [c]}, c: {includes: [b]}");
    assert.deepEqual(problemsOf(circle), ["P302 error 2:67"]);
    assert.deepEqual(messagesOf(circle), [
      "roles include each other in a circle: b → c → b: remove one of the includes",
    ]);
    assert.deepEqual(problemsOf(roles("user: {includes: [user]}")), ["P302 error 2:27"]);
    const diamond = roles("user: {includes: [b, c]}, b: {includes: [d]}, c: {includes: [d]}, d: ");
    assert.deepEqual(problemsOf(diamond), []);
  });

  test("a chain of thousands of roles, and the circle at its end, without running out of stack", () => {
    assert.deepEqual(problemsOf(chain("")), []);
    assert.deepEqual(problemsOf(chain("{includes: [r0]}")), ["P302 error 5003:22"]);
  });

  test("one key under two identities, or twice under one", () => {
    assert.deepEqual(problemsOf(two(1, 2)), []);
    assert.deepEqual(problemsOf(two(1, 1)), ["P303 error 4:14"]);
    const twice = `policy: 1\nidentities: {a: {keys: [${keyLine(1)}, ${keyLine(1)}]}}\n`;
    assert.deepEqual(problemsOf(twice), ["P303 error 2:113"]);
  });

  test("a role that nobody holds and no grant names, but not one that a held role includes", () => {
    assert.deepEqual(problemsOf(roles("user: , dead: ")), ["P304 warning 2:17"]);
    assert.deepEqual(problemsOf(roles("user: {includes: [base]}, base: ")), []);
    assert.deepEqual(problemsOf(roles("user: , dead: {includes: [user]}")), ["P304 warning 2:17"]);
  });

  test("and still gives a policy when there are warnings only", () => {
    const { policy, problems } = loadPolicy(bytes("policy: 1\nroles: {dead: }\n"));
    assert.equal(problems.length, 1);
    assert.ok(policy !== undefined);
  });
});

const CATALOGUE = catalogueOf(
  method("math.add", [param("a", { shape: { type: "int" } }), param("b", { shape: { type: "int" } })]),
  method("math.neg", [param("a", { shape: { type: "number" } })]),
  method("service.deploy", [
    param("unit", { shape: { type: "string" } }),
    param("canary", { shape: { type: "number" }, optional: true, default: 1 }),
    param("tags", { shape: { type: "list", of: { type: "string" } }, optional: true }),
    param("mode", { shape: { type: "enum", values: ["a", 1] }, optional: true }),
    param("extra", {
      shape: { type: "one_of", shapes: [{ type: "bool" }, { type: "null" }] },
      optional: true,
    }),
  ]),
  method("ping"),
);

const grant = (call: string, args: string): string =>
  withGrants(`  g:\n    to: user\n    call: ${call}\n    args: ${args}\n`);

const against = (call: string, args: string): string[] => problemsOf(grant(call, args), CATALOGUE);

describe("with a catalogue, check reports", () => {
  const cases: readonly (readonly [
    string,
    readonly [string, string],
    readonly string[],
    readonly [string, string],
  ])[] = [
    ["a method that there is not", ["math.ad", "any"], ["P307 warning 7:11"], ["math.add", "any"]],
    [
      "a parameter that there is not",
      ["math.neg", "{a: int, c?: int}"],
      ["P309 error 8:20"],
      ["math.neg", "{a: int}"],
    ],
    [
      "a misspelt parameter, and only that",
      ["service.deploy", "{unti: string}"],
      ["P309 error 8:12"],
      ["service.deploy", "{unit: string}"],
    ],
    [
      "a position beyond the parameters",
      ["math.neg", "{0: int, 1?: int}"],
      ["P309 error 8:20"],
      ["math.neg", "{0: int}"],
    ],
    [
      "a required field that one of the exact methods has not",
      ["[math.add, math.neg]", "{a: int, b: int}"],
      ["P309 error 8:20"],
      ["[math.add, math.neg]", "{a: int, b?: int, '*': any}"],
    ],
    [
      "a parameter that no method of a wildcard has",
      ["math.*", "{a: int, c?: int}"],
      ["P309 error 8:20"],
      ["math.*", "{a: int, b?: int}"],
    ],
    [
      "a position and a name for one parameter",
      ["math.add", "{0: int, a: int, b: int}"],
      ["P312 error 8:20"],
      ["math.add", "{0: int, b: int}"],
    ],
    [
      "a position and a name for one parameter under a wildcard",
      ["math.*", "{0: int, a: int}"],
      ["P312 error 8:20"],
      ["math.*", "{0: int}"],
    ],
    [
      "a text for a whole number",
      ["math.neg", "{a: string}"],
      ["P310 error 8:12"],
      ["math.neg", "{a: number}"],
    ],
    [
      "an enum of texts for a number",
      ["math.neg", "{a: {enum: [x]}}"],
      ["P310 error 8:12"],
      ["math.neg", "{a: {enum: [x, 1]}}"],
    ],
    [
      "a number for a list",
      ["service.deploy", "{unit: string, tags?: int}"],
      ["P310 error 8:26"],
      ["service.deploy", "{unit: string, tags?: any}"],
    ],
    [
      "a text that the parameter's enum lacks",
      ["service.deploy", "{unit: string, mode?: {enum: [b]}}"],
      ["P310 error 8:26"],
      ["service.deploy", "{unit: string, mode?: {enum: [a]}}"],
    ],
    [
      "a text for a boolean or null",
      ["service.deploy", "{unit: string, extra?: string}"],
      ["P310 error 8:26"],
      ["service.deploy", "{unit: string, extra?: 'null'}"],
    ],
    [
      "no arguments for a method that needs some",
      ["math.neg", "none"],
      ["P311 error 8:11"],
      ["ping", "none"],
    ],
    [
      "a required parameter that is not listed",
      ["math.add", "{a: int}"],
      ["P311 error 8:11"],
      ["math.add", "{a: int, '*': int}"],
    ],
    [
      "a default outside the constraint",
      ["service.deploy", "{unit: string, canary?: {number: 0..0.5}}"],
      ["P315 error 8:26"],
      ["service.deploy", "{unit: string, canary: {number: 0..0.5}}"],
    ],
    [
      "a default outside what '*' allows",
      ["service.deploy", "{unit: string, '*': string}"],
      ["P315 error 8:26"],
      ["service.deploy", "{unit: string, '*': any}"],
    ],
    [
      "a default outside the constraint under a wildcard",
      ["service.*", "{unit: string, canary?: {number: 0..0.5}}"],
      ["P315 error 8:26"],
      ["service.*", "{unit: string, canary?: {number: 0..1}}"],
    ],
  ];
  for (const [what, bad, expected, good] of cases) {
    test(what, () => {
      assert.deepEqual(against(...bad), expected);
      assert.deepEqual(against(...good), []);
    });
  }

  const shapes: readonly (readonly [shape: Shape, never: readonly string[], sometimes: readonly string[]])[] =
    [
      [
        { type: "int", min: 10, max: 20 },
        [
          "{re: '1.'}",
          "{glob: '*'}",
          "{path: /**}",
          "bytes",
          "time",
          "{list: {of: int}}",
          "{map: {'*': int}}",
        ],
        ["int", "{int: 20..}", "{number: 0..10}", "[string, int]"],
      ],
      [
        { type: "int", min: 10, max: 20 },
        ["{int: 21..}", "{int: ..9}", "{number: 19.5..19.7}", "[string, bool]"],
        ["any"],
      ],
      [{ type: "number", min: 0.2, max: 0.8 }, ["int", "{number: 0.9..}"], ["{number: 0.8..}"]],
      [
        { type: "string", minLength: 2, maxLength: 4 },
        ["{string: 5..}", "{string: ..1}", "bytes"],
        ["{string: 4..}", "{re: a}", "{glob: a}", "{path: /a}"],
      ],
      [
        { type: "enum", values: ["web", "/a"] },
        ["{re: 'w'}", "{glob: 'x*'}", "{path: /b}", "{string: 4..}"],
        ["{re: 'w..'}", "{glob: 'w*'}", "{path: /a}"],
      ],
      [{ type: "bytes" }, ["string", "{list: {of: int}}", "{enum: [x]}"], ["bytes", "{bytes: 5..}"]],
      [{ type: "time" }, ["string", "int", "{map: {'*': any}}"], ["time", "any"]],
      [
        { type: "list", of: { type: "int" }, minItems: 1, maxItems: 3 },
        [
          "{list: {of: string}}",
          "{list: {of: int, len: 4..}}",
          "{list: {of: int, len: ..0}}",
          "int",
          "bytes",
        ],
        ["{list: {of: int}}", "{list: {of: [string, int], len: 3..}}", "{list: {of: any}}"],
      ],
      [{ type: "list", of: { type: "int" } }, ["{list: {of: string, len: 1..}}"], ["{list: {of: string}}"]],
      [
        { type: "map", fields: [{ name: "team", shape: { type: "string" }, optional: false }] },
        [
          "{map: {team: int}}",
          "{map: {team: string, other: int}}",
          "{map: {other?: int}}",
          "{map: {'*': int}}",
          "{list: {of: any}}",
        ],
        ["{map: {team: string}}", "{map: {team?: string, other?: int}}", "{map: {'*': string}}"],
      ],
      [
        {
          type: "map",
          fields: [{ name: "team", shape: { type: "string" }, optional: true }],
          others: { type: "int" },
        },
        ["{map: {other: string}}", "{map: {team: int}}"],
        ["{map: {other: int}}", "{map: {team?: int}}", "{map: {other: int, team: string}}"],
      ],
      [
        { type: "one_of", shapes: [{ type: "int" }, { type: "null" }] },
        ["string", "[string, bytes]"],
        ["[string, 'null']"],
      ],
    ];
  for (const [shape, never, sometimes] of shapes) {
    test(`a constraint that can never match ${shapeWords(shape)}, and none that can`, () => {
      const catalogue = catalogueOf(method("m", [param("a", { shape })]));
      for (const constraint of never) {
        assert.deepEqual(
          problemsOf(grant("m", `{a: ${constraint}}`), catalogue),
          ["P310 error 8:12"],
          constraint,
        );
      }
      for (const constraint of sometimes) {
        assert.deepEqual(problemsOf(grant("m", `{a: ${constraint}}`), catalogue), [], constraint);
      }
    });
  }

  test("a default outside each new kind of constraint", () => {
    const defaults: readonly (readonly [value: unknown, bad: string, good: string])[] = [
      ["v1", "{re: 'v[2-9]'}", "{re: 'v[0-9]'}"],
      ["a/b", "{glob: '*'}", "{glob: '**'}"],
      ["/etc/x", "{path: /var/**}", "{path: [/var/**, /etc/*]}"],
      [Uint8Array.of(1, 2), "{bytes: ..1}", "{bytes: ..2}"],
      [new Date(0), "string", "time"],
      [["a", 1], "{list: {of: string}}", "{list: {of: [string, int]}}"],
      [{ team: "x" }, "{map: {team: {enum: [core]}}}", "{map: {team: string}}"],
      [null, "[int, string]", "[int, 'null']"],
    ];
    for (const [value, bad, good] of defaults) {
      const catalogue = catalogueOf(method("m", [param("a", { optional: true, default: value })]));
      assert.deepEqual(problemsOf(grant("m", `{a?: ${bad}}`), catalogue), ["P315 error 8:12"], bad);
      assert.deepEqual(problemsOf(grant("m", `{a?: ${good}}`), catalogue), [], good);
      assert.deepEqual(problemsOf(grant("m", `{a: ${bad}}`), catalogue), [], bad);
    }
  });

  test("a method in except that there is not", () => {
    const text = withGrants("  g: {to: user, call: math.*, except: math.ad, args: any}\n");
    assert.deepEqual(problemsOf(text, CATALOGUE), ["P307 warning 5:39"]);
    assert.deepEqual(messagesOf(text, CATALOGUE), ["there is no method 'math.ad': did you mean 'math.add'?"]);
  });

  test("nothing of arguments for methods that a wildcard only reaches", () => {
    assert.deepEqual(against("math.*", "none"), []);
    assert.deepEqual(against("math.*", "{b: string}"), []);
  });

  test("nothing of arguments for a method that except takes away", () => {
    const text = withGrants("  g: {to: user, call: [ping, math.neg], except: math.neg, args: none}\n");
    assert.deepEqual(problemsOf(text, CATALOGUE), []);
  });

  test("what is wrong in words with the numbers", () => {
    assert.deepEqual(
      messagesOf(grant("service.deploy", "{unit: {enum: [web]}, canary?: {number: 0..0.5}}"), CATALOGUE),
      [
        "'canary' may be absent, and service.deploy then takes 1, which is not number 0..0.5: require it: write 'canary' without '?'",
      ],
    );
    assert.deepEqual(messagesOf(grant("math.neg", "{a: string}"), CATALOGUE), [
      "'a' of math.neg is number, which is never string: no call can match: change the constraint",
    ]);
    assert.deepEqual(messagesOf(grant("math.add", "none"), CATALOGUE), [
      "math.add cannot be called without 'a' and 'b', and the arguments here do not allow that: no call can match: say what it may be",
    ]);
  });
});
