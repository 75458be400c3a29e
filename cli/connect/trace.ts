import {
  isTracestate,
  parseTraceparent,
  TRACEPARENT_RULE,
  type TraceContext,
} from "../../base/trace-context.ts";
import { usage } from "../io/failure.ts";
import type { Io } from "../io/io.ts";

/**
 * The trace that a call belongs to:
 *
 *     --trace > TRACEPARENT, with TRACESTATE, in the environment > none
 *
 * The variables are OpenTelemetry's for programs that run one another. Nobody who calls has to know of them, so what cannot
 * be read there is no trace, as W3C has it, and no complaint. TRACESTATE belongs to TRACEPARENT, and goes with no other.
 *
 * @throws Failure for an option that is no traceparent
 */
export function readTrace(option: string | undefined, env: Io["env"]): TraceContext | undefined {
  const { TRACEPARENT: parent = "", TRACESTATE: state = "" } = env;
  const traceparent = parseTraceparent(option ?? parent);
  if (traceparent === undefined) {
    if (option === undefined) return undefined;
    throw usage(`--trace: ${TRACEPARENT_RULE} was expected, not '${option}'`);
  }
  return option === undefined && isTracestate(state) ? { traceparent, tracestate: state } : { traceparent };
}
