import { decodeChecked, isTagged } from "./cbor.ts";
import type { Checked } from "./cbor-check.ts";
import type { WireMap } from "./fields.ts";
import type { WireReference } from "./reference.ts";

/** What a copy of waiting bytes takes beside them, in bytes: the view, its buffer, and the bookkeeping of both. */
export const COPY_COST = 320;

const NO_BYTES = new Uint8Array(0);

/** What the check has said of the message that a part is of. */
type Findings = Pick<Checked, "cost" | "hasMutable" | "hasNegativeZero" | "hasSparseMap">;

/**
 * A part of a message that was checked and is not decoded yet. It lies in memory that belongs to the socket until it is decoded
 * or {@link Packed.keep} copies it out.
 */
export class Packed implements Findings {
  /** upper bound of the memory that it takes once it is decoded, in bytes */
  readonly cost: number;
  readonly hasMutable: boolean;
  readonly hasNegativeZero: boolean;
  readonly hasSparseMap: boolean;
  #bytes: Uint8Array;
  #from: number;
  #end: number;
  #isKept = false;
  #isStaying = false;

  constructor(bytes: Uint8Array, from: number, end: number, findings: Findings) {
    this.cost = findings.cost;
    this.hasMutable = findings.hasMutable;
    this.hasNegativeZero = findings.hasNegativeZero;
    this.hasSparseMap = findings.hasSparseMap;
    this.#bytes = bytes;
    this.#from = from;
    this.#end = end;
  }

  /** How many bytes it has on the wire. */
  get length(): number {
    return this.#end - this.#from;
  }

  /** Whether the bytes stay beside what is decoded of them. */
  get isStaying(): boolean {
    return this.#isStaying;
  }

  /** Keeps the bytes beside what is decoded of them, until this is given up. */
  stay(): void {
    this.keep();
    this.#isStaying = true;
  }

  /** Copies the bytes out of what was read with them, so that they may wait. Twice is once. */
  keep(): void {
    if (this.#isKept) return;
    this.#isKept = true;
    // Of a Buffer, `slice` would be a view.
    this.#bytes = Uint8Array.prototype.slice.call(this.#bytes, this.#from, this.#end);
    this.#end -= this.#from;
    this.#from = 0;
  }

  /** Lets go of bytes that are not to stay: they would hold all that was read with them. Nothing can be decoded afterwards. */
  forget(): void {
    if (this.#isStaying) return;
    this.#bytes = NO_BYTES;
    this.#from = 0;
    this.#end = 0;
  }

  /** The value. Each call decodes it anew. */
  decode(): unknown {
    return this.part(0, this.length);
  }

  /** The value of what lies between two offsets of it. */
  protected part(from: number, end: number, asViews = false): unknown {
    if (this.#end === 0) throw new Error("the bytes of a message were forgotten");
    const at = this.#from;
    return decodeChecked(this.#bytes, at + from, at + end, this.hasNegativeZero, this.hasSparseMap, asViews);
  }

  /** The byte at an offset. */
  protected byteAt(at: number): number {
    return this.#bytes[this.#from + at] ?? 0;
  }

  /** The bytes themselves, copied out. */
  protected get own(): Uint8Array {
    this.keep();
    return this.#bytes;
  }
}

/** The arguments of a call. */
export interface Arguments {
  readonly positional: readonly unknown[];
  readonly named: WireMap;
}

const NONE_NAMED: WireMap = Object.freeze({});
const NONE_POSITIONAL: readonly unknown[] = Object.freeze([]);
const EMPTY_ARRAY = 0x80;
const EMPTY_MAP = 0xa0;

/** The arguments of a call that came, as they lie in its message: the positional ones, then the named ones. */
export class PackedArguments extends Packed {
  /** the references among them, in their order */
  readonly references: readonly WireReference[];
  readonly #namedFrom: number;
  #stands: readonly unknown[];
  #values: Arguments | undefined;

  /** @param places - where the positional ones begin, where the named ones, and where these end */
  constructor(
    bytes: Uint8Array,
    [from, namedFrom, end]: readonly [number, number, number],
    findings: Findings,
    references: readonly WireReference[],
  ) {
    super(bytes, from, end, findings);
    this.#namedFrom = namedFrom - from;
    this.references = references;
    this.#stands = references;
  }

  /** Puts other values in the place of the references, one for each, before anything is decoded. */
  standIn(values: readonly unknown[]): void {
    if (this.#values !== undefined || values.length !== this.references.length)
      throw new Error(`${values.length} values for ${this.references.length} references`);
    this.#stands = values;
  }

  /** What stands for each reference. */
  get stands(): readonly unknown[] {
    return this.#stands;
  }

  /** The arguments; decoded once. */
  get values(): Arguments {
    this.#values ??= this.decodeWith(this.#stands);
    return this.#values;
  }

  /** The same arguments, as bytes alone. */
  kept(): PackedArguments {
    const bytes = this.own;
    return new PackedArguments(bytes, [0, this.#namedFrom, bytes.length], this, this.references);
  }

  /** The arguments as they were sent, to be looked at while their bytes are there: byte strings may be views on these. */
  original(): Arguments {
    return this.decodeWith(this.#stands, true);
  }

  /** The arguments as they came, decoded anew. @param stands - for the references, one for each */
  decodeWith(stands: readonly unknown[], asViews = false): Arguments {
    const namedFrom = this.#namedFrom;
    const positional: unknown =
      namedFrom === 1 && this.byteAt(0) === EMPTY_ARRAY ? NONE_POSITIONAL : this.part(0, namedFrom, asViews);
    const named: unknown =
      this.length === namedFrom + 1 && this.byteAt(namedFrom) === EMPTY_MAP
        ? NONE_NAMED
        : this.part(namedFrom, this.length, asViews);
    if (!isList(positional) || !isMap(named)) throw new Error("arguments that the check let through");
    if (this.references.length === 0) return { positional, named };
    let next = 0;
    const place = (value: unknown): unknown => {
      if (!isTagged(value)) return value;
      const stand = stands[next];
      next++;
      return stand;
    };
    return {
      positional: positional.map(place),
      named: Object.fromEntries(Object.entries(named).map(([name, value]) => [name, place(value)])),
    };
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isMap(value: unknown): value is WireMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
