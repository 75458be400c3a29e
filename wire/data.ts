import { types } from "node:util";
import { Fault } from "../base/fault.ts";
import { FORBIDDEN_KEYS } from "../base/names.ts";
import { isPlainObject } from "../base/plain-object.ts";
import {
  ARRAY_COST,
  BYTES_COST,
  ENTRY_COST,
  LAYOUT_COST,
  MAP_COST,
  REFERENCE_COST,
  TEXT_COST,
  TIME_COST,
  VALUE_COST,
} from "./cost.ts";
import { type DataLimits, SESSION_FRAME_MAX_BYTES } from "./limits.ts";
import { indexedCost, newRecord } from "./new-record.ts";
import { REFERENCE_TAGS, WireReference } from "./reference.ts";

/** Makes what the encoder writes as a tag, out of what stands behind it. */
export type TagMaker = (content: number | bigint, tag: number) => object;

/** Seconds since 1970 (RFC 8949, 3.4.2). */
const TIME_TAG = 1;

/** From here on, and below its negative, the encoder would write a whole number as a float; as a bigint it does not. */
const FLOAT_FROM = 2 ** 32;

/** Data that was read, as the encoder takes it. */
export interface ReadData {
  readonly value: unknown;
  /** more than it takes on the wire, in bytes */
  readonly maxBytes: number;
  /** of its texts, in UTF-16 code units, and of its byte strings */
  readonly dataBytes: number;
  /** whether it may cost more than the limits have; only the check of its bytes knows */
  readonly mayCostTooMuch: boolean;
  /** where that was seen first */
  readonly costlyPath: readonly (string | number)[];
}

/**
 * Reads a value out of a handler's or a caller's hands by the whitelist of the profile
 * (docs/protocol.md, section 3), and gives a copy made of nothing else. It is a copy so that a getter
 * cannot answer one thing to the check and another to the encoder.
 *
 * @throws {@link Fault} `internal`, naming the path and what was found there; `out_of_range` if it is too large
 */
export function readData(value: unknown, limits: DataLimits, makeTag: TagMaker): ReadData {
  const reader = new DataReader(limits, makeTag);
  return reader.done(reader.read(value));
}

/**
 * As {@link readData}, for an array that begins with numbers of this side's own, which need no reading: the paths, the
 * depth and the count are those of the whole array.
 */
export function readParts(
  numbers: readonly number[],
  data: readonly unknown[],
  limits: DataLimits,
  makeTag: TagMaker,
): ReadData {
  const reader = new DataReader(limits, makeTag);
  return reader.done(reader.parts(numbers, data));
}

/** No head of an item is longer. */
const HEAD_BYTES = 9;
/** A UTF-16 code unit becomes at most three bytes, and each of them costs at most twice. */
const UNIT_BYTES = 3;

class DataReader {
  readonly #limits: DataLimits;
  readonly #makeTag: TagMaker;
  readonly #path: (string | number)[] = [];
  #items = 0;
  /** of texts, in UTF-16 code units, and of byte strings */
  #bytes = 0;
  #maxBytes = 0;
  /** an upper bound */
  #cost = 0;
  #costlyPath: readonly (string | number)[] | undefined;

  constructor(limits: DataLimits, makeTag: TagMaker) {
    this.#limits = limits;
    this.#makeTag = makeTag;
  }

  done(value: unknown): ReadData {
    const path = this.#costlyPath;
    return {
      value,
      maxBytes: this.#maxBytes,
      dataBytes: this.#bytes,
      mayCostTooMuch: path !== undefined,
      costlyPath: path ?? [],
    };
  }

  read(value: unknown): unknown {
    this.#items++;
    this.#maxBytes += HEAD_BYTES;
    if (this.#items > this.#limits.maxItems) this.#tooLarge(`more than ${this.#limits.maxItems} items`);
    switch (typeof value) {
      case "boolean":
        this.#spend(VALUE_COST);
        return value;
      case "number":
        this.#spend(VALUE_COST);
        return this.#number(value);
      case "string":
        this.#count(value.length);
        this.#maxBytes += UNIT_BYTES * value.length;
        this.#spend(TEXT_COST + 2 * UNIT_BYTES * value.length);
        if (!isSendable(value))
          this.#refuse("a text with half of a surrogate pair or a byte order mark in front");
        return value;
      case "object":
        if (value !== null) return this.#object(value);
        this.#spend(VALUE_COST);
        return null;
      case "undefined":
        return this.#refuse("undefined", "leave it out, or pass null");
      case "bigint":
        return this.#refuse("a bigint", "pass a number up to 2^53, or a text");
      case "symbol":
        return this.#refuse("a symbol");
      case "function":
        return this.#refuse(
          "a function",
          "pass it as an argument of its own, where the method takes a callback",
        );
      default:
        throw new Error(`typeof gave ${typeof value}`);
    }
  }

  parts(numbers: readonly number[], data: readonly unknown[]): unknown[] {
    this.#items += 1 + numbers.length;
    this.#maxBytes += HEAD_BYTES * (1 + numbers.length);
    this.#spend(ARRAY_COST + VALUE_COST * numbers.length);
    const all: unknown[] = [];
    for (const number of numbers) {
      const isLarge = number >= FLOAT_FROM || number < -FLOAT_FROM;
      all.push(isLarge && Number.isSafeInteger(number) ? BigInt(number) : number);
    }
    for (let i = 0; i < data.length; i++) {
      this.#path.push(numbers.length + i);
      all.push(this.read(data[i]));
      this.#path.pop();
    }
    return all;
  }

  /** One large text may stand in a thousand places: what cannot go into a frame is not copied first. */
  #count(bytes: number): void {
    this.#bytes += bytes;
    const { maxBytes = SESSION_FRAME_MAX_BYTES } = this.#limits;
    if (this.#bytes > maxBytes) this.#tooLarge(`more than ${maxBytes} bytes`);
  }

  #spend(cost: number): void {
    this.#cost += cost;
    if (this.#cost > this.#limits.maxCost) this.#costlyPath ??= [...this.#path];
  }

  #number(value: number): number | bigint {
    if (!Number.isFinite(value)) this.#refuse(`${value}, which is not finite,`);
    const large = value >= FLOAT_FROM || value < -FLOAT_FROM;
    return large && Number.isSafeInteger(value) ? BigInt(value) : value;
  }

  #object(value: object): unknown {
    // A Proxy is asked nothing: its traps would run in the middle of the walk.
    if (types.isProxy(value)) return this.#refuse("a Proxy");
    if (types.isUint8Array(value)) {
      const view = plainView(value);
      this.#count(view.length);
      this.#maxBytes += view.length;
      this.#spend(BYTES_COST + view.length);
      return view;
    }
    if (types.isDate(value)) return this.#time(value);
    if (this.#path.length >= this.#limits.maxDepth)
      this.#refuse(`nesting deeper than ${this.#limits.maxDepth}`);
    if (Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype) return this.#list(value);
    if (isPlainObject(value)) return this.#map(value);
    if (value instanceof WireReference) return this.#reference(value);
    return this.#refuse(...words(value));
  }

  #time(value: Date): unknown {
    const ms = Date.prototype.getTime.call(value);
    if (Number.isNaN(ms)) this.#refuse("an invalid Date");
    this.#maxBytes += HEAD_BYTES;
    this.#spend(TIME_COST);
    // Some 140,000 years away a double has no room for seconds and milliseconds both.
    if (Math.round((ms / 1000) * 1000) !== ms) this.#refuse("a Date too far away for its milliseconds");
    return this.#makeTag(this.#number(ms / 1000), TIME_TAG);
  }

  #reference({ kind, id }: WireReference): object {
    // The path has a step for each container around it.
    if (this.#path.length > (this.#limits.referenceDepth ?? -1))
      this.#refuse("a reference, where only data may be,");
    this.#maxBytes += HEAD_BYTES;
    this.#spend(REFERENCE_COST);
    return this.#makeTag(id >= FLOAT_FROM ? BigInt(id) : id, REFERENCE_TAGS[kind]);
  }

  #list(list: readonly unknown[]): unknown {
    // Before room is made for it: a sparse array can claim four thousand million places.
    if (list.length > this.#limits.maxItems)
      this.#tooLarge(`a list of ${list.length} items, at most ${this.#limits.maxItems},`);
    this.#spend(ARRAY_COST);
    const copy: unknown[] = [];
    for (let i = 0; i < list.length; i++) {
      this.#path.push(i);
      copy.push(this.read(list[i]));
      this.#path.pop();
    }
    return copy;
  }

  #map(map: Readonly<Record<string, unknown>>): unknown {
    const keys = Object.keys(map);
    if (keys.length > this.#limits.maxEntries) {
      this.#refuse(`a map of ${keys.length} entries, at most ${this.#limits.maxEntries},`);
    }
    if (Object.getOwnPropertySymbols(map).length > 0) this.#refuse("a key that is a symbol");
    const copy = newRecord(keys);
    this.#spend(MAP_COST + indexedCost(keys));
    for (const key of keys) {
      this.#path.push(key);
      this.#maxBytes += HEAD_BYTES + UNIT_BYTES * key.length;
      this.#spend(ENTRY_COST + LAYOUT_COST + 2 * UNIT_BYTES * key.length);
      if (FORBIDDEN_KEYS.has(key)) this.#refuse("this name as a key");
      if (!isSendable(key)) this.#refuse("a key that is not well-formed text");
      if (Buffer.byteLength(key) > this.#limits.maxKeyBytes) {
        this.#refuse(`a key of more than ${this.#limits.maxKeyBytes} bytes`);
      }
      copy[key] = this.read(map[key]);
      this.#path.pop();
    }
    return copy;
  }

  #tooLarge(found: string): never {
    throw new Fault("out_of_range", `${pathText(this.#path)}: ${found} cannot be sent in one message`);
  }

  /** @param instead - what can be sent in its place */
  #refuse(found: string, instead?: string): never {
    const hint = instead === undefined ? "" : `; ${instead}`;
    throw new Fault("internal", `${pathText(this.#path)}: ${found} cannot be sent${hint}`);
  }
}

/** A path into a value as people write it: `a`, `tags[3]`, `labels.team`; the whole is `the value`. */
export function pathText(path: readonly (string | number)[]): string {
  if (path.length === 0) return "the value";
  return path
    .map((step, i) => (typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join("");
}

/** The same data with every map's keys in the order of their encoded bytes: the shorter first. */
export function sortKeys(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(sortKeys);
  if (!isPlainObject(data)) return data;
  // A Map keeps the order also of keys that look like numbers; an object does not.
  return new Map(
    Object.entries(data)
      .map(([key, value]) => ({ key, bytes: Buffer.from(key), value: sortKeys(value) }))
      .toSorted((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
      .map(({ key, value }) => [key, value]),
  );
}

/** Puts 0 in the place of −0, in data that was just decoded and is nobody else's. Its depth was bounded by the check. */
export function withoutNegativeZero(data: unknown): unknown {
  if (data === 0) return 0;
  if (Array.isArray(data)) for (let i = 0; i < data.length; i++) data[i] = withoutNegativeZero(data[i]);
  else if (isPlainObject(data)) {
    const record: Record<string, unknown> = data;
    for (const key in record) record[key] = withoutNegativeZero(record[key]);
  }
  return data;
}

/**
 * The bytes themselves, not a copy: whatever is in them is good. Where they lie is asked of the language, not of the
 * object: one with a `length` of its own must not show the memory behind it.
 */
function plainView(bytes: Uint8Array): Uint8Array {
  const at = Number(Reflect.get(TYPED_ARRAY, "byteOffset", bytes));
  const length = Number(Reflect.get(TYPED_ARRAY, "length", bytes));
  const buffer: unknown = Reflect.get(TYPED_ARRAY, "buffer", bytes);
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer, at, length);
  // Shared memory, or of another realm: it is copied.
  return Uint8Array.prototype.slice.call(bytes);
}

const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);

/** Whether the other end will read the same text: a BOM in front would be refused, or dropped. */
function isSendable(text: string): boolean {
  return text.isWellFormed() && !text.startsWith("\ufeff");
}

/** What an object is that is no data, and what can be sent in its place. */
function words(value: object): [found: string, instead?: string] {
  if (types.isMap(value)) return ["a Map", "pass an object, or a list of pairs"];
  if (types.isSet(value)) return ["a Set", "pass a list"];
  if (types.isPromise(value)) return ["a Promise", "await it first"];
  if (types.isNativeError(value)) return ["an Error", "pass its message"];
  if (types.isRegExp(value)) return ["a RegExp", "pass its source"];
  const name = className(value);
  if (types.isTypedArray(value))
    return [`a ${name}`, "pass a list of its numbers, or its bytes as a Uint8Array"];
  if (types.isAnyArrayBuffer(value) || types.isDataView(value))
    return [`a ${name}`, "pass its bytes as a Uint8Array"];
  return [`an instance of ${name}`, "pass a plain object or a list"];
}

function className(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  const made: unknown = Object.getOwnPropertyDescriptor(prototype ?? {}, "constructor")?.value;
  return typeof made === "function" && made.name !== "" ? made.name : "some class";
}
