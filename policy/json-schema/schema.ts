import { VIAS } from "../base/via.ts";
import { EVERYONE } from "../syntax/words.ts";
import { CONSTRAINTS } from "./constraint.ts";
import { CERTIFICATE, KEY, METHOD, METHOD_PATTERN, NAME, NETWORK, TIME } from "./forms.ts";
import {
  count,
  duration,
  type JsonSchema,
  named,
  oneOrMore,
  record,
  ref,
  size,
  some,
  text,
} from "./parts.ts";

/*
 * The language as a JSON Schema (draft 2020-12), for editors: they complete and check while somebody writes. It knows the
 * shape, and nothing of what names mean, of patterns of text and of what two fields say together: those are the linter's.
 */

const role = text("A role that is declared under 'roles'.", `^${NAME}$`);
const key = text("A public key as ssh-keygen prints it: ssh-ed25519 AAAA… comment.", `^${KEY}$`);
const time = text("A moment of RFC 3339 with its offset, like 2026-12-31T00:00:00Z.", `^${TIME}$`);
const subject = text(
  "A role, id:NAME, id:AUTHORITY/NAME, or everyone.",
  `^(${NAME}|id:${NAME}(/${CERTIFICATE})?)$`,
);
const pattern = {
  ...text("A method, like math.add; math.* is one segment more, math.** one or more.", `^${METHOD_PATTERN}$`),
  maxLength: 128,
};
const calls = (description: string): JsonSchema =>
  some({ type: "string", pattern: `^\\s*${METHOD}\\s*\\(.*\\)\\s*$` }, description);
const roles = (description: string): JsonSchema => some(role, description);
const window = {
  ...record("When it holds: from 'since' on, and before 'until'.", { since: time, until: time }),
  minProperties: 1,
};

const grant = record(
  "Who may call what, with which arguments.",
  {
    to: oneOrMore(subject, "Whom it is for; any one is enough."),
    call: oneOrMore(pattern, "The methods."),
    except: some(pattern, "Methods that it does not cover, though 'call' does."),
    args: {
      description: "The arguments: none, any, or a record of them.",
      anyOf: [{ enum: ["none", "any"] }, ref("arguments")],
    },
    via: oneOrMore({ enum: VIAS }, "The channels; all, where it is missing."),
    from: oneOrMore(
      text("A network: 10.20.0.0/16, 2001:db8::/32.", `^${NETWORK}$`),
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

const revoked: JsonSchema = {
  type: "string",
  pattern: `^(${KEY}|SHA256:[A-Za-z0-9+/]{43}|${NAME}/${CERTIFICATE})$`,
};

const aTest: JsonSchema = {
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
              authority: text("Its authority.", `^${NAME}$`),
              name: text("Its name.", `^${CERTIFICATE}$`),
              roles: roles("The roles that it gives."),
            },
            ["authority", "name"],
          ),
        ],
      },
      via: { enum: VIAS, description: "The channel; unix where nothing is said." },
      from: text("The address of the peer.", "^[0-9A-Fa-f:.]+(%.+)?$"),
      at: time,
      allow: calls("Calls, like math.add(2, 3)."),
      deny: calls("Calls, like math.add(2, 3.5)."),
    },
    ["as"],
  ),
  allOf: [
    { anyOf: [{ required: ["allow"] }, { required: ["deny"] }] },
    // No peer on a Unix socket has an address.
    {
      anyOf: [
        { not: { required: ["from"] } },
        { required: ["via"], properties: { via: { enum: VIAS.filter((via) => via !== "unix") } } },
      ],
    },
  ],
};

/** The schema of a policy file: docs/policy.schema.json, which a test holds to this. */
export function policySchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A policy of rpcd",
    description: "Who may call what. Everything is denied unless a grant allows it.",
    type: "object",
    required: ["policy"],
    additionalProperties: false,
    properties: {
      policy: { const: 1, description: "The version of the language." },
      roles: named(
        "Roles, so that grants need not name people.",
        {
          anyOf: [{ type: "null" }, record("", { includes: roles("Roles that it has too.") })],
        },
        { not: { const: EVERYONE } },
      ),
      identities: named(
        "People and programs, by their keys.",
        record(
          "",
          {
            keys: oneOrMore(key, "Its keys: two while one takes the other's place."),
            roles: roles("The roles that it holds."),
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
            keys: oneOrMore(key, "Its keys."),
            names: oneOrMore(text("A glob."), "The names that it may give."),
            roles: roles("The most that it may give."),
          },
          ["keys", "names", "roles"],
        ),
      ),
      revoked: {
        description: "Keys, as lines or SHA256:…, and certificates as AUTHORITY/SERIAL.",
        anyOf: [{ type: "null" }, revoked, { type: "array", items: revoked }],
      },
      grants: named("What is allowed.", grant),
      shadow: named("Grants on trial: reported, and never enforced.", grant),
      never: named(
        "What no grant may allow.",
        record(
          "",
          {
            call: oneOrMore(pattern, "The methods."),
            args: {
              description: "The arguments that matter: any, or a record of them.",
              anyOf: [
                { const: "any" },
                // What it does not list may be anything: there is nothing for '*' to say.
                { ...ref("arguments"), propertyNames: { not: { const: "*" } } },
              ],
            },
            unless: some(subject, "Who may all the same."),
          },
          ["call"],
        ),
      ),
      tests: {
        description: "Calls that have to be allowed or denied, looked at each time the file is read.",
        anyOf: [{ type: "null" }, aTest, { type: "array", items: aTest }],
      },
    },
    $defs: CONSTRAINTS,
  };
}
