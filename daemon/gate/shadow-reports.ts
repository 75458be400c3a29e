import { type AdmissionRow, admit } from "../../policy/engine.ts";
import type { AuditWriter } from "../audit/writer.ts";
import { BATCH_COST_MAX } from "../base/limits.ts";
import type { Failures } from "../log/failures.ts";
import { requestId } from "../session/session.ts";
import type { Asked } from "./asked.ts";

/** Kept for a later turn at a time, and what they may cost together, in bytes; more are not weighed. */
const WAITING_MAX = 1_000;
const WAITING_COST_MAX = BATCH_COST_MAX;

interface Noted {
  readonly asked: Asked;
  readonly nowMs: number;
}

/**
 * What shadow grants would have allowed: denied calls are held against them once they are answered, so that no answer
 * tells by its time that there is such a grant. A line of the audit log for each, and a count.
 */
export class ShadowReports {
  readonly #audit: AuditWriter;
  readonly #failures: Failures;
  #waiting: Noted[] = [];
  #cost = 0;
  readonly #counts = new Map<string, number>();

  constructor(audit: AuditWriter, failures: Failures) {
    this.#audit = audit;
    this.#failures = failures;
  }

  /** Calls that each shadow grant would have allowed, since the daemon began. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Takes in a call that was denied. */
  note(asked: Asked, nowMs: number): void {
    if (asked.session.policy.tree.shadow.size === 0 || this.#waiting.length >= WAITING_MAX) return;
    const { cost } = asked.message.args;
    // One alone may cost more than all of them: it is as good as any.
    if (this.#waiting.length > 0 && this.#cost + cost > WAITING_COST_MAX) return;
    this.#cost += cost;
    this.#waiting.push({ asked, nowMs });
    if (this.#waiting.length === 1) setImmediate(() => this.#weighAll());
  }

  #weighAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#cost = 0;
    try {
      for (const noted of waiting) this.#weigh(noted);
    } catch (error) {
      this.#failures.failed("an error while weighing shadow grants", {}, { error });
    }
  }

  #weigh({ asked, nowMs }: Noted): void {
    const { session, message } = asked;
    const { policy, principal, peer, catalogue } = session;
    const { rows } = policy.shadowTable(principal, peer, catalogue, nowMs);
    const row = (method: string): AdmissionRow | undefined => {
      const [entry, grants] = [catalogue.get(method), rows.get(method)];
      return entry && grants && { entry, grants };
    };
    const decision = admit({ get: row }, asked);
    if (!decision.allowed || decision.grant === undefined) return;
    const { id } = decision.grant;
    // As many as there are shadow grants, over all policies that there were.
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
    this.#audit.write([
      [
        { atMs: nowMs, id: requestId(session, message.id), via: peer.via },
        { kind: "shadow", principal: principal.name, method: message.method, grant: id, policy: policy.hash },
      ],
    ]);
  }
}
