import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { sarif } from "../../cli/lint/sarif.ts";
import { githubLines, humanLines, shortLines } from "../../cli/lint/text-formats.ts";
import { ALICE } from "../../policy/rules/rule.ts";
import { RULES } from "../../policy/rules/rules.ts";
import { inFolder } from "../support/temp-folder.ts";
import { parsed, rpcctl } from "./run-cli.ts";

const FINDING = "policy: 1\nroles:\n  idle:\n";
const TWO = "policy: 1\nroles:\n  idle:\n  idler:\n";
const LET_BE = "policy: 1\nroles:\n  idle: # lint: allow P304 somebody will come\n";

const lint = (text: string, ...words: string[]): ReturnType<typeof rpcctl> =>
  rpcctl(["policy", "lint", ...words, "-"], { input: text });

const run = (text: string, at = { line: 2, column: 5, endLine: 2, endColumn: 9 }, file = "p.yaml") => ({
  files: [
    {
      file,
      hash: "sha256:00",
      source: "policy: 1\n    here\n",
      problems: [{ code: "P401", severity: "warning", at, text, hint: "mend it" } as const],
      suppressed: [],
      edits: new Map(),
      isText: true,
      isLoadable: true,
    },
  ],
  knowsMethods: true,
  severities: new Map(),
});

function findingsOf(report: string): readonly Readonly<Record<string, unknown>>[] {
  return parsed(report)["findings"] as readonly Readonly<Record<string, unknown>>[];
}

/** The text with all edits of the report in it, by their bytes: as a program does it that reads no policies. */
function mendedBy(source: string, findings: ReturnType<typeof findingsOf>): string {
  const edits = findings.flatMap(
    ({ edits: own = [] }) => own as readonly { startByte: number; endByte: number; text: string }[],
  );
  const bytes = edits
    .toReversed()
    .reduce(
      (whole, { startByte, endByte, text }) =>
        Buffer.concat([whole.subarray(0, startByte), Buffer.from(text), whole.subarray(endByte)]),
      Buffer.from(source),
    );
  return bytes.toString();
}

describe("the formats of the linter", () => {
  test("github: a command each, with what its own toolkit escapes escaped", () => {
    assert.deepEqual(githubLines(run("100% of a, b: c\r\n::error::x", undefined, "a,b:c%.yaml")), [
      "::warning file=a%2Cb%3Ac%25.yaml,line=2,endLine=2,col=5,endColumn=9,title=P401 catch-all::100%25 of a, b: c\\r\\n::error::x: mend it",
    ]);
    const [over] = githubLines(run("x", { line: 2, column: 5, endLine: 3, endColumn: 1 }));
    assert.equal(over, "::warning file=p.yaml,line=2,endLine=3,title=P401 catch-all::x: mend it");
  });

  test("short: a line each; human: with colour only where it is wanted", () => {
    assert.deepEqual(shortLines(run("x")), ["p.yaml:2:5: W P401 x"]);
    // oxlint-disable-next-line no-control-regex -- colours are what is looked for
    assert.doesNotMatch(humanLines(run("x"), false).join(""), /\u001b/);
    const [coloured = ""] = humanLines(run("x"), true);
    assert.equal(
      coloured.startsWith("\u001b[33mwarning[P401]\u001b[0m: x\n"),
      true,
      JSON.stringify(coloured),
    );
    assert.ok(coloured.includes("\u001b[33m^^^^ mend it\u001b[0m"));
  });

  test("sarif: every rule is described, and each finding points at its own", async () => {
    const { runs } = parsed((await lint(FINDING, "--format", "sarif")).out) as unknown as {
      readonly runs: readonly [
        {
          readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
          readonly results: readonly {
            readonly ruleId: string;
            readonly ruleIndex: number;
            readonly level: string;
          }[];
        },
      ];
    };
    const [{ tool, results }] = runs;
    assert.deepEqual(
      tool.driver.rules.map(({ id }) => id),
      [...RULES.keys()],
    );
    assert.equal(results.length, 1);
    for (const { ruleId, ruleIndex, level } of results) {
      assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId);
      assert.equal(level, "warning");
    }
  });

  test("sarif: a finding that has only moved keeps its fingerprint, another one has its own", () => {
    const print = (text: string, line: number, source: string): string => {
      const [file] = run(text).files;
      const moved = {
        ...file,
        source,
        problems: file?.problems.map((one) => ({ ...one, at: { ...one.at, line, endLine: line } })),
      };
      return (
        JSON.stringify(sarif({ ...run(text), files: [moved as never] }, "1")).match(
          /"policyFinding\/v1":"(\w+)"/,
        )?.[1] ?? ""
      );
    };
    const here = print("x", 2, "policy: 1\n    here\n");
    assert.equal(print("x", 4, "policy: 1\n\n\n  here\n"), here);
    assert.notEqual(print("y", 2, "policy: 1\n    here\n"), here);
    assert.notEqual(print("x", 2, "policy: 1\n    there\n"), here);
  });

  test("sarif and json say what was let be, and why; a file that cannot be read is in the report", async () => {
    const report = (await lint(LET_BE, "--format", "sarif")).out;
    assert.match(report, /"suppressions":\[\{"kind":"inSource","justification":"somebody will come"\}\]/);
    const json = parsed((await lint(LET_BE, "--json")).out);
    assert.deepEqual(json["findings"], []);
    assert.match(JSON.stringify(json["suppressed"]), /P304.*somebody will come/);
    const unread = await rpcctl(["policy", "lint", "--format", "sarif", "/nonexistent.yaml"]);
    assert.equal(unread.code, 6);
    assert.match(unread.out, /"executionSuccessful":false.*there is no such file/);
  });

  test("sarif: the same line in two grants is two findings", async () => {
    const grant = (id: string): string => `  ${id}:\n    to: everyone\n    call: "**"\n    args: any\n`;
    const prints = async (text: string): Promise<readonly string[]> =>
      [...(await lint(text, "--format", "sarif")).out.matchAll(/"policyFinding\/v1":"(\w+)"/g)].map(
        ([, print = ""]) => print,
      );
    const one = await prints(`policy: 1\ngrants:\n${grant("a")}shadow:\n${grant("a")}`);
    assert.equal(new Set(one).size, one.length);
    const moved = await prints(`policy: 1\n\n# more\nshadow:\n${grant("a")}grants:\n\n${grant("a")}`);
    assert.deepEqual(moved.toSorted(), one.toSorted());
  });

  describe("offer what can have been meant, where that is two things", () => {
    const NETWORK =
      "policy: 1\n# ü😀\ngrants:\n  g: {to: everyone, call: f, args: none, from: [10.20.3.4/16]}\n";
    const meant = [
      ["the network", "10.20.0.0/16"],
      ["that address alone", "10.20.3.4/32"],
    ] as const;

    test("json: each as edits; --fix applies neither", async () => {
      const [finding = {}] = findingsOf((await lint(NETWORK, "--json")).out);
      const choices = finding["choices"] as readonly {
        readonly meant: string;
        readonly edits: readonly {
          readonly startByte: number;
          readonly endByte: number;
          readonly text: string;
        }[];
      }[];
      assert.equal(finding["edits"], undefined);
      assert.deepEqual(
        choices.map((choice) => choice.meant),
        meant.map(([what]) => what),
      );
      choices.forEach((choice, i) =>
        assert.equal(
          mendedBy(NETWORK, [{ edits: choice.edits }]),
          NETWORK.replace("10.20.3.4/16", meant[i]?.[1] ?? ""),
        ),
      );
      await inFolder(async (folder) => {
        const path = join(folder, "p.yaml");
        writeFileSync(path, NETWORK);
        const fixed = await rpcctl(["policy", "lint", "--fix", path]);
        assert.equal(fixed.code, 5);
        assert.equal(readFileSync(path, "utf8"), NETWORK);
        assert.doesNotMatch(fixed.out, /fixable|--fix/);
        assert.match(
          fixed.out,
          /write 10\.20\.0\.0\/16 for the network, or 10\.20\.3\.4\/32 for that address alone/,
        );
      });
    });

    const OVER =
      "policy: 1\ngrants:\n  old:\n    to: everyone\n    call: f\n    args: none\n    valid: {until: 2020-01-01T00:00:00Z}\n";

    test("json: that what is over can go, which --fix does not decide; nothing where that would break the file", async () => {
      const [finding = {}] = findingsOf((await lint(OVER, "--json")).out);
      assert.equal(finding["edits"], undefined);
      const [choice = assert.fail()] = finding["choices"] as readonly {
        readonly meant: string;
        readonly edits: readonly unknown[];
      }[];
      assert.equal(choice.meant, "that it is over for good");
      assert.equal(mendedBy(OVER, [{ edits: choice.edits }]), "policy: 1\ngrants:\n");
      const named = `policy: 1\nidentities:\n  alice:\n    keys: ["${ALICE}"]\n    valid: {until: 2020-01-01T00:00:00Z}\ngrants:\n  g: {to: id:alice, call: f, args: none}\n`;
      assert.equal(findingsOf((await lint(named, "--json")).out)[0]?.["choices"], undefined);
    });

    test("sarif: a fix each, with what it means", async () => {
      const report = (await lint(NETWORK, "--format", "sarif")).out;
      for (const [what, text] of meant)
        assert.ok(
          report.includes(`{"description":{"text":"What to change if this is meant: ${what}."},`) &&
            report.includes(`"insertedContent":{"text":"${text}"}`),
          report,
        );
    });
  });

  describe("say what --fix would do, and nothing else", () => {
    // The umlaut has two bytes, the face has four and two columns in UTF-16.
    const TYPO =
      "policy: 1\n# ü😀\ngrants:\n  g: {to: everyone, call: f, args: {v: {enum: ['😀']}}, form: 10.0.0.0/8}\n";
    const UNSAFE = `policy: 1\nidentities:\n  alice:\n    keys: ["${ALICE}"]\n    valid: {until: 2020-01-01T00:00:00Z}\ngrants:\n  g: {to: id:alice, call: f, args: none}\n`;
    const TEST = `policy: 1\nidentities:\n  alice: {keys: ["${ALICE}"], valid: {until: 2999-01-01T00:00:00Z}}\ntests:\n  - {as: alice, deny: [f()]}\n`;

    test("human", async () => {
      const { out } = await lint(TYPO);
      assert.match(out, /^ {2}\|\n {2}= fix: rpcctl policy lint --fix$/m);
      assert.match(out, /^1 error \(1 fixable\) in -; the daemon would refuse this file$/m);
      const unsafe = (await lint(UNSAFE)).out;
      assert.match(unsafe, /P505/);
      assert.doesNotMatch(unsafe, /fix/);
    });

    test("json: the edits, with their lines, columns and bytes", async () => {
      const [finding] = findingsOf((await lint(TYPO, "--json")).out);
      const bytes = Buffer.from(TYPO);
      const start = bytes.indexOf("form");
      const at = { line: 4, column: 56, endLine: 4, endColumn: 60, startByte: start, endByte: start + 4 };
      const { edits, related, ...rest } = finding ?? {};
      assert.deepEqual(rest, {
        code: "P201",
        name: "unknown-field",
        severity: "error",
        ...at,
        text: "a grant has no field 'form'",
        hint: "did you mean 'from'?",
      });
      assert.equal(related, undefined);
      assert.deepEqual(edits, [{ ...at, text: "from" }]);
      for (const [source, expected] of [[TYPO, TYPO.replace("form", "from")]] as const)
        assert.equal(mendedBy(source, findingsOf((await lint(source, "--json")).out)), expected);
      const [added] = findingsOf((await lint(TEST, "--json")).out);
      const [edit] = (added?.["edits"] ?? []) as readonly Readonly<Record<string, unknown>>[];
      assert.deepEqual(
        [edit?.["line"], edit?.["column"], edit?.["endLine"], edit?.["endColumn"]],
        [5, 6, 5, 6],
        "it puts in, and takes nothing away",
      );
      assert.match(String(edit?.["text"]), /^at: \d{4}-\d\d-\d\dT[\d:.]+Z, $/);
      for (const line of (await lint(TYPO, "--format", "jsonl")).out.trimEnd().split("\n"))
        assert.deepEqual(parsed(line)["edits"], edits);
      for (const one of findingsOf((await lint(UNSAFE, "--json")).out)) assert.ok(!("edits" in one));
    });

    test("json: bytes are counted over all of a long file", async () => {
      const filler = `# ${"😀ü€x".repeat(3_001)}\n`;
      const text = TYPO.replace("grants:", `${filler}grants:`);
      const [finding] = findingsOf((await lint(text, "--json")).out);
      assert.equal(finding?.["startByte"], Buffer.from(text).indexOf("form"));
    });

    test("json: where the file is no text there are no bytes of it", async () => {
      const bytes = Buffer.concat([Buffer.from(TYPO), Buffer.from([0x23, 0xff, 0x0a])]);
      const [finding] = findingsOf((await rpcctl(["policy", "lint", "--json", "-"], { input: bytes })).out);
      assert.equal(finding?.["code"], "P106");
      assert.ok(!("startByte" in (finding ?? {})));
    });

    test("sarif: the region that is deleted, with both its ends, and what is put there", async () => {
      const fixes = (source: string): Promise<unknown> =>
        lint(source, "--format", "sarif").then(({ out }) => {
          const report = JSON.parse(out);
          return report.runs[0].results.map((one: { readonly fixes?: unknown }) => one.fixes);
        });
      const fix = (deletedRegion: object, text?: string): object => ({
        description: { text: "What rpcctl policy lint --fix does." },
        artifactChanges: [
          {
            artifactLocation: { uri: "stdin" },
            replacements: [{ deletedRegion, ...(text === undefined ? {} : { insertedContent: { text } }) }],
          },
        ],
      });
      const at = { startLine: 4, startColumn: 56, endLine: 4, endColumn: 60 };
      assert.deepEqual(await fixes(TYPO), [[fix(at, "from")]]);
      assert.deepEqual(await fixes(UNSAFE), [undefined]);
    });
  });

  test("jsonl: an object a line, each with its file", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "a.yaml"), FINDING);
      writeFileSync(join(folder, "b.yaml"), TWO);
      const { out, code } = await rpcctl(["policy", "lint", "--format", "jsonl", "a.yaml", "b.yaml"], {
        cwd: folder,
      });
      assert.equal(code, 1);
      const lines = out.trimEnd().split("\n").map(parsed);
      assert.deepEqual(
        lines.map(({ file, code: rule, name }) => [file, rule, name]),
        ["a.yaml", "b.yaml", "b.yaml"].map((file) => [file, "P304", "unused-role"]),
      );
    }));
});

describe("what the linter is told", () => {
  test("--severity makes a finding graver or lighter, or leaves it out; an error stays one", async () => {
    assert.equal((await lint(FINDING, "--severity", "P304=off")).code, 0);
    assert.equal((await lint(FINDING, "--severity", "P304=note")).code, 0);
    assert.equal((await lint(FINDING, "--severity", "P304=error", "--fail-on", "error")).code, 1);
    assert.equal((await lint("policy: 2\n", "--severity", "P204=off")).code, 5);
  });

  test("--severity-file has a line each, and a flag wins over it", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "severities"), "# ours\nP304: off # nobody minds\n");
      writeFileSync(join(folder, "p.yaml"), FINDING);
      const words = ["policy", "lint", "--severity-file", "severities"];
      assert.equal((await rpcctl([...words, "p.yaml"], { cwd: folder })).code, 0);
      assert.equal(
        (await rpcctl([...words, "--severity", "P304=warning", "p.yaml"], { cwd: folder })).code,
        1,
      );
    }));

  test("--fail-on and --max-warnings say what ends with 1", async () => {
    assert.equal((await lint(FINDING, "--fail-on", "error")).code, 0);
    assert.equal((await lint(FINDING, "--severity", "P304=note", "--fail-on", "note")).code, 1);
    assert.equal((await lint(TWO, "--max-warnings", "2")).code, 0);
    assert.equal((await lint(TWO, "--max-warnings", "1")).code, 1);
    assert.equal((await lint("policy: 2\n", "--max-warnings", "9")).code, 5);
  });

  test("a comment lets a finding be on its line, or on all that is indented below it", async () => {
    assert.equal((await lint(LET_BE)).code, 0);
    const grants =
      "grants:\n  # lint: allow P401, P403 my own machine\n  all:\n    to: everyone\n    call: '**'\n    args: any\n";
    const { code, out } = await lint(`policy: 1\n${grants}`);
    // P403 needs the methods: it was not looked for, and the comment is no mistake.
    assert.deepEqual([code, out.includes("(1 let be)")], [0, true], out);
    const next = `policy: 1\n${grants}  other: {to: everyone, call: '**', args: none}\n`;
    assert.match((await lint(next, "--format", "short")).out, /^-:8:\d+: W P401 .*'other'/m);
  });

  test("a comment without a reason, without effect, of no rule or of none that can be let be is a finding", async () => {
    for (const [comment, said] of [
      ["# lint: allow P304", /the reason is missing/],
      ["# lint: allow P401 because", /there is no P401 here/],
      ["# lint: allow P999 because", /there is no rule P999/],
      ["# lint: allow everything", /is not understood/],
      ["# lint: allow P702 because", /there is no rule P702/],
    ] as const) {
      const { code, out } = await lint(`policy: 1\nroles:\n  idle: ${comment}\n`, "--format", "short");
      assert.equal(code, 1, comment);
      assert.match(out, said);
      assert.match(out, / P702 /);
    }
    const error = await lint("policy: 2 # lint: allow P204 because\n");
    assert.equal(error.code, 5);
  });

  test("--explain prints a rule by its code or its name, and all of them without", async () => {
    const { code, out } = await rpcctl(["policy", "lint", "--explain", "p401"]);
    assert.equal(code, 0);
    assert.match(out, /^P401 catch-all \(warning\)\n/);
    assert.equal((await rpcctl(["policy", "lint", "--explain", "catch-all"])).out, out);
    const all = (await rpcctl(["policy", "lint", "--explain"])).out;
    for (const rule of RULES.keys()) assert.match(all, new RegExp(`^${rule} `, "m"));
  });

  test("several files are each told of, and the gravest says how it ends", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "a.yaml"), "policy: 1\n");
      writeFileSync(join(folder, "b.yaml"), FINDING);
      writeFileSync(join(folder, "c.yaml"), "policy: 2\n");
      const ended = (...files: string[]) => rpcctl(["policy", "lint", ...files], { cwd: folder });
      assert.equal((await ended("a.yaml")).code, 0);
      assert.equal((await ended("a.yaml", "b.yaml")).code, 1);
      const { code, out } = await ended("a.yaml", "b.yaml", "c.yaml");
      assert.equal(code, 5);
      for (const said of [/problems in a\.yaml/, /1 warning in b\.yaml/, /1 error in c\.yaml/])
        assert.match(out, said);
      assert.equal((await ended("a.yaml", "/nonexistent")).code, 6);
    }));
});

describe("rpcctl policy lint --fix", () => {
  const ONE_LETTER = "policy: 1\ngrants:\n  g: {to: everyone, call: f, argz: none}\n";

  test("mends the file, says what, and looks at what is left; --diff only shows it", () =>
    inFolder(async (folder) => {
      const path = join(folder, "p.yaml");
      writeFileSync(path, ONE_LETTER, { mode: 0o640 });
      const shown = await rpcctl(["policy", "lint", "--fix", "--diff", "p.yaml"], { cwd: folder });
      assert.equal(shown.code, 1);
      assert.match(shown.out, /^-.*argz: none\}$/m);
      assert.match(shown.out, /^\+.*args: none\}$/m);
      assert.equal(readFileSync(path, "utf8"), ONE_LETTER);
      const { code, err } = await rpcctl(["policy", "lint", "--fix", "p.yaml"], { cwd: folder });
      assert.deepEqual([code, err], [0, "p.yaml: mended P201\n"]);
      assert.equal(readFileSync(path, "utf8"), ONE_LETTER.replace("argz", "args"));
      assert.equal(statSync(path).mode & 0o777, 0o640);
      const { mtimeMs } = statSync(path);
      assert.equal((await rpcctl(["policy", "lint", "--fix", "p.yaml"], { cwd: folder })).err, "");
      assert.equal(statSync(path).mtimeMs, mtimeMs, "nothing to mend, nothing written");
    }));

  test("a file that is no text is left as it is, whatever could be mended in it", () =>
    inFolder(async (folder) => {
      const bytes = Buffer.concat([Buffer.from(ONE_LETTER), Buffer.from([0x23, 0xff, 0xfe, 0x0a])]);
      writeFileSync(join(folder, "p.yaml"), bytes);
      assert.equal((await rpcctl(["policy", "lint", "--fix", "p.yaml"], { cwd: folder })).code, 5);
      assert.ok(readFileSync(join(folder, "p.yaml")).equals(bytes));
    }));

  test("standard input cannot be mended, and can be shown; --diff alone says nothing", async () => {
    assert.equal((await lint(ONE_LETTER, "--fix")).code, 2);
    assert.match((await lint(ONE_LETTER, "--fix", "--diff")).out, /^\+.*args: none/m);
    assert.equal((await lint(ONE_LETTER, "--diff")).code, 2);
  });
});
