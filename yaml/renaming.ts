import { editDistance } from "../base/closest.ts";
import type { Fix } from "./problem.ts";

/** The fix of a name that differs from another in one letter. A name that differs in more may have been something else. */
export function renaming(word: string, meant: string | undefined): { readonly fix?: Fix } {
  const isSlip = meant !== undefined && /^[A-Za-z0-9_.-]+$/.test(meant) && editDistance(word, meant) === 1;
  return isSlip ? { fix: { kind: "rename", word, by: meant } } : {};
}
