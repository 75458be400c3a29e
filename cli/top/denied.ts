import { HEALTH, type Reading, SESSIONS } from "./ask.ts";

/** What was denied is not asked again, until there is another policy: each denial is counted, and stands in the audit log. */
export class Denied {
  #methods = new Set<string>();
  #generation: number | undefined;

  get methods(): ReadonlySet<string> {
    return this.#methods;
  }

  learn({ stats, sessions, health }: Reading): void {
    const { generation } = stats.policy;
    // Under another policy it is asked once more.
    if (generation !== this.#generation && this.#generation !== undefined) this.#methods = new Set();
    else {
      if (sessions === undefined) this.#methods.add(SESSIONS);
      if (health === undefined) this.#methods.add(HEALTH);
    }
    this.#generation = generation;
  }
}
