import {
  isTracestate,
  parseTraceparent,
  TRACEPARENT_RULE,
  TRACESTATE_RULE,
  type TraceContext,
} from "../../base/trace-context.ts";
import { RpcError } from "../errors/rpc-error.ts";
import type { Request } from "./options.ts";

/**
 * A call with the trace that its program gives, as it travels: a traceparent of a later version becomes one of version 00,
 * and an empty tracestate, which W3C lets there be, is none.
 *
 * @returns the error `invalid_argument`, with what was expected, where it is no trace
 */
export function withGivenTrace(request: Request): Request | RpcError {
  const { options } = request;
  if (options.trace === undefined) return request;
  const trace = readTrace(options.trace);
  return trace instanceof RpcError ? trace : { ...request, options: { ...options, trace } };
}

/** A program in JavaScript may give anything. */
function readTrace(given: unknown): TraceContext | RpcError {
  if (typeof given !== "object" || given === null)
    return unfit("trace: { traceparent, tracestate } was expected");
  const { traceparent: parent, tracestate: state = "" }: Readonly<Record<string, unknown>> = { ...given };
  const traceparent = typeof parent === "string" ? parseTraceparent(parent) : undefined;
  if (traceparent === undefined) return unfit(`trace.traceparent: ${TRACEPARENT_RULE} was expected`);
  if (state === "") return { traceparent };
  if (typeof state === "string" && isTracestate(state)) return { traceparent, tracestate: state };
  return unfit(`trace.tracestate: ${TRACESTATE_RULE} was expected`);
}

function unfit(message: string): RpcError {
  return new RpcError("invalid_argument", message, { origin: "arguments", outcome: "not_started" });
}
