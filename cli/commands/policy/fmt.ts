import { changesFindings, formatYaml } from "../../../policy/linter.ts";
import { problemLine } from "../../../yaml/render.ts";
import { Failure, usage } from "../../io/failure.ts";
import { replaceFile } from "../../io/replace-file.ts";
import { readPolicyBytes } from "../../policy/file.ts";
import { defineCommand } from "../../words/command.ts";

export default defineCommand({
  examples: [
    ["rpcctl policy fmt policy.yaml", "write the file as everybody writes it; comments are kept"],
    ["rpcctl policy fmt --check policies/*.yaml", "only say which are written otherwise, for CI"],
    ["rpcctl policy fmt - < policy.yaml", "print it"],
  ],
  options: {
    files: { kind: "words", describe: "the policies to format; - is standard input, and is printed" },
    check: { kind: "flag", describe: "change nothing; end with 1 if a file would be changed" },
  },
  notes:
    "It ends with 0 if it is done or there is nothing to do, 1 if --check found a file to change, 5 for a file that is no text of a policy.",

  run: async ({ files, check }, io) => {
    if (files.length === 0) throw usage("FILE was expected: a policy, or - for standard input");
    let changed = 0;
    for (const file of files) {
      const bytes = await readPolicyBytes(file, io);
      const text = formatted(file, bytes);
      const isChanged = text !== Buffer.from(bytes).toString();
      if (isChanged) changed++;
      if (check) {
        if (isChanged) io.out(`${file} would be changed`);
      } else if (file === "-") {
        io.out(text.replace(/\n$/, ""));
      } else if (isChanged) {
        replaceFile(file, bytes, text);
      }
    }
    return check && changed > 0 ? "findings" : "ok";
  },
});

/** @throws Failure where it is no text of a policy, or where the linter would find something else in it afterwards */
function formatted(file: string, bytes: Uint8Array): string {
  const result = formatYaml(bytes);
  if ("problems" in result) {
    throw new Failure("refused", `${file}: this is not the text of a policy`, {
      detail: result.problems.map((problem) => problemLine(problem, file)).join("\n"),
    });
  }
  // A comment for the linter may be moved off what it is about.
  if (changesFindings(bytes, result.text))
    throw new Failure("failed", `${file}: formatted, the linter would find something else in it`, {
      hints: ["put comments for the linter on lines of their own, and names on one line"],
    });
  return result.text;
}
