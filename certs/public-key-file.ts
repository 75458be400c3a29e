import { escapeText } from "../base/escape.ts";
import { FileProblem } from "../files/file-problem.ts";
import { readTrustedFile } from "../files/secure-file.ts";
import { type PublicKeyLine, parsePublicKeyLine } from "./public-key.ts";

/** One line of 80 characters, and room for its comment and for lines that explain it. */
const MAX_FILE_BYTES = 16_384;

/**
 * Reads a public key from a file that nobody else can change: one line as in a `.pub` file, and around it
 * nothing but blank lines and lines that begin with `#`.
 *
 * @throws {@link FileProblem}
 */
export function loadPublicKeyFile(path: string): PublicKeyLine {
  const bytes = readTrustedFile(path, { what: "a public key", maxBytes: MAX_FILE_BYTES, secret: false });
  const lines = bytes
    .toString("utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const [line] = lines;
  if (line === undefined) throw new FileProblem("malformed", path, "there is no public key in the file");
  const parsed = parsePublicKeyLine(line);
  // Before the count: a private key has many lines, and is better told what it is.
  if (typeof parsed === "string") throw new FileProblem("malformed", path, escapeText(parsed));
  if (lines.length > 1) {
    throw new FileProblem(
      "malformed",
      path,
      `one public key was expected, but there are ${lines.length} lines`,
    );
  }
  return parsed;
}
