import type { Children } from "../children.ts";
import { builtPath } from "../places.ts";
import type { Plan } from "../plan.ts";
import type { CheckFound } from "./found.ts";

/** Runs workload K in a separate process, without sockets. */
export async function checkRounds(children: Children, plan: Plan): Promise<readonly CheckFound[]> {
  const words = ["--disallow-code-generation-from-strings", builtPath("bench/check/main.js"), plan.measureMs];
  const child = children.start(process.execPath, words.map(String), { endsBy: "input" });
  const found: readonly CheckFound[] = JSON.parse(await child.next());
  await child.end();
  return found;
}
