import * as fc from "fast-check";
import type { TraceContext } from "../../base/trace-context.ts";

/** The examples of W3C Trace Context, section 3. */
export const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
export const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;
export const TRACE: TraceContext = {
  traceparent: TRACEPARENT,
  tracestate: "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
};

export const OTHER_TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
export const OTHER_TRACE: TraceContext = { traceparent: `00-${OTHER_TRACE_ID}-00f067aa0ba902b7-00` };

const ZEROS = "0".repeat(32);

/** What is no traceparent of version 00, each by what is wrong with it. */
export const BAD_TRACEPARENTS: Readonly<Record<string, string>> = {
  empty: "",
  "no dashes": TRACEPARENT.replaceAll("-", "_"),
  "a trace id in upper case": TRACEPARENT.replace(TRACE_ID, TRACE_ID.toUpperCase()),
  "a parent id in upper case": TRACEPARENT.replace("b7ad", "B7AD"),
  "flags in upper case": TRACEPARENT.replace(/01$/, "0A"),
  "a version in upper case": TRACEPARENT.replace(/^00/, "FF"),
  "a trace id of zeros": TRACEPARENT.replace(TRACE_ID, ZEROS),
  "a parent id of zeros": TRACEPARENT.replace("b7ad6b7169203331", ZEROS.slice(16)),
  "54 characters": TRACEPARENT.slice(0, -1),
  "56 characters": `${TRACEPARENT}0`,
  "something behind it, in version 00": `${TRACEPARENT}-00`,
  "a line end behind it": `${TRACEPARENT}\n`,
  "a space in front": ` ${TRACEPARENT}`,
  "a digit that is none": TRACEPARENT.replace("0af7", "0ag7"),
  "a digit of another script": TRACEPARENT.replace(/1$/, "\u0661"),
  "the dash one place on": `00-${TRACE_ID}b-7ad6b7169203331-01`,
  "version ff": TRACEPARENT.replace(/^00/, "ff"),
};

/** Of version 01, with more behind the fields that version 00 knows. */
export const LATER_TRACEPARENT = TRACEPARENT.replace(/^00/, "01").replace(/01$/, "03-what-the-future-brings");

/** What is no tracestate, each by what is wrong with it. */
export const BAD_TRACESTATES: Readonly<Record<string, string>> = {
  "513 characters": "x".repeat(513),
  "a line end": "a=1\nb=2",
  "a carriage return": "a=1\rb=2",
  "a NUL": "a=\u0000",
  "an escape": "a=\u001b[2J",
  "a tab": "a=1,\tb=2",
  "a delete": "a=\u007f",
  "a control of C1": "a=\u009b2J",
  "a line separator": "a=1\u2028b=2",
  "a paragraph separator": "a=1\u2029b=2",
  "a direction": "a=\u202egpj",
  "a letter beyond ASCII": "a=\u00e4",
};

const hex = (digits: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => /[^0]/.test(text));

/** Every traceparent of version 00. */
export const traceparents: fc.Arbitrary<string> = fc
  .tuple(hex(32), hex(16), fc.stringMatching(/^[0-9a-f]{2}$/))
  .map(([trace, parent, flags]) => `00-${trace}-${parent}-${flags}`);
