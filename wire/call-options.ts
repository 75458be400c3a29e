import { Fault } from "../base/fault.ts";
import {
  isTraceparent,
  isTracestate,
  TRACEPARENT_RULE,
  TRACESTATE_RULE,
  type TraceContext,
} from "../base/trace-context.ts";
import type { WireMap } from "./fields.ts";

/*
 * The options of a call, each of which may be absent (docs/protocol.md, section 5):
 *
 *     { deadline_ms, within, traceparent, tracestate }        tracestate only beside traceparent
 */
export const CALL_OPTIONS = ["deadline_ms", "within", "traceparent", "tracestate"] as const;

/** What they say. */
export interface CallOptions {
  /** how long the caller will wait, in milliseconds from now */
  readonly deadlineMs: number | undefined;
  /** the receiver's call during which, and because of which, this one is made */
  readonly within?: number | undefined;
  /** the trace that it belongs to, in the systems around: it has no say in anything */
  readonly trace?: TraceContext | undefined;
}

/**
 * The trace among the options. It is frozen: what was read stands for all that the call causes.
 *
 * @throws {@link Fault} `protocol_error`
 */
export function readTrace({ traceparent, tracestate }: WireMap): TraceContext | undefined {
  if (traceparent === undefined) {
    if (tracestate === undefined) return undefined;
    throw new Fault("protocol_error", "tracestate: it stands only beside a traceparent");
  }
  if (typeof traceparent !== "string" || !isTraceparent(traceparent))
    throw new Fault("protocol_error", `traceparent: ${TRACEPARENT_RULE} was expected`);
  if (tracestate === undefined) return Object.freeze({ traceparent });
  if (typeof tracestate !== "string" || !isTracestate(tracestate))
    throw new Fault("protocol_error", `tracestate: ${TRACESTATE_RULE} was expected`);
  return Object.freeze({ traceparent, tracestate });
}

/** The options as they travel: what is absent takes no room. */
export function optionsMap({ deadlineMs, within, trace }: CallOptions): WireMap {
  const options: Record<string, unknown> = {};
  if (deadlineMs !== undefined) options["deadline_ms"] = deadlineMs;
  if (within !== undefined) options["within"] = within;
  if (trace !== undefined) {
    options["traceparent"] = trace.traceparent;
    if (trace.tracestate !== undefined) options["tracestate"] = trace.tracestate;
  }
  return options;
}
