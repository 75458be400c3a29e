/*
 * The form of a trace context: W3C Trace Context, Level 1, section 3 (https://www.w3.org/TR/trace-context-1/).
 *
 *     00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01        traceparent, section 3.2.2
 *     vv trace id, 16 bytes               parent id, 8      flags
 */

/** Which trace something belongs to, in the words that the world outside understands. What carries it says nothing by it. */
export interface TraceContext {
  /** of version 00: {@link isTraceparent} */
  readonly traceparent: string;
  /** what the systems on the way have added: opaque to this side */
  readonly tracestate?: string | undefined;
}

/** What a traceparent must look like, in words. */
export const TRACEPARENT_RULE =
  "00-, 32 hex digits, -, 16 hex digits, -, 2 hex digits, all of them in lower case, and neither id all zeros";
/** What a tracestate must look like, in words. */
export const TRACESTATE_RULE = "1 to 512 printable ASCII characters";

const TRACEPARENT_CHARS = 55;
const VERSION_00 = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** Of a later version the fields that are known by this one; what stands behind them is not looked at. */
const LATER_VERSION = /^(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32}-[0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
/** More than 512 characters have to be carried by nobody (section 3.3, "tracestate Limits"). */
const TRACESTATE = /^[ -~]{1,512}$/;

const SAMPLED = 1;

/** Whether a text is a traceparent of version 00, which alone stands on the wire. */
export function isTraceparent(text: string): boolean {
  // The length goes first: a text of a megabyte is not worth reading.
  return text.length === TRACEPARENT_CHARS && VERSION_00.test(text);
}

/** Whether a text can be a tracestate. Nothing in it can end a line or hide; whether it is a list is for those who read it. */
export function isTracestate(text: string): boolean {
  return TRACESTATE.test(text);
}

/**
 * Reads a traceparent of any version, and gives it as one of version 00: of a later one the two ids and the flag that is
 * known, for all else in it may mean what nobody here knows (section 3.2, "Versioning of traceparent").
 *
 * @returns nothing where it is none
 */
export function parseTraceparent(text: string): string | undefined {
  if (isTraceparent(text)) return text;
  const [, ids, flags] = LATER_VERSION.exec(text) ?? [];
  if (ids === undefined || flags === undefined) return undefined;
  const asVersion00 = `00-${ids}-0${Number.parseInt(flags, 16) & SAMPLED}`;
  return isTraceparent(asVersion00) ? asVersion00 : undefined;
}

/** The 32 digits by which a trace is found wherever it went. */
export function traceId({ traceparent }: TraceContext): string {
  return traceparent.slice(3, 35);
}
