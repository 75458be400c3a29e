import { test } from "node:test";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { assertRefused, assertTaken } from "./findings.ts";
import { keyLine } from "./support.ts";

/** alice is a user, bob an admin and so a lead and a user; certificates of ca may be of users. */
export const withAssertion = (grant: string, never: string): string => `policy: 1
roles: {user: , lead: {includes: [user]}, admin: {includes: [lead]}}
identities:
  alice: {keys: [${keyLine(1)}], roles: [user]}
  bob: {keys: [${keyLine(2)}], roles: [admin]}
authorities: {ca: {keys: [${keyLine(3)}], names: [web-*], roles: [user]}}
grants:
  g: {${grant}}
never:
  ▸n: {${never}}
`;

/** What is granted, what must never be, and what does not touch it: by a narrower grant or another assertion. */
type Pair = readonly [what: string, grant: string, never: string, twin: { grant?: string; never?: string }];

/** A test for each: the grant breaks the assertion, and its twin does not. */
export function breaks(pairs: readonly Pair[], catalogue?: Catalogue): void {
  for (const [what, grant, never, twin] of pairs) {
    test(what, () => {
      assertRefused(
        withAssertion(grant, never),
        "P602",
        "the grant 'g' lets … as 'n' says must never be",
        catalogue,
      );
      assertTaken(withAssertion(twin.grant ?? grant, twin.never ?? never), catalogue);
    });
  }
}
