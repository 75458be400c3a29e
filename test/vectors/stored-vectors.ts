import { readFileSync } from "node:fs";
import type { Frame } from "./read-frame.ts";

/*
 * The files of this folder as they lie there: test/vectors/README.md says what each field is. Bytes are
 * hexadecimal.
 */
export const FOLDER = new URL("../../../test/vectors/", import.meta.url);

export const storedText = (name: string): string => readFileSync(new URL(name, FOLDER), "utf8");

export const storedLogin = (name: string): LoginVector => JSON.parse(storedText(name));

export const storedMessages = (): MessageVectors => JSON.parse(storedText("messages.json"));

export interface Key {
  readonly seed: string;
  readonly key: string;
}

export interface Signature {
  readonly namespace: string;
  readonly block: string;
  readonly signature: string;
}

interface Step extends Partial<Signature> {
  readonly message: string;
  readonly from: string;
  readonly diagnostic: string;
  readonly body: string;
  readonly frame: string;
  readonly T_body: string;
  readonly T_signature?: string;
}

interface LoginVector {
  readonly word: string;
  readonly binding: string;
  readonly device?: number;
  readonly inode?: number;
  readonly host: Key;
  readonly client: Key;
  readonly T0: string;
  readonly steps: readonly Step[];
  readonly host_keys: readonly (Key & Signature)[];
  readonly welcome: Step;
  readonly refused: Readonly<Record<"frame" | "resource_exhausted" | "unavailable", string>>;
}

interface MessageVector {
  readonly name: string;
  readonly from: string;
  readonly diagnostic: string;
  readonly json?: unknown;
  /** in bytes */
  readonly cost: number;
  readonly body: string;
  readonly frame: string;
}

/** A message that reaches a limit of the profile and is not past it. */
export interface AtLimitVector {
  readonly when: Frame["when"];
  readonly rule: string;
  /** in bytes; `body_cost` is that of the map in the body of a message of the login */
  readonly cost: number;
  readonly body_cost?: number;
  readonly body: string;
}

interface MessageVectors {
  readonly messages: readonly MessageVector[];
  readonly other_forms: readonly { readonly name: string; readonly same_as: string; readonly body: string }[];
  readonly answers: readonly Readonly<Record<"name" | "frame" | "answer", string>>[];
  readonly at_limits: readonly AtLimitVector[];
  readonly refused: readonly {
    readonly when: Frame["when"];
    readonly violates: "profile" | "shape" | "bound";
    readonly rule: string;
    readonly body: string;
  }[];
  readonly refused_headers: readonly {
    readonly when: Frame["when"];
    readonly rule: string;
    readonly header: string;
  }[];
}
