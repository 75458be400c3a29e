import type { NameTree } from "../../yaml/name-tree.ts";
import type { Place } from "../../yaml/problem.ts";
import type { Via } from "../base/via.ts";
import type { CallLiteral } from "./call-literal.ts";

/** An embedded test: what a principal may do, and what not. */
export interface TestTree {
  readonly at: Place;
  readonly as: TestPrincipal;
  /** `unix` where nothing is said. */
  readonly via: Via;
  /** Whether the test names its channel. */
  readonly isViaGiven: boolean;
  /** The peer's address, as it is written and as a number; missing where it has none. */
  readonly from: { readonly text: string; readonly address: bigint } | undefined;
  /** The moment, in milliseconds since 1970; missing for that of the check. */
  readonly atMs: number | undefined;
  readonly allow: readonly TestCall[];
  readonly deny: readonly TestCall[];
}

export interface TestCall {
  /** As it is written. */
  readonly text: string;
  readonly at: Place;
  readonly call: CallLiteral;
}

/** A pinned identity, or whoever shows a certificate of an authority. */
export type TestPrincipal =
  | { readonly kind: "identity"; readonly identity: NameTree }
  | {
      readonly kind: "certificate";
      readonly authority: NameTree;
      readonly name: NameTree;
      readonly roles: readonly NameTree[];
    };
