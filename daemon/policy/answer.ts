import type { Catalogue } from "../../catalogue/catalogue.ts";
import { FileProblem } from "../../files/file-problem.ts";
import type { CheckedPolicy } from "../../policy/engine.ts";
import { readPolicy } from "./read.ts";

/** Which file is to be read. */
export interface Order {
  readonly path: string;
  readonly catalogue: Catalogue;
  readonly nowMs: number;
}

/** What comes of it: the file as data, or why it could not be read. */
export type ThreadAnswer = { readonly checked: CheckedPolicy } | { readonly unreadable: readonly string[] };

/** Reads a policy file, and says what came of it as data that goes from one thread to another. */
export function answerTo({ path, catalogue, nowMs }: Order): ThreadAnswer {
  try {
    return { checked: readPolicy(path, catalogue, nowMs) };
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    return { unreadable: error.lines };
  }
}
