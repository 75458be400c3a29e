import { assertNever } from "../../base/assert-never.ts";
import { type DecisionRecord, NO_ADDRESS } from "./explain.ts";

/** A denial in one sentence: `grant 'deploy' wants version to be re v[0-9]+, and "latest" came`. */
export function reasonWords({ reason, nearest, binding, unmatched }: DecisionRecord): string {
  if (reason === "allow") return "allowed";
  const [other] = unmatched;
  if (other !== undefined)
    return `positions and names cannot be matched without the methods: the call writes one, grant '${other}' the other`;
  if (binding !== undefined) return binding;
  if (reason === "no_grant") return "no grant covers the method";
  if (reason === "reserved") return "the method is reserved, and no grant names it exactly";
  if (nearest === undefined) return "no grant admits it";
  return missWords(nearest);
}

/** What a grant asks for and does not get, as a sentence. */
function missWords({ grant, on, path, want, got }: NonNullable<DecisionRecord["nearest"]>): string {
  switch (on) {
    case "to":
      return `grant '${grant}' is for ${want}, and the caller is ${got}`;
    case "returns":
      return `grant '${grant}' lets ${got} be returned, and the method returns ${want}: write returns: ${want}`;
    case "via":
      return `grant '${grant}' holds over ${want}, and the call comes over ${got}`;
    case "from":
      return `grant '${grant}' holds from ${want}, and the caller has ${got === NO_ADDRESS ? got : `the address ${got}`}`;
    case "valid":
      return `grant '${grant}' holds ${want}, and it is ${got}`;
    case "request":
      return `grant '${grant}' takes ${want} in a message, and this one has ${got}`;
    case "args":
      return `grant '${grant}' wants ${path ?? on} to be ${want}, and ${got} came`;
    default:
      return assertNever(on, "a condition");
  }
}
