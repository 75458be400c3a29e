import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  CALLBACK_BYTES_WAITING_MAX,
  CALLBACK_COST,
  CALLBACKS_WAITING_MAX,
  HELD_COST_MAX,
  PRINCIPAL_CALLS_IN_FLIGHT_MAX,
  PRINCIPAL_SHARE,
  RETURNED_COST,
} from "../daemon/base/limits.ts";
import {
  BARREN_RECORDS_BURST,
  BARREN_RECORDS_PER_SECOND,
  LINK_OWN_BYTES,
  LOGIN_ENCRYPTED_MAX_BYTES,
  LOGIN_UNREAD_MAX_BYTES,
  SESSION_UNREAD_MAX_BYTES,
  UNREAD_GRACE_MS,
} from "../link/limits.ts";
import {
  CALL_COST,
  CALL_COST_IN_FLIGHT_MAX,
  CALL_DEADLINE_MAX_MS,
  CALL_DEADLINE_MS,
  CALLBACKS_IN_FLIGHT_MAX,
  CALLS_IN_FLIGHT_MAX,
  CONTROL_PER_SECOND,
  LOGIN_DATA,
  LOGIN_DEADLINE_MS,
  LOGIN_FRAME_MAX_BYTES,
  NESTED_CALLS_MAX,
  NESTING_MAX,
  PIPELINED_MAX,
  QUEUED_ITEM_COST,
  REFERENCES_MAX,
  SESSION_DATA,
  SESSION_FRAME_MAX_BYTES,
  STREAM_WINDOW_BYTES,
} from "../wire/limits.ts";
import { COPY_COST } from "../wire/packed.ts";
import { PACKAGE } from "./support/daemon.ts";

const page = (name: string): string => readFileSync(join(PACKAGE, "docs", name), "utf8");

const count = (value: number): string => value.toLocaleString("en-US");
const size = (bytes: number): string =>
  bytes % 2 ** 20 === 0
    ? `${bytes / 2 ** 20} MiB`
    : bytes % 1024 === 0
      ? `${bytes / 1024} KiB`
      : `${count(bytes)} bytes`;
const time = (ms: number): string => (ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** The tables of docs/limits.md, by the marks around them. */
const TABLES: Readonly<Record<string, string>> = {
  charged: table(
    ["what", "charge", "until"],
    [
      [
        "a call",
        `the cost of its message and ${count(CALL_COST)}`,
        "its work has ended, even if nobody waits for the answer",
      ],
      [
        "a call whose arguments are kept as sent too: it returns a reference, or its schema answers later",
        `the bytes of its arguments and ${COPY_COST} more`,
        "the same",
      ],
      [
        "a returned function, object or stream",
        `the cost of the call's message, the bytes of its arguments and ${count(RETURNED_COST)}`,
        "nobody can use it and nothing runs on it",
      ],
      [
        "an item of a stream that waits to be read",
        `${QUEUED_ITEM_COST}, plus the lesser of its cost and its bytes with ${COPY_COST}`,
        "the method reads it",
      ],
      ["a callback", `its bytes and ${count(CALLBACK_COST)}`, "it is answered"],
      [
        "the answer to a callback",
        "its cost",
        "all callbacks of the same reference that were in flight when it came are answered",
      ],
      ["unread output", "its memory", "the client reads it"],
      ["a message of which a part has come", "its memory", "all of it has come"],
    ],
  ),
  message: table(
    ["what", "before the login", "after it"],
    [
      ["bytes", size(LOGIN_FRAME_MAX_BYTES), size(SESSION_FRAME_MAX_BYTES)],
      ["cost", size(LOGIN_DATA.maxCost), size(SESSION_DATA.maxCost)],
      ["items", count(LOGIN_DATA.maxItems), count(SESSION_DATA.maxItems)],
      ["depth", count(LOGIN_DATA.maxDepth), count(SESSION_DATA.maxDepth)],
      ["entries of one map", count(LOGIN_DATA.maxEntries), count(SESSION_DATA.maxEntries)],
      ["bytes of one key", count(LOGIN_DATA.maxKeyBytes), count(SESSION_DATA.maxKeyBytes)],
    ],
  ),
  connection: table(
    ["what", "limit", "beyond it"],
    [
      ["time from accept to the end of the login", time(LOGIN_DEADLINE_MS), "the connection ends"],
      [
        "calls that run",
        count(CALLS_IN_FLIGHT_MAX),
        "they wait, in order, within the time that their caller gave them",
      ],
      [
        "calls that run because of a callback that waits for them",
        `${count(NESTED_CALLS_MAX)} more`,
        "`resource_exhausted`",
      ],
      ["cost of all calls, running or waiting", size(CALL_COST_IN_FLIGHT_MAX), "`resource_exhausted`"],
      [
        "silence of the client",
        "`ping_after_ms`, then `ping_timeout_ms`",
        "it is asked whether it is alive, then the connection ends",
      ],
      [
        "time of one call",
        `${time(CALL_DEADLINE_MS)} where the caller does not say, ${time(CALL_DEADLINE_MAX_MS)} at most, or the \`timeout\` of the grant`,
        "`deadline_exceeded`",
      ],
      ["calls on the result of one call that is not answered", count(PIPELINED_MAX), "`resource_exhausted`"],
      ["calls inside one another", count(NESTING_MAX), "`resource_exhausted`"],
      ["references in use, of either side", count(REFERENCES_MAX), "`resource_exhausted`"],
      ["callbacks in flight", count(CALLBACKS_IN_FLIGHT_MAX), "they wait"],
      [
        "callbacks that wait",
        `${count(CALLBACKS_WAITING_MAX)}, and ${size(CALLBACK_BYTES_WAITING_MAX)} of them`,
        "`resource_exhausted` for the method",
      ],
      [
        "a message of which a part has come",
        `${size(LINK_OWN_BYTES)}; more needs room in what is held`,
        "the connection ends",
      ],
      ["credit of a stream", size(STREAM_WINDOW_BYTES), "the connection ends"],
      [
        "pings, cancels and the like beyond one for each call, reference and item",
        `${CONTROL_PER_SECOND} a second`,
        "the connection ends",
      ],
      [
        "encrypted bytes of TLS before the login, its handshake included",
        size(LOGIN_ENCRYPTED_MAX_BYTES),
        "the connection ends",
      ],
      [
        "records of TLS without data, such as updates of keys",
        `${count(BARREN_RECORDS_BURST)} at once and ${count(BARREN_RECORDS_PER_SECOND)} a second`,
        "the connection ends",
      ],
      [
        "unread output",
        `${size(LOGIN_UNREAD_MAX_BYTES)} before the login, ${size(SESSION_UNREAD_MAX_BYTES)} after it; ${size(LINK_OWN_BYTES)} while the principal has no room left`,
        `nothing more is read of it; after ${time(UNREAD_GRACE_MS)} the connection ends`,
      ],
    ],
  ),
  principal: table(
    ["what", "limit", "beyond it"],
    [
      ["connections", "`max_connections_per_principal`", "the login is refused, with `resource_exhausted`"],
      ["calls that run", count(PRINCIPAL_CALLS_IN_FLIGHT_MAX), "they wait"],
      [
        "calls that run because of callbacks that wait for them",
        `${count(PRINCIPAL_CALLS_IN_FLIGHT_MAX)} more`,
        "`resource_exhausted`",
      ],
      [
        "cost of what is held",
        `${100 * PRINCIPAL_SHARE} % of what the others leave of \`max_held_mib\` (${size(HELD_COST_MAX)})`,
        "`resource_exhausted`",
      ],
      [
        "calls that were denied",
        "`denied_calls_burst`, `denied_calls_per_second`",
        "`resource_exhausted` for a while",
      ],
      ["calls by one grant", "`limits` of the grant ([policy.md](policy.md))", "`resource_exhausted`"],
    ],
  ),
};

describe("docs/limits.md", () => {
  for (const [mark, rows] of Object.entries(TABLES))
    test(`has the numbers of the code in its table of what is ${mark}`, () => {
      const [, found] =
        new RegExp(`<!-- ${mark} -->\n(.*?)<!-- /${mark} -->`, "s").exec(page("limits.md")) ?? [];
      assert.equal(found, `\n${rows}\n\n`, `the table should be:\n\n${rows}\n`);
    });
});

describe("docs/protocol.md, section 8", () => {
  const section =
    page("protocol.md").split("## 8. Limits")[1]?.split("## 9.")[0] ?? assert.fail("no section 8");

  test("has the numbers of the code", () => {
    for (const words of [
      `| cost of a message (section 3) | ${size(LOGIN_DATA.maxCost)} | ${size(SESSION_DATA.maxCost)} |`,
      `| ${size(LOGIN_ENCRYPTED_MAX_BYTES)} up to the end of \`login\`; what follows waits for the verdict | – |`,
      `| ${BARREN_RECORDS_BURST} at once and ${BARREN_RECORDS_PER_SECOND} a second; beyond it the connection ends |`,
      `| ${CALLS_IN_FLIGHT_MAX}; more wait`,
      `| ${NESTED_CALLS_MAX} run beside those and never wait;`,
      `| ${size(CALL_COST_IN_FLIGHT_MAX)}; beyond it`,
      `a quarter of what the others leave of ${size(HELD_COST_MAX)},`,
      `its message and ${count(CALL_COST)} |`,
      `the bytes of its arguments and ${COPY_COST} more |`,
      `the message of the call that returned it, the bytes of its arguments and ${count(RETURNED_COST)} |`,
      `| ${QUEUED_ITEM_COST}, plus the lesser of its cost and its bytes with ${COPY_COST} |`,
      `| its bytes and ${count(CALLBACK_COST)} |`,
    ])
      assert.ok(section.includes(words), `section 8 should have: ${words}`);
  });
});
