import { CallLines } from "../audit/call-lines.ts";
import { signedBlock } from "../base/sshsig.ts";
import type { Principal } from "../policy/index.ts";
import type { Transcript } from "../session/transcript.ts";
import { CALL_DEADLINE_MAX_MS, CALLS_IN_FLIGHT_MAX, SESSION_FRAME_MAX_BYTES } from "../wire/limits.ts";
import type { WelcomeBody } from "../wire/login-message.ts";
import type { Core } from "./core.ts";
import type { Session } from "./session.ts";

/** `sha256:` and 16 digits: enough to tell one policy from another in every line of the audit log. */
const AUDITED_HASH_CHARS = "sha256:".length + 16;

/** What a good login showed. */
export interface LoggedIn {
  readonly principal: Principal;
  readonly key: string;
  readonly via: Session["via"];
  readonly connection: string;
  /** all that was said in the login */
  readonly transcript: Transcript;
}

/** Makes the session of a good login, with the rules of this moment. */
export function openSession(
  core: Core,
  { transcript, ...login }: LoggedIn,
): { readonly session: Session; readonly welcome: WelcomeBody } {
  const table = core.tables.of(core.policy, login.principal);
  return {
    session: {
      ...login,
      table,
      lines: new CallLines({
        via: login.via,
        principal: login.principal.name,
        policy: core.policy.hash.slice(0, AUDITED_HASH_CHARS),
      }),
    },
    welcome: {
      principal: login.principal.name,
      roles: login.principal.roles,
      connection: login.connection,
      boot: core.bootId,
      digest: table.digest,
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
