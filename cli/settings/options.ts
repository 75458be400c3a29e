/*
 * The words of a command, as data: one description for the quick reader of good command lines, for yargs,
 * and for the types of what `run` is given. A function over yargs could be read by yargs alone, and loading
 * yargs takes longer than a whole call.
 */

/** A word of a command: an option, or a positional, whose places are in the order of the description. */
export type Option =
  | { readonly kind: "word" | "word_maybe"; readonly describe: string }
  /** Any number of them; the last positional. */
  | { readonly kind: "words"; readonly describe: string }
  /** All that stands behind the positionals, as it is: no option is looked for in it. */
  | { readonly kind: "rest"; readonly describe: string }
  | { readonly kind: "flag"; readonly describe: string }
  | {
      readonly kind: "text" | "texts";
      /** What the value is, in capitals: `FILE`. */
      readonly value: string;
      readonly describe: string;
      readonly choices?: readonly string[];
    };

export type Options = Readonly<Record<string, Option>>;

interface Kinds {
  readonly word: string;
  readonly word_maybe: string | undefined;
  readonly words: readonly string[];
  readonly rest: readonly string[];
  readonly flag: boolean;
  readonly text: string | undefined;
  readonly texts: readonly string[];
}

/** What `run` is given. */
export type Given<O extends Options> = { readonly [K in keyof O]: Kinds[O[K]["kind"]] };

/** What was read, before it is known to fit the options. */
export type Words = ReadonlyMap<string, Kinds[Option["kind"]]>;

/** The words as `run` takes them: what was not given is `undefined`, `false` or an empty list. */
export function given<O extends Options>(options: O, words: Words): Given<O> {
  const entries = Object.entries(options).map(([name, { kind }]) => {
    const absent = kind === "flag" ? false : ["texts", "rest", "words"].includes(kind) ? [] : undefined;
    return [name, words.get(name) ?? absent] as const;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both readers give each kind its type
  return Object.fromEntries(entries) as Given<O>;
}

export const JSON_FLAG = {
  json: { kind: "flag", describe: "print JSON, faults too" },
} as const satisfies Options;

const CONFIG = {
  config: { kind: "text", value: "FILE", describe: "read settings from FILE" },
} as const satisfies Options;

export const IDENTITY = {
  identity: { kind: "text", value: "FILE", describe: "the private key to log in with" },
  ...CONFIG,
} as const satisfies Options;

export const KNOWN_DAEMONS = {
  "known-daemons": { kind: "text", value: "FILE", describe: "the host keys that are known, this file alone" },
  ...CONFIG,
} as const satisfies Options;

/** Where the arguments of a call may be written, beside the values behind METHOD. */
export const ARGUMENT_SOURCES = {
  arg: {
    kind: "texts",
    value: "NAME=VALUE",
    describe: "an argument by its name; may stand several times",
  },
  file: {
    kind: "texts",
    value: "NAME=PATH",
    describe:
      "the parameter NAME from this file: a stream reads it as the daemon asks for it, data takes its content; - is standard input; may stand several times",
  },
  args: { kind: "text", value: "JSON", describe: "a list: the arguments by position" },
  kwargs: { kind: "text", value: "JSON", describe: "a map: arguments by name" },
  input: {
    kind: "text",
    value: "FILE",
    describe: 'JSON {"args": […], "kwargs": {…}}; - is standard input',
  },
} as const satisfies Options;

/** Functions that are passed by reference (live-options.ts). */
export const CALLBACK_SOURCE = {
  callback: {
    kind: "texts",
    value: "NAME=COMMAND",
    describe: "COMMAND is run for each call of the callback, - prints each; may stand several times",
  },
} as const satisfies Options;

/** For every command that connects. They may also stand in front of the command. */
export const CONNECTION = {
  address: {
    kind: "text",
    value: "ADDRESS",
    describe: "where the daemon listens: unix:/path, tls://host:port",
  },
  ...IDENTITY,
  ...KNOWN_DAEMONS,
  owner: { kind: "texts", value: "USER", describe: "a user who may own the socket; may stand several times" },
  timeout: {
    kind: "text",
    value: "TIME",
    describe: "for everything: reading files, connecting, the answer; like 500ms, 30s, 10m, 2h",
  },
  ...JSON_FLAG,
} as const satisfies Options;
