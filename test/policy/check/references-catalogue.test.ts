import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LiveShape, MethodEntry } from "../../../catalogue/catalogue.ts";
import { assertFound, assertNotFound, granting } from "../found.ts";
import { catalogueOf, method, param } from "../support.ts";

const STREAM: LiveShape = { type: "stream", of: { type: "string" } };
const CALLBACK: LiveShape = { type: "callback", args: [], returns: { type: "null" } };
const CURSOR: LiveShape = { type: "object", methods: ["next"], interface: "cursor" };
const returning = (name: string, returns: LiveShape): MethodEntry => ({ ...method(name), returns });

const METHODS = catalogueOf(
  method("log.list"),
  returning("log.read", STREAM),
  returning("log.open", CURSOR),
  returning("log.counter", CALLBACK),
  method("log.tail", [param("path"), param("on-line", { shape: CALLBACK })]),
  method("log.watch", [param("path"), param("on-line", { shape: CALLBACK, optional: true })]),
  method("log.write", [param("sink", { shape: { type: "object", methods: ["write", "close"] } })]),
);

const grant = (fields: string): string => granting(fields);

describe("P317: a method that returns something by reference", () => {
  for (const [name, word] of [
    ["log.read", "stream"],
    ["log.open", "cursor"],
    ["log.counter", "callback"],
  ] as const)
    test(`is an error where ${name} is named and 'returns: ${word}' is missing`, () => {
      const { severity } = assertFound(
        grant(`call: ${name}, args: any`),
        "P317",
        new RegExp(
          `'g' does not allow ${name.replace(".", "\\.")}, which returns a ${word} by reference: write returns: ${word}$`,
        ),
        METHODS,
      );
      assert.equal(severity, "error");
      assertNotFound(grant(`call: ${name}, args: any, returns: ${word}`), /^P317$/, METHODS);
      assertNotFound(grant(`call: ${name}, args: any, returns: [${word}, other]`), /^P317$/, METHODS);
    });

  test("is a note where only a wildcard covers it, one for the grant", () => {
    const { severity } = assertFound(
      grant("call: log.*, args: none"),
      "P317",
      /'g' leaves out log\.read, which returns a stream by reference \(and 2 more\): to allow it write returns: \[stream, cursor, callback\]/,
      METHODS,
    );
    assert.equal(severity, "note");
    assertFound(
      grant("call: log.*, args: none, returns: [stream, cursor]"),
      "P317",
      /leaves out log\.counter.*returns: callback$/,
      METHODS,
    );
    assertNotFound(grant("call: log.*, args: none, returns: [stream, cursor, callback]"), /^P317$/, METHODS);
  });

  test("is not told of without the methods, nor where 'except' takes it away", () => {
    assertNotFound(grant("call: log.read, args: any"), /^P317$/);
    assertNotFound(
      grant("call: log.*, except: [log.read, log.open, log.counter], args: none"),
      /^P317$/,
      METHODS,
    );
  });
});

describe("a parameter that is passed by reference", () => {
  test("P311: is an error where it is required and only 'any' could cover it", () => {
    for (const args of ["any", "{path: any, '*': any}"]) {
      const { severity } = assertFound(
        grant(`call: log.tail, args: ${args}`),
        "P311",
        /'on-line' of log\.tail is a callback.*any covers data only; write callback: \{on-line: \{callback: /,
        METHODS,
      );
      assert.equal(severity, "error");
    }
    assertFound(
      grant("call: log.write, args: any"),
      "P311",
      /write object: \{sink: \{object: \{methods: \[write, close\]/,
      METHODS,
    );
  });

  test("P310: is an error where it is listed as data", () => {
    assertFound(
      grant("call: log.tail, args: {path: any, on-line: any}"),
      "P310",
      /which is never any: no call can match, for data is no reference: write \{callback: /,
      METHODS,
    );
  });

  test("P318: is a note where it may be absent, or only a wildcard covers the method", () => {
    const { severity } = assertFound(
      grant("call: log.watch, args: any"),
      "P318",
      /'on-line' of log\.watch is a callback, which 'g' does not admit: any covers data only: to admit it write callback: \{on-line\?: /,
      METHODS,
    );
    assert.equal(severity, "note");
    assertFound(
      grant("call: log.*, args: any"),
      "P318",
      /any covers data only \(and 2 more parameters\)/,
      METHODS,
    );
  });

  test("is not told of where it is named, or the grant admits nothing else", () => {
    for (const args of [
      "{path: any, on-line: {callback: {calls: 1, for: 1m}}}",
      "{on-line: {callback: {calls: 1, for: 1m}}, '*': any}",
      "{path: any, '*': {callback: {calls: 1, for: 1m}}}",
    ])
      assertNotFound(grant(`call: log.tail, args: ${args}`), /^P31[0158]$/, METHODS);
    assertNotFound(grant("call: log.watch, args: {path: any}"), /^P31[0158]$/, METHODS);
    assertNotFound(grant("call: log.list, args: any"), /^P31[0158]$/, METHODS);
  });
});
