import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "../../base/fault.ts";
import { FileProblem } from "../../files/file-problem.ts";
import { makeFolder } from "../../files/make-folder.ts";
import { readTrustedFile } from "../../files/secure-file.ts";
import { writeFileAtomically } from "../../files/write-file.ts";
import { decode, encode } from "../../wire/cbor.ts";
import type { DataLimits } from "../../wire/limits.ts";

/** Room for the largest catalogue, in bytes. */
const FILE_MAX_BYTES = 16 * 1024 * 1024;

/** A whole catalogue is one item here, and many messages on the wire. */
const DATA: DataLimits = {
  maxDepth: 32,
  maxItems: 4_000_000,
  maxEntries: 1_024,
  maxKeyBytes: 128,
  maxCost: 64 * FILE_MAX_BYTES,
  maxBytes: FILE_MAX_BYTES,
};

/** So many catalogues are kept, the ones that were written last. */
const KEPT_MAX = 32;

const NAME = /^[0-9a-f]{64}\.cbor$/;

/**
 * Catalogues by their digest: `FOLDER/HEX.cbor`, each an array of methods. Nothing here is trusted: whoever reads
 * one works the digest out anew. So a file that cannot be read, or written, is as good as none: it costs a message.
 */
export class CatalogueCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The methods in the file of that digest; nothing where there is none that can be read. */
  find(digest: Uint8Array): readonly unknown[] | undefined {
    try {
      const bytes = readTrustedFile(this.#path(digest), {
        what: "a catalogue",
        maxBytes: FILE_MAX_BYTES,
        secret: false,
      });
      const methods = decode(bytes, DATA);
      return Array.isArray(methods) ? methods : undefined;
    } catch (error) {
      if (error instanceof FileProblem || error instanceof Fault) return undefined;
      throw error;
    }
  }

  /** Keeps the methods, if that can be done, and lets the oldest go. */
  keep(digest: Uint8Array, methods: readonly unknown[]): void {
    try {
      const bytes = encode(methods, DATA);
      if (bytes.length > FILE_MAX_BYTES) return;
      makeFolder(this.#folder);
      writeFileAtomically(this.#path(digest), bytes, 0o600, { replace: true });
      this.#prune();
    } catch {
      // A catalogue too large, a home that cannot be written, a full disk: the next call asks the daemon again, as this one did.
    }
  }

  #path(digest: Uint8Array): string {
    return join(this.#folder, `${Buffer.from(digest).toString("hex")}.cbor`);
  }

  #prune(): void {
    const files = readdirSync(this.#folder).filter((name) => NAME.test(name));
    if (files.length <= KEPT_MAX) return;
    const byAge = files
      .map((name) => ({ path: join(this.#folder, name), at: statSync(join(this.#folder, name)).mtimeMs }))
      .toSorted((a, b) => b.at - a.at);
    for (const { path } of byAge.slice(KEPT_MAX)) rmSync(path, { force: true });
  }
}
