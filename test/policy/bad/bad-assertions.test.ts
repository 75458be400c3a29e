import { describe } from "node:test";
import { refuses, withPeople } from "../findings.ts";

describe("an assertion is refused for", () => {
  const map = "an assertion, a map with call, args and unless, was expected, but";
  const rest = (field: string): string => `n: {call: b.c, ${field}}`;
  refuses(
    [
      ["being empty", "n:▸", "P203", `${map} nothing`, "n: {call: b}"],
      ["being null", "n: ▸~", "P203", `${map} null`],
      ["being a text", "n: ▸b.c", "P203", `${map} the text 'b.c'`],
      ["being a list", "n: ▸[b.c]", "P203", `${map} a list`],
      ["a bad name", "▸n n: {call: b}", "P206", "'n n' cannot be the name of an assertion"],
      ["standing there twice", "n: {call: b}\n  ▸n: {call: b}", "P102", "the key 'n'"],
      ["saying nothing", "▸n: {}", "P202", "the assertion 'n' has no 'call' … \"**\" for all"],
      ["saying whom it leaves out only", "▸n: {unless: user}", "P202", "'n' has no 'call'"],
      ["an empty call", "n: {▸call: }", "P202", "the 'call' of 'n' is empty", 'n: {call: "**"}'],
      ["a call that is null", "n: {call: ▸~}", "P203", "a method pattern was expected, but null"],
      ["no method in the list", "n: {call: ▸[]}", "P203", "at least one method pattern was expected"],
      ["a number for a method", "n: {call: [b.c, ▸7]}", "P203", "a method pattern … the number 7"],
      ["a map of methods", "n: {call: ▸{b: }}", "P203", "a list of method patterns was expected, but a map"],
      ["a star first", "n: {call: ▸'*'}", "P205", "'*' may not be the first segment", "n: {call: b.*}"],
      ["a slip in call", "n: {▸calls: b, call: b}", "P201", "no field 'calls' … did you mean 'call'?"],
      [
        "whom it is about",
        rest("▸to: user"),
        "P201",
        "an assertion has no field 'to' … call, args and unless",
      ],
      ["exceptions", rest("▸except: b.d"), "P201", "an assertion has no field 'except'"],
      ["a slip in args", rest("▸arg: {a: int}"), "P201", "no field 'arg' … did you mean 'args'?"],
      ["a slip in unless", rest("▸unles: user"), "P201", "no field 'unles' … did you mean 'unless'?"],
      ["methods in two places", rest("▸call: b"), "P102", "the key 'call'"],
    ],
    (part) => withPeople(`never:\n  ${part}\n`),
  );
});

describe("what an assertion says of the arguments is refused for", () => {
  const record = "a record of the arguments that matter was expected, but";
  const hint = "leave 'args' out for any arguments";
  refuses(
    [
      ["being empty", "args: ▸", "P203", `${record} nothing … ${hint}`, "args: any"],
      ["being null", "args: ▸~", "P203", `${record} null`],
      ["being none", "args: ▸none", "P203", `${record} the text 'none' … ${hint}`],
      ["being a list", "args: ▸[]", "P203", `${record} a list`],
      ["listing nothing", "args: ▸{}", "P203", `the record of the arguments is empty … ${hint}`],
      ["a constraint that there is not", "args: {a: ▸itn}", "P201", "'itn' … did you mean 'int'?"],
      ["no constraint", "args: {a: ▸}", "P203", "a constraint was expected, but nothing", "args: {a: any}"],
      ["a bad range", "args: {a: {int: ▸5..1}}", "P208", "5..1 is empty", "args: {a: {int: 1..5}}"],
      ["a bad name", "args: {▸a b: int}", "P206", "'a b' cannot be an argument"],
      ["all others", "args: {a: int, ▸'*': any}", "P206", "what an assertion does not list … remove '*'"],
      [
        "an argument twice",
        "args: {a: int, ▸a?: int}",
        "P102",
        "the argument 'a'",
        "args: {a: int, b?: int}",
      ],
    ],
    (part) => withPeople(`never:\n  n: {call: b.c, ${part}}\n`),
  );
});

describe("whom an assertion leaves out is refused for", () => {
  refuses(
    [
      ["being empty", "▸", "P203", "a role was expected, but nothing", "user"],
      ["being null", "▸~", "P203", "a role was expected, but null"],
      ["being nobody", "▸[]", "P203", "at least one role was expected", "[user, 'id:alice']"],
      ["being a number", "▸7", "P203", "a role was expected, but the number 7"],
      ["being a map", "▸{user: }", "P203", "a list of roles was expected, but a map"],
      ["being everyone", "▸everyone", "P203", "an assertion unless everyone asserts nothing … id:NAME"],
      ["everyone among others", "[user, ▸everyone]", "P203", "asserts nothing"],
      ["an undeclared role", "▸usr", "P301", "role 'usr' is not declared … did you mean 'user'?"],
      ["an undeclared identity", "▸'id:bob'", "P301", "identity 'bob' is not declared", "'id:alice'"],
      ["an undeclared authority", "▸'id:cb/web-1'", "P301", "authority 'cb' … 'ca'?", "'id:ca/web-1'"],
      ["a name that nobody gives", "▸'id:ca/db-1'", "P301", "'ca' may not give the name 'db-1'"],
    ],
    (part) => withPeople(`never:\n  n: {call: b.c, unless: ${part}}\n`),
  );
});
