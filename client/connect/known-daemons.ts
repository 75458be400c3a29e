import { dirname } from "node:path";
import { escapeShort, escapeText } from "../../base/escape.ts";
import { withFileLock } from "../../files/file-lock.ts";
import { FileProblem } from "../../files/file-problem.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { readTrustedFile } from "../../files/secure-file.ts";
import { writeFileAtomically } from "../../files/write-file.ts";
import { AddressError } from "../../link/address.ts";

/** Room for some ten thousand daemons, in bytes. */
const FILE_MAX_BYTES = 1024 * 1024;

const PIN = /^(\S.*?)\s+(SHA256:[A-Za-z0-9+/]{43})(?:\s+#.*)?$/;

interface Pin {
  readonly file: string;
  readonly address: string;
  readonly fingerprint: string;
}

/**
 * Which host key belongs to which address. A line a pin; `#` begins a comment, on a line of its own or behind one:
 *
 *     unix:/run/rpcd/rpcd.sock SHA256:uNiVztksCsDhcc0u9e8BrrhXkOYe0/SbIRn1xSf9Z3o
 *
 * An address may stand on several lines: each of those keys is good.
 */
export class KnownDaemons {
  readonly #pins: readonly Pin[];

  private constructor(pins: readonly Pin[]) {
    this.#pins = pins;
  }

  /**
   * Reads all of the files; one that is not there holds no pins.
   *
   * @throws {@link FileProblem} if others could have written a file, or a line cannot be read
   */
  static read(files: readonly string[]): KnownDaemons {
    return new KnownDaemons(files.flatMap((file) => readPins(file)));
  }

  /** @param file - of this file alone */
  fingerprints(address: string, file?: string): readonly string[] {
    return this.#pins
      .filter((pin) => pin.address === address && (file === undefined || pin.file === file))
      .map(({ fingerprint }) => fingerprint);
  }

  /**
   * Makes these keys the ones of the address, in the place of any pinned before. The folder is made, for this
   * user alone, if it is not there. Processes that pin in one file at the same time wait for each other.
   *
   * @throws AddressError where a list cannot hold the address, which would be read back as another
   * @throws {@link FileProblem}; the pins are as they were then
   */
  static pin(file: string, address: string, fingerprints: readonly string[]): void {
    for (const fingerprint of fingerprints) checkLine(file, { file, address, fingerprint });
    makeFolder(dirname(file));
    withFileLock(file, () => {
      const others = readPins(file).filter((pin) => pin.address !== address);
      const own = fingerprints.map((fingerprint) => ({ file, address, fingerprint }));
      const lines = [...others, ...own].map((pin) => `${lineOf(pin)}\n`);
      writeFileAtomically(file, Buffer.from(lines.join("")), 0o600, { replace: true });
    });
  }
}

function lineOf({ address, fingerprint }: Pin): string {
  return `${address} ${fingerprint}`;
}

/** What is written must be what is read back: an address with a fingerprint in it would pin that one, for another address. */
function checkLine(file: string, pin: Pin): void {
  const line = lineOf(pin);
  const [, address, fingerprint] = PIN.exec(line.trim()) ?? [];
  if (address === pin.address && fingerprint === pin.fingerprint && !line.includes("\n")) return;
  throw new AddressError(
    `${escapeShort(pin.address, 120)} ${escapeShort(pin.fingerprint, 60)} cannot be pinned: in ${escapeText(file)} it would be read as another address or key. Use an address without blanks`,
  );
}

function readPins(file: string): readonly Pin[] {
  const text = readReplaced(file);
  return text.split("\n").flatMap((line, i) => readLine(file, line, i + 1));
}

/** How often in a row the file may be replaced while it is read: each process that pins does so. */
const REPLACED_MAX = 100;

/** The file; nothing where there is none. @throws {@link FileProblem} */
function readReplaced(file: string): string {
  for (let tries = 1; ; tries++) {
    try {
      return readTrustedFile(file, {
        mayBeEmpty: true,
        what: "a list of known daemons",
        maxBytes: FILE_MAX_BYTES,
        secret: false,
      }).toString();
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      if (error.kind === "not_found") return "";
      if (error.kind !== "changed" || tries === REPLACED_MAX) throw error;
    }
  }
}

function readLine(file: string, line: string, number: number): readonly Pin[] {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return [];
  // A path may hold blanks and a #; the fingerprint cannot, so it is what parts the line.
  const [, address, fingerprint] = PIN.exec(text) ?? [];
  if (address !== undefined && fingerprint !== undefined) return [{ file, address, fingerprint }];
  const detail = `line ${number}: 'ADDRESS SHA256:…' was expected, not '${escapeShort(line, 120)}'`;
  throw new FileProblem("malformed", file, detail, { mend: "take the line away, then run rpcctl trust" });
}
