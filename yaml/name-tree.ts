import type { Place } from "./problem.ts";

/** A word that points at something declared elsewhere. */
export interface NameTree {
  readonly name: string;
  readonly at: Place;
}
