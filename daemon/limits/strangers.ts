import type { RefusedLogin, Stamp } from "../../audit/line.ts";
import type { Clock } from "../../base/clock.ts";
import type { Deadlines } from "../../link/deadlines.ts";
import type { AuditWriter } from "../audit/writer.ts";
import { FirstFew } from "../base/first-few.ts";
import type { Log } from "../log/log.ts";
import type { Measures, StrangerCount } from "./measures.ts";

/**
 * As many refused logins have an audit line of their own in a minute; the rest is counted in one line for the
 * minute. So a flood costs some seven kilobytes a minute, and whoever tries a few keys by hand is seen whole.
 */
const AUDITED = { few: 30, windowMs: 60_000 };

/** As many lines about strangers has the log in ten seconds. */
const LOGGED = { few: 20, windowMs: 10_000 };

/** And as many about connections that broke after their login: those have names, and are looked for. */
const BROKEN = { few: 200, windowMs: 10_000 };

/** What ended a connection before its login. A closed list: it is counted by these words. */
export type StrangerEnd =
  | "dropped: too many connections before their login"
  | "dropped: no descriptors left for connections"
  | "a TLS handshake failed"
  | "a login was refused"
  | "a connection broke before its login";

interface StrangerSort {
  /** under which it is counted */
  readonly count?: StrangerCount;
  readonly level: "info" | "error";
}

const SORTS: Readonly<Record<StrangerEnd, StrangerSort>> = {
  "dropped: too many connections before their login": { count: "dropped", level: "info" },
  // No stranger's doing alone: somebody has to raise a limit.
  "dropped: no descriptors left for connections": { count: "dropped", level: "error" },
  "a TLS handshake failed": { count: "tls_failed", level: "info" },
  // Counted by its reason.
  "a login was refused": { level: "info" },
  "a connection broke before its login": { count: "broken", level: "info" },
};

/**
 * What is written about peers that have not logged in, and may come as often as they like: the first few whole,
 * the rest as counts.
 */
export class Strangers {
  readonly #audit: AuditWriter;
  readonly #log: Log;
  readonly #measures: Measures;
  readonly #audited: FirstFew;
  readonly #logged: FirstFew;
  readonly #broken: FirstFew;

  constructor({
    audit,
    log,
    clock,
    deadlines,
    measures,
  }: {
    readonly audit: AuditWriter;
    readonly log: Log;
    readonly clock: Clock;
    readonly deadlines: Deadlines;
    readonly measures: Measures;
  }) {
    this.#audit = audit;
    this.#log = log;
    this.#measures = measures;
    this.#audited = new FirstFew(deadlines, AUDITED, (counted) => {
      const count = [...counted.values()].reduce((sum, one) => sum + one, 0);
      const reasons = Object.fromEntries(counted);
      audit.write([[{ atMs: clock.wallMs() }, { kind: "refusals", count, reasons }]]);
    });
    const tell = (counted: ReadonlyMap<string, number>): void => {
      for (const [what, count] of counted) log.warn("more of the same, only counted", { what, count });
    };
    this.#logged = new FirstFew(deadlines, LOGGED, tell);
    this.#broken = new FirstFew(deadlines, BROKEN, tell);
  }

  /** A login that was refused. */
  refused(stamp: Stamp, event: RefusedLogin): void {
    this.#measures.logins[event.reason]++;
    if (this.#audited.isTold(event.reason)) this.#audit.write([[stamp, event]]);
    this.ended("a login was refused", { connection: stamp.id, reason: event.reason, key: event.key });
  }

  /** A connection that ended before its login. */
  ended(what: StrangerEnd, fields: Readonly<Record<string, unknown>>): void {
    const { count, level } = SORTS[what];
    if (count !== undefined) this.#measures.strangers[count]++;
    if (this.#logged.isTold(what)) this.#log[level](what, fields);
  }

  /** A connection that broke after its login: whoever has a key can log in and break it as often as they like, too. */
  broken(fields: Readonly<Record<string, unknown>>): void {
    const what = "a connection broke";
    if (this.#broken.isTold(what)) this.#log.info(what, fields);
  }

  /** Writes what was only counted. */
  close(): void {
    this.#audited.close();
    this.#logged.close();
    this.#broken.close();
  }
}
