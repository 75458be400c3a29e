import { createHash } from "node:crypto";
import type { Catalogue } from "../base/catalogue.ts";
import { check } from "./check.ts";
import { compile, type Policy } from "./compile.ts";
import { parsePolicy } from "./parse.ts";
import { hasErrors, inOrder, type Problem } from "./problem.ts";
import { readYaml } from "./yaml.ts";

export interface Loaded {
  /** In the order of the text. */
  readonly problems: readonly Problem[];
  /** Missing exactly where one of the problems is an error. */
  readonly policy: Policy | undefined;
  /** The text, for excerpts. */
  readonly source: string;
  /** `sha256:` and the hash of the bytes in hex, of a refused file too. */
  readonly hash: string;
}

/**
 * The whole way from bytes to a policy, the same for the daemon and for whoever checks a file before:
 *
 *     bytes → strict YAML → tree with places → check → compile
 *
 * @param catalogue - where it is known, methods and arguments are held against it too
 */
export function loadPolicy(bytes: Uint8Array, catalogue?: Catalogue): Loaded {
  const hash = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const { root, problems: gate, source } = readYaml(bytes);
  // Where the gate made no tree of a text, what is said of the missing tree would only mislead.
  if (root === undefined && hasErrors(gate)) return { problems: gate, policy: undefined, source, hash };
  const { tree, problems: parsed } = parsePolicy(root);
  const names = check(tree, catalogue).filter(({ code }) => code !== "P304" || !hasErrors(parsed));
  const problems = inOrder([...gate, ...parsed, ...names]);
  return { problems, policy: hasErrors(problems) ? undefined : compile(tree, hash), source, hash };
}
