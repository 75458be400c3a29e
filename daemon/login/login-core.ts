import type { PrivateKey } from "../../certs/ed25519.ts";
import type { AuditRoom } from "../audit/room.ts";
import type { Config } from "../config/config.ts";
import type { RefusalPlaces } from "../faults/refusal-place.ts";
import type { GrantMeters } from "../limits/grant-meters.ts";
import type { Loads } from "../limits/load.ts";
import type { VerifyQueue } from "../limits/verify-queue.ts";
import type { PolicyKeeper } from "../policy/keeper.ts";
import type { CallCore, Telemetry } from "../run/core.ts";
import type { Operator } from "../session/operator.ts";
import type { Probes } from "../session/probes.ts";
import type { SessionTables } from "../session/session-table.ts";

/** What the logins of all connections share. */
export interface LoginCore
  extends Pick<CallCore, "clock" | "deadlines">,
    Pick<Telemetry, "log" | "audit" | "strangers" | "measures"> {
  /** The configuration in force at this moment. */
  readonly config: Config;
  readonly hostKey: PrivateKey;
  /** Host keys that the client is told to trust beside it. */
  readonly otherHostKeys: readonly PrivateKey[];
  /** 16 random bytes, drawn at each start of the daemon. */
  readonly bootId: Uint8Array;
  readonly keeper: PolicyKeeper;
  readonly meters: GrantMeters;
  readonly tables: SessionTables;
  readonly operator: Operator;
  readonly verifications: VerifyQueue;
  readonly refusals: RefusalPlaces;
  readonly loads: Loads;
  readonly probes: Probes;
  /** The share of the audit log's disk that each principal has. */
  readonly room: AuditRoom;
  /** For the calls that follow a login. */
  readonly calls: CallCore;
}
