import { Positions } from "./positions.ts";
import { FILE_START, type Place, type Problem } from "./problem.ts";

/** 8 MiB: a policy of 10,000 grants has two; beyond it parsing would hold up the daemon's start. */
export const MAX_FILE_BYTES = 8 * 1024 * 1024;

/** More of one kind say nothing new, and would cost more memory than the file. */
export const MAX_CHARACTER_PROBLEMS = 100;

// What nobody sees in an editor, or sees in another place than it stands: C0 but tab and line ends, DEL,
// C1, no-break space, soft hyphen, zero-width and bidirectional controls, line and paragraph separators,
// the byte order mark, and halves of surrogate pairs.
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- the control characters are what this is about
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]|\r(?!\n)|\p{Surrogate}/gu;

// oxlint-disable-next-line no-control-regex -- the control characters are what this is about
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]|\r(?!\n)/;

/** What came out of the bytes. Where it cannot be read at all `readable` is false. */
export interface GatedText {
  readonly source: string;
  readonly problems: readonly Problem[];
  readonly readable: boolean;
}

/** The first door: the size, UTF-8 without exceptions, and no character that hides. P106, P107. */
export function gateText(bytes: Uint8Array): GatedText {
  if (bytes.length > MAX_FILE_BYTES) {
    const text = `the file has ${bytes.length} bytes, at most ${MAX_FILE_BYTES} are read`;
    const hint = "split the service, or the policy, in two";
    return {
      source: "",
      readable: false,
      problems: [{ code: "P107", severity: "error", at: FILE_START, text, hint }],
    };
  }
  let source: string;
  try {
    source = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return notUtf8(bytes);
  }
  // Three control characters are marks of the lexer behind this door: with any in the text it is not opened.
  return { source, readable: !CONTROL.test(source), problems: invisibles(source) };
}

/** What hides in a text that was written with escapes, where tabs and line ends are plain to see. */
export function hiddenCharacter(text: string): string | undefined {
  const visible = text.replaceAll("\r", "");
  const at = visible.search(INVISIBLE);
  return at === -1 ? undefined : codePointWords(visible.slice(at));
}

function invisibles(source: string): Problem[] {
  const positions = new Positions(source);
  const problems: Problem[] = [];
  for (const { 0: found, index } of source.matchAll(INVISIBLE)) {
    if (problems.length === MAX_CHARACTER_PROBLEMS) break;
    problems.push(invisible(found, positions.place(index, index + found.length), index === 0));
  }
  return problems;
}

function invisible(found: string, at: Place, first: boolean): Problem {
  const problem = { code: "P106", severity: "error", at } as const;
  if (found === "\ufeff" && first) {
    return {
      ...problem,
      text: "the file begins with a byte order mark",
      hint: "save it as UTF-8 without BOM",
      fix: { kind: "replace", by: "" },
    };
  }
  const hint = "remove it; a text that needs it can write it as an escape between double quotes";
  return {
    ...problem,
    text: `the character ${codePointWords(found)} cannot be seen, and may not stand here`,
    hint,
  };
}

function codePointWords(found: string): string {
  return `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Says where the first bad byte is. The text for the excerpt has U+FFFD in its place. */
function notUtf8(bytes: Uint8Array): GatedText {
  const source = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  let byteAt = 0;
  let from = 0;
  let at = source.indexOf("\ufffd");
  for (; at !== -1; at = source.indexOf("\ufffd", from)) {
    byteAt += Buffer.byteLength(source.slice(from, at));
    // The character itself, EF BF BD, is allowed in UTF-8; a replaced byte is something else.
    if (bytes[byteAt] !== 0xef || bytes[byteAt + 1] !== 0xbf || bytes[byteAt + 2] !== 0xbd) break;
    byteAt += 3;
    from = at + 1;
  }
  const value = (bytes[byteAt] ?? 0).toString(16).padStart(2, "0");
  const text = `the file is not UTF-8: byte ${byteAt} is 0x${value}`;
  const place = new Positions(source).place(Math.max(at, 0), Math.max(at, 0) + 1);
  return {
    source,
    readable: false,
    problems: [{ code: "P106", severity: "error", at: place, text, hint: "save it as UTF-8" }],
  };
}
