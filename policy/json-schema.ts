import { VIAS } from "./via.ts";

/*
 * The language as a JSON Schema (draft 2020-12), for editors: they complete and check while somebody writes. It knows the
 * shape, and nothing of what names mean, of patterns of text and of what two fields say together: those are the linter's.
 */

type Schema = Readonly<Record<string, unknown>>;

const NAME = "[A-Za-z][A-Za-z0-9_-]{0,63}";
const SEGMENT = "[A-Za-z0-9][A-Za-z0-9_-]*";
const TIME = "^\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?([Zz]|[+-]\\d{2}:\\d{2})$";

const text = (description: string, pattern?: string): Schema => ({
  type: "string",
  description,
  ...(pattern === undefined ? {} : { pattern }),
});

/** One, or a list of them. */
const oneOrMore = (one: Schema, description: string): Schema => ({
  description,
  anyOf: [one, { type: "array", items: one, minItems: 1 }],
});

/** The same where there may be none. */
const some = (one: Schema, description: string): Schema => ({
  description,
  anyOf: [one, { type: "array", items: one }],
});

const record = (
  description: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema => ({
  type: "object",
  description,
  properties,
  required,
  additionalProperties: false,
});

/** A map of named things; left empty it is none. */
const named = (description: string, of: Schema): Schema => ({
  description,
  anyOf: [
    { type: "null" },
    { type: "object", propertyNames: { pattern: `^${NAME}$` }, additionalProperties: of },
  ],
});

const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });

const role = text("A role that is declared under 'roles'.", `^${NAME}$`);
const key = text(
  "A public key as ssh-keygen prints it: ssh-ed25519 AAAA… comment.",
  "^ssh-ed25519 [A-Za-z0-9+/]+=*( .*)?$",
);
const time = text("A moment of RFC 3339 with its offset, like 2026-12-31T00:00:00Z.", TIME);
const duration = text(
  "A length of time, at most a day: 500ms, 30s, 10m, 2h, 1d.",
  "^[1-9][0-9]{0,14}(ms|s|m|h|d)$",
);
const size = text("A number of bytes: 512B, 64KiB, 10MiB, 1GiB.", "^[1-9][0-9]{0,14}(B|KiB|MiB|GiB)$");
const count = (description: string): Schema => ({ type: "integer", minimum: 1, description });
const subject = text("A role, id:NAME, id:AUTHORITY/NAME, or everyone.", `^(${NAME}|id:${NAME}(/.+)?)$`);
const pattern = text(
  "A method, like math.add; math.* is one segment more, math.** one or more.",
  `^(\\*\\*|${SEGMENT}(\\.(${SEGMENT}|\\*))*(\\.\\*\\*)?)$`,
);
const range = (description: string): Schema => ({
  description,
  anyOf: [{ type: "string", pattern: "^[^\\s]*\\.\\.[^\\s]*$" }, { type: "number" }],
});
const scalar: Schema = { type: ["string", "number", "boolean", "null"] };
const window = {
  ...record("When it holds: from 'since' on, and before 'until'.", { since: time, until: time }),
  minProperties: 1,
};
const share: Schema = { type: "boolean", description: "Whether it may be passed on to another client." };

const WORDS = ["any", "bool", "bytes", "callback", "int", "null", "number", "stream", "string", "time"];

const bounded = (
  description: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema => ({ ...record(description, properties, required), minProperties: 1 });

const keyword: Schema = {
  type: "object",
  description: "A constraint with bounds: one key.",
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
  properties: {
    int: range("Whole numbers from..to; an open end is none."),
    number: range("Finite numbers from..to, whole or not."),
    string: range("Text of so many code points."),
    bytes: range("So many bytes."),
    re: oneOrMore(text("A regular expression for the whole text."), "Text that one of these matches."),
    glob: oneOrMore(text("A glob: * stops at /, ** does not."), "Text that one of these matches."),
    path: oneOrMore(text("A glob for clean absolute paths."), "A path that one of these matches."),
    enum: {
      type: "array",
      items: scalar,
      minItems: 1,
      description: "One of these values, and of that type.",
    },
    list: bounded("A list.", { of: ref("constraint"), len: range("How many elements.") }, ["of"]),
    map: { ...ref("fields"), description: "A map with these keys, and others only if there is '*'." },
    callback: bounded("A function of the caller.", { calls: count("So many calls."), for: duration, share }),
    stream: bounded("A stream of the caller.", { bytes: size, for: duration, share }),
    object: bounded(
      "An object of the caller, of which only these methods may be called.",
      {
        methods: oneOrMore(text("A method of the object."), "Its methods."),
        calls: count("So many calls."),
        for: duration,
        share,
      },
      ["methods"],
    ),
  },
};

const simple: Schema = {
  anyOf: [{ enum: WORDS, description: "A type." }, { type: "null", description: "null" }, keyword],
};

const grant = record(
  "Who may call what, with which arguments.",
  {
    to: oneOrMore(subject, "Whom it is for; any one is enough."),
    call: oneOrMore(pattern, "The methods."),
    except: some(pattern, "Methods that it does not cover, though 'call' does."),
    args: {
      description: "The arguments: none, any, or a record of them.",
      anyOf: [{ enum: ["none", "any"] }, ref("fields")],
    },
    via: oneOrMore({ enum: VIAS }, "The channels; all, where it is missing."),
    from: oneOrMore(
      text("A network: 10.20.0.0/16, 2001:db8::/32.", "^[0-9A-Fa-f:.]+/[0-9]{1,3}$"),
      "Where the caller has to be.",
    ),
    valid: window,
    limits: {
      ...record("How often, how many at a time, how long, how large.", {
        rate: text("A bucket of calls that fills evenly: 6/h.", "^[1-9][0-9]{0,7}/(s|m|h|d)$"),
        concurrent: count("So many at a time."),
        timeout: duration,
        request: size,
      }),
      minProperties: 1,
    },
    returns: some(text("An interface, stream or callback."), "What the method may return live."),
  },
  ["to", "call", "args"],
);

/** The schema of a policy file: docs/policy.schema.json, which a test holds to this. */
export function policySchema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A policy of rpcd",
    description: "Who may call what. Everything is denied unless a grant allows it.",
    type: "object",
    required: ["policy"],
    additionalProperties: false,
    properties: {
      policy: { const: 1, description: "The version of the language." },
      roles: named("Roles, so that grants need not name people.", {
        anyOf: [
          { type: "null" },
          record("", { includes: { type: "array", items: role, description: "Roles that it has too." } }),
        ],
      }),
      identities: named(
        "People and programs, by their keys.",
        record(
          "",
          {
            keys: {
              type: "array",
              items: key,
              minItems: 1,
              description: "Its keys: two while one takes the other's place.",
            },
            roles: { type: "array", items: role, description: "The roles that it holds." },
            valid: window,
            narrow: {
              type: "integer",
              minimum: 1,
              maximum: 3,
              description: "Links that its keys may be handed on by.",
            },
          },
          ["keys"],
        ),
      ),
      authorities: named(
        "Whose certificates are accepted, and the most that they may say.",
        record(
          "",
          {
            keys: { type: "array", items: key, minItems: 1, description: "Its keys." },
            names: oneOrMore(text("A glob."), "The names that it may give."),
            roles: { type: "array", items: role, description: "The most that it may give." },
          },
          ["keys", "names", "roles"],
        ),
      ),
      revoked: {
        description: "Keys, as lines or SHA256:…, and certificates as AUTHORITY/SERIAL.",
        anyOf: [{ type: "null" }, { type: "array", items: { type: "string" } }],
      },
      grants: named("What is allowed.", grant),
      shadow: named("Grants on trial: reported, and never enforced.", grant),
      never: named(
        "What no grant may allow.",
        record(
          "",
          {
            call: oneOrMore(pattern, "The methods."),
            args: ref("fields"),
            unless: some(subject, "Who may all the same."),
          },
          ["call"],
        ),
      ),
      tests: {
        description: "Calls that have to be allowed or denied, looked at each time the file is read.",
        anyOf: [
          { type: "null" },
          {
            type: "array",
            items: {
              ...record(
                "",
                {
                  as: {
                    description: "Who calls: an identity, or whoever shows a certificate.",
                    anyOf: [
                      text("An identity.", `^(id:)?${NAME}$`),
                      record(
                        "A certificate.",
                        {
                          authority: text("Its authority."),
                          name: text("Its name."),
                          roles: { type: "array", items: role, description: "The roles that it gives." },
                        },
                        ["authority", "name"],
                      ),
                    ],
                  },
                  via: { enum: VIAS, description: "The channel; unix where nothing is said." },
                  from: text("The address of the peer."),
                  at: time,
                  allow: {
                    type: "array",
                    items: { type: "string" },
                    description: "Calls, like math.add(2, 3).",
                  },
                  deny: {
                    type: "array",
                    items: { type: "string" },
                    description: "Calls, like math.add(2, 3.5).",
                  },
                },
                ["as"],
              ),
              anyOf: [{ required: ["allow"] }, { required: ["deny"] }],
            },
          },
        ],
      },
    },
    $defs: {
      constraint: {
        anyOf: [
          simple,
          { type: "array", items: simple, minItems: 1, description: "What one of them matches." },
        ],
      },
      fields: {
        type: "object",
        description: "Names, with ? where they may be absent; digits for positions; '*' for all others.",
        minProperties: 1,
        additionalProperties: ref("constraint"),
      },
    },
  };
}
