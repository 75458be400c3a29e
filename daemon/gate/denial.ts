import type { Denial } from "../../base/fault.ts";
import { explain } from "../../policy/engine.ts";
import type { Asked } from "./asked.ts";

/** Why a call was denied, for a caller who may explain: the whole policy is asked, not only the caller's table. */
export function denialOf({ session, message, bytes }: Asked, nowMs: number): Denial {
  const { method } = message;
  const { positional, named } = message.args.values;
  const { principal, peer, address, policy } = session;
  const { reason, nearest } = explain(
    policy,
    { method, positional, named },
    { principal, peer: { ...peer, text: address }, nowMs, bytes },
    session.catalogue,
  );
  if (nearest === undefined) return { reason, policy: policy.hash };
  const { grant, at, on, path, want, got } = nearest;
  return { reason, policy: policy.hash, grant, at: `${at.line}:${at.column}`, path: path ?? on, want, got };
}
