import type { RefusedLogin } from "../../audit/line.ts";
import { PublicKey, publicKeyFlaw } from "../../certs/ed25519.ts";
import { fingerprint } from "../../certs/public-key.ts";
import type { Policy, Principal } from "../../policy/engine.ts";
import type { LoginClaim } from "../../session/login/daemon-phase.ts";
import type { Verifications } from "../limits/verify-queue.ts";

/** What came of a claim. There is no identity but in a good one. */
export type Authentication =
  | { readonly good: true; readonly principal: Principal; readonly key: string }
  | {
      readonly good: false;
      readonly reason: RefusedLogin["reason"];
      readonly key: string | undefined;
    };

/**
 * Cheap checks before dear ones; the first that fails ends it. The peer cannot tell which it was: the refusal
 * is delayed.
 *
 * @param nowMs - milliseconds since 1970
 * @param evenly - for where it is not: the signature is looked at whether the key is known or not
 */
export async function authenticate(
  claim: LoginClaim,
  policy: Policy,
  nowMs: number,
  queue: Verifications,
  evenly: boolean,
): Promise<Authentication> {
  if (publicKeyFlaw(claim.key) !== undefined) return { good: false, reason: "bad_key", key: undefined };
  const key = new PublicKey(claim.key);
  const print = fingerprint(key);
  // Asked of all alike: only who is enrolled would meet a full queue otherwise.
  if (queue.isFull) return { good: false, reason: "busy", key: print };
  // Unknown, revoked and expired are one thing to whoever asks.
  const known = policy.principalOfKey(print, nowMs);
  if (!known.ok && !evenly) return { good: false, reason: known.reason, key: print };
  const verified = queue.verify(key, claim.block, claim.signature);
  if (verified === undefined) return { good: false, reason: "busy", key: print };
  const good = await verified;
  if (!known.ok) return { good: false, reason: known.reason, key: print };
  return good
    ? { good, principal: known.principal, key: print }
    : { good: false, reason: "bad_signature", key: print };
}
