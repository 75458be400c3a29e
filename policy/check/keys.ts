import type { Place, Problem } from "../../yaml/problem.ts";
import type { KeyTree, PolicyTree } from "../syntax/tree.ts";

/** Whose a key is, and where that stands. */
interface KeyOwner {
  /** `identity 'alice'` */
  readonly words: string;
  readonly at: Place;
}

/** Keys that stand for two, and keys that are revoked where they are listed. */
export function checkKeys({ identities, authorities, revoked }: PolicyTree): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, KeyOwner>();
  const holders = [
    ...[...identities.values()].map(({ name, keys }) => ({ words: `identity '${name}'`, keys })),
    ...[...authorities.values()].map(({ name, keys }) => ({ words: `authority '${name}'`, keys })),
  ];
  for (const { words, keys } of holders) {
    for (const key of keys) {
      const first = owners.get(key.fingerprint);
      if (first === undefined) owners.set(key.fingerprint, { words, at: key.at });
      else problems.push(sharedKey(key, words, first));
    }
  }
  for (const one of revoked) {
    const owner = one.kind === "key" ? owners.get(one.fingerprint) : undefined;
    if (owner !== undefined) problems.push(revokedKey(one.at, owner));
  }
  return problems;
}

function sharedKey(key: KeyTree, words: string, first: KeyOwner): Problem {
  const text =
    first.words === words
      ? `the key ${key.fingerprint} stands twice under the ${words}`
      : `the key ${key.fingerprint} belongs to the ${first.words} already: a key stands for one`;
  const related = [{ at: first.at, text: "the first one is" }];
  return { code: "P303", severity: "error", at: key.at, text, hint: "remove one of the two", related };
}

/** A warning: whoever revokes a key in a hurry must not be told that the file is refused. The key is refused either way. */
function revokedKey(at: Place, owner: KeyOwner): Problem {
  const text = `this key is revoked, and the ${owner.words} still lists it`;
  const related = [{ at: owner.at, text: "it is listed" }];
  return { code: "P303", severity: "warning", at, text, hint: "remove it there when there is time", related };
}
