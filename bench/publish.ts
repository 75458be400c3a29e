import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const BEGIN = "<!-- bench:begin, written by `npm run bench -- --write` -->";
const END = "<!-- bench:end -->";

/** The page with this section between its two marks. @throws if they are not there, once each, in their order */
export function withSection(page: string, section: string): string {
  const [before, rest, ...moreBegins] = page.split(BEGIN);
  const [, after, ...moreEnds] = (rest ?? "").split(END);
  if (after === undefined || moreBegins.length > 0 || moreEnds.length > 0) {
    throw new Error(`the page needs the marks ${BEGIN} and ${END}, once each`);
  }
  return `${before}${BEGIN}\n\n${section.trimEnd()}\n\n${END}${after}`;
}

/** Puts the section into the page. */
export function rewritePage(path: string, section: string): void {
  writeFileSync(path, withSection(readFileSync(path, "utf8"), section));
}

/** Writes a file, and the folder that it is in. */
export function writeResult(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
