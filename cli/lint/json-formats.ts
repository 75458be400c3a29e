import { type Edit, RULES } from "../../policy/linter.ts";
import { Positions } from "../../yaml/positions.ts";
import type { Problem } from "../../yaml/problem.ts";
import { choicesFor, editFor, type Linted, type LintRun, placeOf } from "./linted.ts";

/** One object for a run of one file, as `--json` prints it; of several files a list of them. */
export function jsonReport({ files, knowsMethods }: LintRun): unknown {
  const reports = files.map((linted) => {
    const finding = findingIn(linted);
    const { file, hash, problems, suppressed, isLoadable } = linted;
    return {
      tool: "rpcctl policy lint",
      file,
      hash,
      loadable: isLoadable,
      methods: knowsMethods,
      findings: problems.map(finding),
      suppressed: suppressed.map(({ problem, reason }) => ({ ...finding(problem), reason })),
    };
  });
  return reports.length === 1 ? reports[0] : reports;
}

/** A finding each, with its file: for programs that read line by line. */
export function jsonLines({ files }: LintRun): readonly unknown[] {
  return files.flatMap((linted) => {
    const finding = findingIn(linted);
    return linted.problems.map((problem) => ({ file: linted.file, hash: linted.hash, ...finding(problem) }));
  });
}

/** Lines and columns as {@link Place} counts them; bytes of the file, from 0, the end exclusive. */
function findingIn(linted: Linted): (problem: Problem) => object {
  const { source, isText } = linted;
  const positions = new Positions(source);
  const bytes = isText ? byteOffsets(source) : undefined;
  const span = ([start, end]: readonly [number, number]): object =>
    bytes === undefined ? {} : { startByte: bytes(start), endByte: bytes(end) };
  const editData = (edit: Edit): object => ({
    ...placeOf(edit, positions),
    ...span([edit.start, edit.end]),
    text: edit.text,
  });
  return (problem) => {
    const { code, severity, at, text, hint, related } = problem;
    const edit = editFor(problem, linted);
    const choices = choicesFor(problem, linted);
    return {
      code,
      name: RULES.get(code)?.name,
      severity,
      ...at,
      ...span(positions.range(at)),
      text,
      hint,
      related: related?.map((other) => ({ ...other.at, text: other.text })),
      // All of them together mend it; what is not safe is not among them.
      edits: edit && [editData(edit)],
      // One of them, which whoever knows what was meant has to choose.
      choices:
        choices.length === 0
          ? undefined
          : choices.map((choice) => ({ meant: choice.meant, edits: [editData(choice.edit)] })),
    };
  };
}

/** So far apart are the places, in UTF-16 units, whose bytes are counted beforehand: a file may have many findings. */
const STRIDE = 4096;

/** From UTF-16 units to bytes of UTF-8. */
function byteOffsets(source: string): (offset: number) => number {
  const counted = [0];
  for (let at = STRIDE; at <= source.length; at += STRIDE)
    counted.push((counted.at(-1) ?? 0) + bytesIn(source, at - STRIDE, at));
  return (offset) => {
    const passed = Math.floor(offset / STRIDE);
    return (counted[passed] ?? 0) + bytesIn(source, passed * STRIDE, offset);
  };
}

/** A surrogate pair has four bytes: two for each of its halves, wherever it is cut. */
function bytesIn(source: string, start: number, end: number): number {
  let bytes = 0;
  for (let at = start; at < end; at++) {
    const unit = source.charCodeAt(at);
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes;
}
