import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isFault } from "../../../base/fault.ts";
import { errorText, isError, messageText, shortText } from "../../../daemon/base/thrown.ts";
import { createLog } from "../../../daemon/log/log.ts";
import { isRpcFault, RpcFault } from "../../../service/rpc-fault.ts";
import { HOSTILE_THINGS } from "../../support/peers/hostile-things.ts";

/** As much as a line of the log has of an error. */
const MAX_CHARS = 4_096;

describe("what was thrown, as text", () => {
  test("is a text of bounded length, whatever was thrown", () => {
    for (const [name, make] of Object.entries(HOSTILE_THINGS)) {
      for (const thing of [make(), new Error("outer", { cause: make() })]) {
        const text = errorText(thing, MAX_CHARS);
        assert.equal(typeof text, "string", name);
        assert.equal(text.length <= MAX_CHARS, true, name);
        assert.equal(typeof shortText(thing), "string", name);
        assert.equal(typeof messageText(thing), "string", name);
        assert.equal(typeof isError(thing), "boolean", name);
        assert.equal(isFault(thing), false, name);
      }
    }
  });

  test("is one line of the log, whatever was thrown, and under whatever name", () => {
    for (const format of ["json", "journal", "pretty"] as const) {
      for (const [name, make] of Object.entries(HOSTILE_THINGS)) {
        const lines: string[] = [];
        const log = createLog({ write: (line) => lines.push(line) }, "info", format);
        log.error("m", { error: make(), why: make() });
        assert.equal(lines.length, 1, name);
        assert.equal(lines[0]?.indexOf("\n"), lines[0] === undefined ? 0 : lines[0].length - 1, name);
        assert.equal((lines[0] ?? "").length < 20 * MAX_CHARS, true, `${name}: ${lines[0]?.length}`);
      }
    }
  });

  test("has the stack of an error and its causes, and says what was thrown in the place of one", () => {
    const text = errorText(
      new Error("outer", { cause: new TypeError("inner", { cause: "a text" }) }),
      MAX_CHARS,
    );
    assert.match(text, /^Error: outer\n {4}at .*\ncaused by TypeError: inner\n {4}at .*\ncaused by a text$/s);
    assert.equal(errorText("boom", MAX_CHARS), "boom");
    assert.equal(errorText(undefined, MAX_CHARS), "undefined");
    assert.equal(shortText(new RangeError("too far")), "RangeError: too far");
    assert.equal(messageText(new RangeError("too far")), "too far");
    assert.equal(shortText(new URL("unix:/x")), "unix:/x");
    assert.deepEqual([2n ** 63n - 1n, 2n ** 63n].map(shortText), [
      "9223372036854775807",
      "a bigint of more than 64 bits",
    ]);
  });

  test("is cut at its bound, not one before", () => {
    const error = new Error("x");
    for (const length of [MAX_CHARS, MAX_CHARS + 1]) {
      error.stack = "s".repeat(length);
      assert.equal(errorText(error, MAX_CHARS).length, MAX_CHARS);
    }
    error.stack = "s".repeat(MAX_CHARS - 1);
    assert.equal(errorText(error, MAX_CHARS).length, MAX_CHARS - 1);
  });

  test("shows a circle of causes eight times over, and no more", () => {
    const error = new Error("again");
    error.stack = "again";
    error.cause = error;
    assert.equal(errorText(error, MAX_CHARS).split("caused by").length - 1, 8);
  });

  test("takes a fault for one, and no proxy of one", () => {
    const fault = new RpcFault("not_found", "it is not there");
    assert.deepEqual([isFault(fault), isRpcFault(fault)], [true, true]);
    assert.deepEqual([isFault(new Proxy(fault, {})), isRpcFault(new Proxy(fault, {}))], [false, false]);
  });
});
