import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { isTraceparent, isTracestate, parseTraceparent, traceId } from "../../base/trace-context.ts";
import {
  BAD_TRACEPARENTS,
  BAD_TRACESTATES,
  LATER_TRACEPARENT,
  TRACE,
  TRACE_ID,
  TRACEPARENT,
  traceparents,
} from "../support/traces.ts";

/** W3C Trace Context, section 3.2, by its words, a field after the other: it shares nothing with the reader. */
function naive(text: string): string | undefined {
  const hex = (part: string, digits: number): boolean =>
    part.length === digits && part.split("").every((digit) => "0123456789abcdef".includes(digit));
  const [version = "", trace = "", parent = "", flags = "", ...more] = text.split("-");
  if (!hex(version, 2) || version === "ff" || !hex(trace, 32) || !hex(parent, 16) || !hex(flags, 2))
    return undefined;
  if (Number(`0x${trace}`) === 0 || Number(`0x${parent}`) === 0) return undefined;
  if (version === "00") return more.length === 0 ? text : undefined;
  return `00-${trace}-${parent}-${"13579bdf".includes(flags.slice(1)) ? "01" : "00"}`;
}

const version = fc.stringMatching(/^[0-9a-f]{2}$/);
const behind = fc.oneof(
  fc.constant(""),
  fc.string({ maxLength: 20 }),
  fc.string({ maxLength: 20 }).map((one) => `-${one}`),
);
/** What was a traceparent, of any version, until a place or two of it were changed. */
const damaged = fc
  .tuple(
    traceparents,
    version,
    behind,
    fc.array(
      fc.tuple(fc.nat(60), fc.nat(2), fc.constantFrom("", "-", "0", "a", "A", "g", "\n", "\u0661", "00")),
      {
        maxLength: 2,
      },
    ),
  )
  .map(([text, other, more, changes]) =>
    changes.reduce(
      (changed, [at, removed, put]) => changed.slice(0, at) + put + changed.slice(at + removed),
      `${other}${text.slice(2)}${more}`,
    ),
  );

describe("a traceparent", () => {
  test("of version 00 is read as it is", () => {
    assert.equal(parseTraceparent(TRACEPARENT), TRACEPARENT);
    fc.assert(
      fc.property(traceparents, (text) => {
        assert.ok(isTraceparent(text));
        assert.equal(parseTraceparent(text), text);
      }),
    );
  });

  test("of another form is none", () => {
    for (const [what, text] of Object.entries(BAD_TRACEPARENTS)) {
      assert.equal(isTraceparent(text), false, what);
      assert.equal(parseTraceparent(text), undefined, what);
    }
  });

  test("of a later version is one of version 00, of its ids and of the flag that is known", () => {
    const ids = TRACEPARENT.slice(3, 53);
    assert.equal(isTraceparent(LATER_TRACEPARENT), false);
    for (const [text, flags] of [
      [LATER_TRACEPARENT, "01"],
      [`fe-${ids}fe`, "00"],
      [`cc-${ids}ff`, "01"],
      [`01-${ids}00-`, "00"],
    ] as const)
      assert.equal(parseTraceparent(text), `00-${ids}${flags}`, text);
    for (const text of [`01-${ids}01more`, `01-${ids}0`, `01-${ids}01.`, `1-${ids}01`, `001-${ids}01`])
      assert.equal(parseTraceparent(text), undefined, text);
  });

  test("is read as the words of the specification say, whatever the text", () => {
    let read = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: damaged }, fc.string()), (text) => {
        const found = parseTraceparent(text);
        assert.equal(found, naive(text));
        assert.ok(found === undefined || isTraceparent(found));
        if (found !== undefined) read++;
      }),
      { numRuns: 3_000 },
    );
    // Else the samples are too wild to tell anything.
    assert.ok(read > 300, `${read} of 3,000 are read`);
  });

  test("has the trace's id in it", () => {
    assert.equal(traceId(TRACE), TRACE_ID);
  });
});

describe("a tracestate", () => {
  test("is 1 to 512 printable ASCII characters", () => {
    for (const text of ["a=1", " ", "~", "x".repeat(512), TRACE.tracestate ?? assert.fail()])
      assert.ok(isTracestate(text), text);
    assert.equal(isTracestate(""), false);
    for (const [what, text] of Object.entries(BAD_TRACESTATES)) assert.equal(isTracestate(text), false, what);
  });
});
