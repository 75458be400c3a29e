import { dirname, resolve } from "node:path";
import { readTrustedFile } from "../../files/secure-file.ts";
import { hasErrors } from "../../yaml/problem.ts";
import { readYaml } from "../../yaml/read.ts";
import { Reader } from "../../yaml/reader.ts";
import { renderProblem } from "../../yaml/render.ts";
import type { YamlEntry } from "../../yaml/tree.ts";
import { Failure } from "../io/failure.ts";

const FILE_MAX_BYTES = 64 * 1024;

const FIELDS = {
  of: "the configuration",
  known: ["address", "identity", "known_daemons", "owner", "timeout", "doctor_ignore"],
} as const;

/** The settings of a file, as texts; paths are absolute. */
export interface FileSettings {
  readonly path: string;
  readonly address?: string | undefined;
  readonly identity?: string | undefined;
  readonly known_daemons?: string | undefined;
  readonly owner?: readonly string[] | undefined;
  readonly timeout?: string | undefined;
  readonly doctor_ignore?: readonly string[] | undefined;
}

/**
 * Reads a configuration file. It decides which daemon is believed, so nobody else may have written it.
 *
 * @throws FileProblem, or Failure with every problem of the text
 */
export function readSettingsFile(path: string): FileSettings {
  const wanted = { what: "a configuration", maxBytes: FILE_MAX_BYTES, secret: false, mayBeLink: true };
  const bytes = readTrustedFile(path, wanted);
  const { root, problems, source } = readYaml(bytes);
  const reader = new Reader();
  const map = root === undefined ? undefined : reader.record(root, FIELDS);
  const text = (name: string): string | undefined => {
    const entry = map?.entries.get(name);
    return entry === undefined ? undefined : reader.text(entry.value, name);
  };
  const file = (name: string): string | undefined => {
    const found = text(name);
    return found === undefined ? undefined : resolve(dirname(path), found);
  };
  const settings = {
    path,
    address: text("address"),
    identity: file("identity"),
    known_daemons: file("known_daemons"),
    owner: texts(map?.entries.get("owner"), "user name", reader),
    timeout: text("timeout"),
    doctor_ignore: texts(map?.entries.get("doctor_ignore"), "code of doctor", reader),
  };
  const found = [...problems, ...reader.problems];
  if (!hasErrors(found)) return settings;
  const detail = found.map((problem) => renderProblem(problem, path, source)).join("");
  throw new Failure("usage", `${path}: the configuration cannot be used`, { detail });
}

/** One text, or a list of them. */
function texts(entry: YamlEntry | undefined, what: string, reader: Reader): readonly string[] | undefined {
  if (entry === undefined) return undefined;
  return reader.texts(entry.value, what, { empty: false }).map(({ value }) => String(value));
}
