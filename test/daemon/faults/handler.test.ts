import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { brokenMethod } from "../../../daemon/faults/handler.ts";
import { RpcFault } from "../../../service/rpc-fault.ts";

/** What a service throws that has another copy of this package: it has the mark, and is no instance of a class of this copy. */
const foreign = (parts: Readonly<Record<string, unknown>>): object => ({
  [Symbol.for("rpcd.RpcFault")]: true,
  ...parts,
});

describe("a fault that a method throws on purpose where none is declared", () => {
  test("reaches the caller as it is", () => {
    const thrown = new RpcFault("not_found", "no such row");
    assert.equal(brokenMethod("m", thrown), thrown);
  });

  test("is made anew where it is of another copy of the package, with a plain retry", () => {
    const retry = { ok: 1, afterMs: "soon", more: 2 };
    const fault = brokenMethod(
      "m",
      foreign({ code: "not_found", detail: "no such row", parts: { text: "no row", retry } }),
    );
    assert.deepEqual([fault.code, fault.text, fault.parts.origin], ["not_found", "no row", "handler"]);
    assert.deepEqual(fault.parts.retry, { ok: false });
  });

  for (const [what, parts] of [
    ["no code of the list", { code: "odd", detail: "x", parts: {} }],
    ["no text", { code: "not_found", detail: 7, parts: {} }],
    ["no parts", { code: "not_found", detail: "x" }],
  ] as const)
    test(`is internal where it has ${what}`, () => {
      assert.equal(brokenMethod("m", foreign(parts)).code, "internal");
    });

  test("is internal where looking at it throws", () => {
    const thrown = Object.defineProperty(foreign({}), "code", {
      get: () => {
        throw new Error("odd");
      },
    });
    assert.equal(brokenMethod("m", thrown).code, "internal");
  });
});
