import { CERTIFICATE_NAME_RULE, isCertificateName } from "../../base/names.ts";
import type { Place } from "../../yaml/problem.ts";
import type { Reader } from "../../yaml/reader.ts";
import { short, type YamlNode } from "../../yaml/tree.ts";
import { type Pattern, parsePattern } from "./pattern.ts";
import type { SubjectTree } from "./tree.ts";

/** Every authenticated principal: no role may bear this name. */
export const EVERYONE = "everyone";

/** Reads for whom something is: roles, `id:NAME`, `everyone`. A certificate is `id:AUTHORITY/NAME`. */
export function parseSubjects(node: YamlNode, reader: Reader): SubjectTree[] {
  const subjects: SubjectTree[] = [];
  for (const { value, at } of reader.texts(node, "role", { empty: false })) {
    const text = String(value);
    const name = text.startsWith("id:") ? text.slice(3) : text;
    if (text === EVERYONE) subjects.push({ kind: "everyone", name, at });
    else if (name === text) {
      if (reader.goodName(name, at, "role")) subjects.push({ kind: "role", name, at });
    } else if (!name.includes("/")) {
      if (reader.goodName(name, at, "identity")) subjects.push({ kind: "identity", name, at });
    } else if (goodCertificate(name, at, reader)) subjects.push({ kind: "certificate", name, at });
  }
  return subjects;
}

/** `AUTHORITY/NAME`, as in the name of a principal that shows a certificate. */
function goodCertificate(text: string, at: Place, reader: Reader): boolean {
  const slash = text.indexOf("/");
  if (!reader.goodName(text.slice(0, slash), at, "authority")) return false;
  if (isCertificateName(text.slice(slash + 1))) return true;
  reader.error("P206", at, `'${short(text)}' names no certificate: ${CERTIFICATE_NAME_RULE}`);
  return false;
}

/** Reads patterns of the names of methods. */
export function parsePatterns(node: YamlNode, empty: boolean, reader: Reader): Pattern[] {
  const patterns: Pattern[] = [];
  for (const { value, at } of reader.texts(node, "method pattern", { empty })) {
    const pattern = parsePattern(String(value));
    if (typeof pattern === "string") {
      reader.error("P205", at, pattern, "'*' stands for one whole segment, '**' at the end for one or more");
    } else {
      patterns.push({ ...pattern, at });
    }
  }
  return patterns;
}
