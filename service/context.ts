import type { TraceContext } from "../base/trace-context.ts";

/** What a handler gets beside its arguments. */
export interface Context {
  /** Who calls: authenticated, and allowed to make this call. */
  readonly principal: Principal;
  /** The request's id, as the caller reads it in a fault and as it stands in the audit log. */
  readonly requestId: string;
  /** Aborted when the caller cancels, is gone, or its deadline passes. What then still runs is work for nobody. */
  readonly signal: AbortSignal;
  /** The last moment of the call, in milliseconds since 1970. */
  readonly deadlineMs: number;
  /**
   * The trace that the call belongs to, where its caller says so (W3C Trace Context): hand it on, as it is, with whatever is
   * asked of other systems because of this call. It is the caller's word and proves nothing.
   */
  readonly trace: TraceContext | undefined;
  /**
   * Tells the caller how far the call is, as often as it likes: what comes too fast is left out, the last word comes.
   *
   * @param done - so much of it, from 0, in whatever the method counts
   * @param total - of so much, where it is known
   * @param note - a few words, at most 256 characters
   */
  progress(done: number, total?: number, note?: string): void;
  /** Lines in the daemon's log, marked with the request and its trace. Never put a secret there. */
  readonly log: ContextLog;
}

export interface Principal {
  /** `id:alice` */
  readonly name: string;
  readonly roles: readonly string[];
}

/**
 * Lines of the log. The fields stand beside the message, as in pino: `ctx.log.info("saved", { title })`. Numbers, booleans, texts,
 * errors, and lists and plain objects of them are shown, to a bound. A field whose name is one of the daemon's own gets `service.` in
 * front of it.
 */
export interface ContextLog {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;
