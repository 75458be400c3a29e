import { describe, test } from "node:test";
import { assertFound, assertNotFound, granting } from "../found.ts";

const withArgs = (args: string, call = "file.read"): string => granting(`call: ${call}, args: {${args}}`);

describe("P415: a text that is a path", () => {
  for (const [what, args, says] of [
    [
      "a glob from the root on",
      "path: {glob: '/srv/data/**'}",
      /'path' is a path by its pattern '\/srv\/data\/\*\*'.*write \{path: /,
    ],
    ["one of several globs", "path: {glob: ['a/*', '/b/*']}", /'\/b\/\*'/],
    ["a glob in a list", "paths: {list: {of: {glob: '/b/*'}}}", /'paths'/],
    ["a glob in a map", "o: {map: {path: {glob: '/b/*'}}}", /'o'/],
    [
      "an expression from the root on",
      "path: {re: '/var/log/.*'}",
      /also matches '\/var\/log\/\.\.', and '\.\.' leads elsewhere.*\{path: /,
    ],
    [
      "an expression with a class for segments",
      "path: {re: 'data/[^/]+/db'}",
      /also matches 'data\/\.\.\/db'.*\{glob: /,
    ],
    ["an expression with alternatives", "path: {re: '/a/(b|\\.\\.)/c'}", /'\/a\/\.\.\/c'/],
    ["an expression among alternatives", "path: [{re: '/a/.*'}, null]", /'\/a\/\.\.'/],
  ] as const)
    test(`is told of ${what}`, () => {
      assertFound(withArgs(args), "P415", says);
    });

  for (const [what, args] of [
    ["a path", "path: {path: /srv/data/**}"],
    ["a glob for names", "host: {glob: 'web-*.example'}"],
    ["a relative glob, which makes no '..' either", "path: {glob: 'data/**'}"],
    ["an expression whose segments have no dots", "path: {re: '/var/log/[a-z]+'}"],
    ["an expression whose segments begin with something else", "path: {re: '/workspace(/[^/.][^/]*)+'}"],
    ["an expression without a slash", "branch: {re: '[a-z.]+'}"],
    ["an expression with a slash in a class only", "text: {re: '[a-z./]+'}"],
    ["two dots that are no segment", "range: {re: '/a/[0-9]+\\.\\.[0-9]+'}"],
  ] as const)
    test(`is not told of ${what}`, () => assertNotFound(withArgs(args), /^P415$/));
});

describe("P417: an argument for a program that may begin with '-'", () => {
  for (const [what, args, call] of [
    ["a text by what it is called", "ref?: {string: 1..64}", "repo.log"],
    ["any text", "host: string", "net.ping"],
    ["an expression", "branch: {re: '[a-z-]+'}", "repo.push"],
    ["a glob", "ref: {glob: '**'}", "repo.log"],
    ["a list of files", "files: {list: {of: string}}", "archive.make"],
    ["one alternative", "ref: [{enum: [main]}, {re: '.*'}]", "repo.log"],
    ["any argument of a program's own service", "pattern: string", "grep.run"],
  ] as const)
    test(`is told of ${what}`, () => {
      assertFound(
        withArgs(args, call),
        "P417",
        /may begin with '-': a program.*takes it for an option: say how it begins/,
      );
    });

  for (const [what, args, call] of [
    ["an expression that begins otherwise", "ref: {re: '[A-Za-z0-9][A-Za-z0-9/-]*'}", "git.log"],
    ["a glob that begins otherwise", "branch: {glob: 'agent/*'}", "git.push"],
    ["an enum", "unit: {enum: [web, db]}", "systemctl.restart"],
    ["a path", "file: {path: /srv/**}", "tar.make"],
    ["a number", "host: int", "net.ping"],
    ["no text at all", "ref: {string: 0..0}", "git.log"],
    ["a text for people", "message: string", "git.commit"],
    ["a text that no program gets", "title: string", "note.write"],
  ] as const)
    test(`is not told of ${what}`, () => assertNotFound(withArgs(args, call), /^P417$/));
});

describe("P418: a pattern that is written like another kind", () => {
  for (const [what, args, says] of [
    [
      "a glob for a path in an expression",
      "f: {re: '/var/log/*'}",
      /the '\*' repeats the character.*\{path: '\/var\/log\/\*'\}/,
    ],
    ["a glob for a name in an expression", "f: {re: 'web-*'}", /\{glob: 'web-\*'\}.*\.\*/],
    ["a glob behind a word in an expression", "f: {re: 'report*'}", /'report\*'/],
    ["an anchor in a glob", "f: {glob: '^web'}", /is written like an expression/],
    ["the other anchor in a glob", "f: {glob: 'web$'}", /write re/],
    ["a choice in a glob", "f: {glob: 'web|db'}", /write re/],
    ["a choice in a path", "f: {path: /var/a|b}", /the path '/],
  ] as const)
    test(`is told of ${what}`, () => {
      assertFound(withArgs(args), "P418", says);
    });

  for (const [what, args] of [
    ["an expression", "f: {re: '/var/log/[a-z]*'}"],
    ["any characters behind a slash", "f: {re: 'logs/[a-z.]*/x'}"],
    ["a repeated letter", "f: {re: 'ab*c'}"],
    ["'.*'", "f: {re: 'web-.*'}"],
    ["a star among the characters of a class", "f: {re: '[a-z/*]+'}"],
    ["a glob", "f: {glob: 'web-*'}"],
  ] as const)
    test(`is not told of ${what}`, () => assertNotFound(withArgs(args), /^P418$/));
});
