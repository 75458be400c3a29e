import { signedBlock } from "../../certs/sshsig.ts";
import type { Transcript } from "../../session/login/transcript.ts";
import { CALL_DEADLINE_MAX_MS, CALLS_IN_FLIGHT_MAX, SESSION_FRAME_MAX_BYTES } from "../../wire/limits.ts";
import type { WelcomeBody } from "../../wire/login-message.ts";
import { type Authenticated, Session } from "../session/session.ts";
import type { LoginCore } from "./login-core.ts";

/**
 * Makes the session of a good login, with the rules of this moment.
 *
 * @param transcript - all that was said in the login
 */
export function openSession(
  core: LoginCore,
  transcript: Transcript,
  login: Authenticated,
): { readonly session: Session; readonly welcome: WelcomeBody } {
  const nowMs = core.clock.wallMs();
  const session = new Session(core, login, nowMs);
  return {
    session,
    welcome: {
      principal: login.principal.name,
      roles: login.principal.roles,
      connection: login.connection,
      boot: core.bootId,
      digest: session.table(nowMs).digest,
      limits: {
        frameBytes: SESSION_FRAME_MAX_BYTES,
        callsInFlight: CALLS_IN_FLIGHT_MAX,
        deadlineMs: CALL_DEADLINE_MAX_MS,
      },
      otherHostKeys: core.otherHostKeys.map((key) => ({
        key: key.publicKey.bytes,
        signature: key.sign(signedBlock("hostkey.v1@rpcd", transcript)),
      })),
    },
  };
}
