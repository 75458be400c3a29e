/** What a reference may stand for; `yours`: one of the receiver's own, which comes back. */
export type ReferenceKind = "callback" | "stream" | "object" | "yours";

/**
 * A reference as it stands in a message (docs/protocol.md, section 5): a tag that says whose it is and what, around its
 * number. Numbers count for each direction of a connection by themselves.
 */
export class WireReference {
  readonly kind: ReferenceKind;
  /** from 1 */
  readonly id: number;

  constructor(kind: ReferenceKind, id: number) {
    this.kind = kind;
    this.id = id;
  }
}

/** In the range that RFC 8949 leaves to first come, first served, and cbor-x to its users. */
export const REFERENCE_TAGS = { yours: 40_000, callback: 40_001, stream: 40_002, object: 40_003 } as const;

const KINDS: ReadonlyMap<number, ReferenceKind> = new Map([
  [REFERENCE_TAGS.yours, "yours"],
  [REFERENCE_TAGS.callback, "callback"],
  [REFERENCE_TAGS.stream, "stream"],
  [REFERENCE_TAGS.object, "object"],
]);

export function referenceKind(tag: number): ReferenceKind | undefined {
  return KINDS.get(tag);
}
