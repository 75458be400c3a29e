import { describe } from "node:test";
import { refuses, withPeople } from "../findings.ts";

const NAME_RULE = "a name is a letter, then up to 63 letters, digits, _ or -";
const STARS = "'*' stands for one whole segment, '**' at the end for one or more";
const METHOD_RULE = "segments of letters, digits, _ and - joined by dots";

for (const section of ["grants", "shadow"]) {
  const whole = (part: string): string => withPeople(`${section}:\n  g: ${part}\n`);

  describe(`what a grant under ${section} says of whom it is for is refused for`, () => {
    const to = (written: string): string => `{to: ${written}, call: a, args: none}`;
    refuses(
      [
        ["being null", to("▸~"), "P203", "a role was expected, but null stands here", to("user")],
        ["being true", to("▸true"), "P203", "a role was expected, but true … quote it"],
        ["a list in a list", to("[▸[user]]"), "P203", "a role was expected, but a list", to("[user]")],
        ["null in a list", to("[user, ▸~]"), "P203", "a role was expected, but null"],
        ["having no characters", to("[▸'']"), "P206", `'' cannot be the name of a role … ${NAME_RULE}`],
        ["another prefix than id:", to("▸'ID:alice'"), "P206", "'ID:alice' cannot be the name of a role"],
        ["an undeclared identity", to("[user, ▸'id:bob']"), "P301", "identity 'bob' is not declared"],
        ["a slip in an identity", to("▸'id:alcie'"), "P301", "did you mean 'alice'?", to("'id:alice'")],
        ["everyone in capitals", to("▸Everyone"), "P301", "role 'Everyone' is not declared", to("everyone")],
        ["a certificate without a name", to("▸'id:ca/'"), "P206", "'ca/' names no certificate"],
        ["one without an authority", to("▸'id:/web-1'"), "P206", "'' cannot be the name of an authority"],
        ["one with two slashes", to("▸'id:ca/a/b'"), "P206", "'ca/a/b' names no certificate"],
        ["one with a star", to("▸'id:ca/web-*'"), "P206", "'ca/web-*' names no certificate"],
        ["one of no authority", to("▸'id:cb/web-1'"), "P301", "authority 'cb' … did you mean 'ca'?"],
        [
          "one that its authority may not give",
          to("▸'id:ca/db-1'"),
          "P301",
          "'ca' may not give the name 'db-1' … it gives web-*",
          to("'id:ca/web-1'"),
        ],
        ["standing there twice", "{to: user, ▸to: user, call: a, args: none}", "P102", "the key 'to'"],
      ],
      whole,
    );
  });

  describe(`what a grant under ${section} says of the methods is refused for`, () => {
    const call = (written: string): string => `{to: user, call: ${written}, args: none}`;
    const except = (written: string): string => `{to: user, call: a.**, args: none, except: ${written}}`;
    const longest = "a".repeat(128);
    refuses(
      [
        ["being empty", `{to: user, ▸call: , args: none}`, "P202", "the 'call' of 'g' is empty … math.add"],
        ["being null", call("▸~"), "P203", "a method pattern was expected, but null"],
        [
          "being a number",
          call("▸7"),
          "P203",
          "a method pattern was expected, but the number 7",
          call("'7'"),
        ],
        ["being a map", call("▸{a: }"), "P203", "a list of method patterns was expected, but a map"],
        ["a number in a list", call("[a, ▸7]"), "P203", "the number 7"],
        ["having no characters", call("▸''"), "P205", `'' has an empty segment … ${STARS}`],
        ["a dot at its end", call("▸a."), "P205", "'a.' has an empty segment"],
        ["a dot in front", call("▸.a"), "P205", "'.a' has an empty segment"],
        ["a star alone", call('▸"*"'), "P205", "'*' may not be the first segment", call('"**"')],
        ["a star first", call('▸"*.a"'), "P205", "'*' may not be the first segment of '*.a'", call("a.*.b")],
        ["two stars first", call('▸"**.a"'), "P205", "'**' may only be the last segment, not in '**.a'"],
        ["two stars in the middle", call("▸a.**.b"), "P205", "may only be the last segment", call("a.*.**")],
        ["three stars", call("▸a.***"), "P205", "a '*' stands beside other characters"],
        ["a star in a segment", call("▸a.b*"), "P205", "in 'a.b*' a '*' stands beside other characters"],
        ["a space", call("▸a b"), "P205", `'a b' is no method name: ${METHOD_RULE}`],
        ["a slash", call("▸a/b"), "P205", `'a/b' is no method name: ${METHOD_RULE}`],
        ["a letter that is not ASCII", call("▸ä"), "P205", `'ä' is no method name: ${METHOD_RULE}`],
        ["a segment that begins with a dash", call("▸a.-b"), "P205", "'a.-b' is no", call("a.b-")],
        ["nine segments", call("▸a.b.c.d.e.f.g.h.i"), "P205", "at most 8 … 9", call("a.b.c.d.e.f.g.h")],
        ["129 characters", call(`▸${longest}a`), "P205", "at most 128 characters … 129", call(longest)],
        ["standing there twice", "{to: user, call: a, ▸call: a, args: none}", "P102", "the key 'call'"],
        [
          "an empty exception",
          except("▸"),
          "P203",
          "a method pattern was expected, but nothing",
          except("[]"),
        ],
        ["an exception that is null", except("▸~"), "P203", "a method pattern was expected, but null"],
        ["an exception that is a map", except("▸{a: }"), "P203", "a list of method patterns … a map"],
        ["a number in the exceptions", except("[▸7]"), "P203", "the number 7"],
        ["a bad exception", except("[a.b, ▸'*']"), "P205", "'*' may not be the first", except("[a.b, a.*]")],
        ["exceptions in two places", `${except("a.b").slice(0, -1)}, ▸except: a.c}`, "P102", "'except'"],
      ],
      whole,
    );
  });

  describe(`what a grant under ${section} says beside is refused for`, () => {
    const rest = (field: string): string => `{to: user, call: a, args: none, ${field}}`;
    const fields = "known here: to, call, except, args, via, from, valid, limits and returns";
    refuses(
      [
        ["a slip in except", rest("▸exept: b"), "P201", "a grant has no field 'exept' … 'except'?"],
        ["a slip in limits", rest("▸limit: {}"), "P201", "no field 'limit' … did you mean 'limits'?"],
        ["a slip in from", rest("▸form: []"), "P201", "no field 'form' … did you mean 'from'?"],
        ["a field of other policies", rest("▸priority: 1"), "P201", `no field 'priority' … ${fields}`],
        ["a field that denies", rest("▸deny: true"), "P201", `no field 'deny' … ${fields}`],
        ["args in two places", rest("▸args: any"), "P102", "the key 'args' stands here a second time"],
        ["no interface", rest("returns: ▸"), "P203", "an interface was expected, but nothing"],
        ["an interface that is null", rest("returns: ▸~"), "P203", "an interface was expected, but null"],
        ["an empty list of them", rest("returns: ▸[]"), "P203", "at least one interface was expected"],
        ["an interface of a number", rest("returns: ▸7"), "P203", "an interface … the number 7"],
        ["a map of interfaces", rest("returns: ▸{a: }"), "P203", "a list of interfaces … a map"],
        ["a bad name of an interface", rest("returns: ▸a.b"), "P206", `'a.b' cannot be … ${NAME_RULE}`],
        [
          "a star for interfaces",
          rest("returns: [a, ▸'*']"),
          "P206",
          "'*' cannot be the name of an interface",
        ],
        [
          "interfaces in two places",
          rest("returns: a, ▸returns: b"),
          "P102",
          "'returns'",
          rest("returns: [a, b]"),
        ],
      ],
      whole,
    );
  });
}
