import type { Children } from "../children.ts";
import { builtPath } from "../places.ts";
import type { Plan } from "../plan.ts";
import type { Decisions } from "./found.ts";

/** All that a million decisions may leave behind fits into the room for new objects: so it can be counted. */
const ROOM = "--max-semi-space-size=128";

/** P: each policy in a process of its own, as often as the plan says. @returns the round with the median of the medians */
export async function decisionRounds(children: Children, plan: Plan): Promise<readonly Decisions[]> {
  const found: Decisions[] = [];
  for (const [grants, roles] of plan.policies) {
    const rounds: Decisions[] = [];
    for (let round = 0; round < plan.policyRounds; round++) {
      const words = [ROOM, builtPath("bench/decisions/main.js"), grants, roles, plan.decisions].map(String);
      const child = children.start(process.execPath, words, { endsBy: "input" });
      rounds.push(JSON.parse(await child.next()));
      await child.end();
    }
    const sorted = rounds.toSorted((a, b) => warm(a).p50 - warm(b).p50);
    const median = sorted[Math.floor(sorted.length / 2)];
    if (median === undefined) throw new Error("no round of decisions");
    found.push(median);
  }
  return found;
}

/** The rotation that the bar is for: a thousand different calls. */
export function warm({ rotations }: Decisions): Decisions["rotations"][number] {
  const found = rotations.find(({ different }) => different === 1_000);
  if (found === undefined) throw new Error("no rotation of a thousand calls");
  return found;
}
