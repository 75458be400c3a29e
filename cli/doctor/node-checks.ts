import { readFileSync } from "node:fs";
import { type Finding, note, warning } from "./finding.ts";

/**
 * The lines of Node that get security releases: the least release that has all fixes which were public when this table was
 * last looked at, and the day on which the line ends (the project's release schedule).
 */
const LINES: ReadonlyMap<number, { readonly least: string; readonly ends: string }> = new Map([
  [20, { least: "20.20.2", ends: "2026-04-30" }],
  [22, { least: "22.23.2", ends: "2027-04-30" }],
  [24, { least: "24.18.1", ends: "2028-04-30" }],
  [26, { least: "26.5.1", ends: "2029-04-30" }],
]);

/** What of the world the check looks at. */
export interface NodeFacts {
  /** `v24.18.1` */
  readonly version: string;
  /** of the distribution's package, where the program belongs to one that Debian itself has built */
  readonly debianPackage: string | undefined;
  readonly nowMs: number;
}

/** Whether this Node has the security fixes that are known. */
export function checkNode({ version, debianPackage, nowMs }: NodeFacts): readonly Finding[] {
  // Debian brings fixes to the version that it has: the number does not say which.
  if (debianPackage !== undefined) return [];
  const where = `node ${version}`;
  const parts = numbers(version);
  const line = LINES.get(parts[0] ?? 0);
  const kept = [...LINES].filter(([, { ends }]) => nowMs <= Date.parse(ends)).map(([major]) => major);
  const mend = `install Node ${kept.join(", ")} or a newer line, and keep it up to date`;
  if (line === undefined && (parts[0] ?? 0) > Math.max(...LINES.keys())) return [];
  if (line === undefined || nowMs > Date.parse(line.ends)) {
    const since = line === undefined ? "" : ` since ${line.ends}`;
    // A note: rpcd runs on it, and who has to stay on the line may know better what it gets.
    return [note("node-line", where, `this line of Node gets no security fixes any longer${since}`, mend)];
  }
  if (!isLess(parts, numbers(line.least))) return [];
  return [
    warning(
      "node-fixes",
      where,
      `security fixes are missing that ${line.least} has`,
      `install ${line.least} or later`,
    ),
  ];
}

/** What dpkg knows of a program, where Debian itself has built it: the version says so by `dfsg`. */
export function debianPackageOf(
  program: string,
  read: (path: string) => string = (path) => readFileSync(path, "utf8"),
): string | undefined {
  try {
    if (!read("/var/lib/dpkg/info/nodejs.list").split("\n").includes(program)) return undefined;
    const [, version] =
      /^Package: nodejs\n(?:(?!\n\n)[^])*?^Version: (\S+)$/m.exec(read("/var/lib/dpkg/status")) ?? [];
    return version?.includes("dfsg") === true ? version : undefined;
  } catch {
    // No dpkg, or no such package.
    return undefined;
  }
}

function numbers(version: string): readonly number[] {
  return version.replace(/^v/, "").split(".").map(Number);
}

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((part, i) => part !== other[i]);
  return at >= 0 && (one[at] ?? 0) < (other[at] ?? 0);
}
