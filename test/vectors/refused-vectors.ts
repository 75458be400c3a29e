import type { Case } from "./refused-case.ts";
import { longLogins, misshapenLogins } from "./refused-logins.ts";
import { LONG_MESSAGES, MISSHAPEN_MESSAGES } from "./refused-messages.ts";
import { outsideLoginProfile, outsideProfile } from "./refused-profile.ts";

/**
 * A body that a receiver refuses.
 *
 *     profile   it is not of the CBOR profile, or over its limits (docs/protocol.md, sections 3 and 8)
 *     shape     it is of the profile, and no message of docs/protocol.cddl
 *     bound     it is a message of docs/protocol.cddl, with a text of too many characters, or with a body of the login
 *               that costs too much
 */
interface RefusedVector {
  readonly when: "before" | "after";
  readonly violates: "profile" | "shape" | "bound";
  readonly rule: string;
  readonly body: string;
}

/** The fields `refused` and `refused_headers` of the file. None of it is made by the encoders. */
export function refusedVectors(): object {
  return {
    refused: [
      ...vectorsOf("after", "profile", outsideProfile()),
      ...vectorsOf("after", "shape", MISSHAPEN_MESSAGES),
      ...vectorsOf("after", "bound", LONG_MESSAGES),
      ...vectorsOf("before", "profile", outsideLoginProfile()),
      ...vectorsOf("before", "shape", misshapenLogins()),
      ...vectorsOf("before", "bound", longLogins()),
    ],
    refused_headers: [
      { when: "before", rule: "a frame has a body", header: "00000000" },
      { when: "before", rule: "a frame has at most 4 KiB", header: "00001001" },
      { when: "after", rule: "a frame has a body", header: "00000000" },
      { when: "after", rule: "a frame has at most 1 MiB", header: "00100001" },
      { when: "after", rule: "a frame has at most 1 MiB", header: "ffffffff" },
    ],
  };
}

function vectorsOf(
  when: RefusedVector["when"],
  violates: RefusedVector["violates"],
  cases: readonly Case[],
): RefusedVector[] {
  return cases.map(([rule, hex]) => ({ when, violates, rule, body: hex.replaceAll(" ", "") }));
}
