import type { MethodEntry } from "../../catalogue/catalogue.ts";
import { methodData } from "../../catalogue/data.ts";
import { type Page, pageOf } from "../base/page.ts";

/** What {@link cataloguePage} gives: plain data. */
interface CataloguePage {
  readonly methods: Page["entries"];
  readonly next: Page["next"];
}

/**
 * The methods whose names come after that text, as many as go into a message; the registry has seen to it that one does.
 *
 * @param methods - in the order of their names
 */
export function cataloguePage(methods: readonly MethodEntry[], after: string): CataloguePage {
  const { entries, next } = pageOf(methods, after, ({ name }) => name, methodData);
  return { methods: entries, next };
}
