import { escapeShort } from "../base/escape.ts";
import { type CallEvent, CLAIMED_MAX_CHARS, type Stamp } from "./line.ts";

/** What all calls of a session have in common. */
export interface SessionWords {
  readonly via: NonNullable<Stamp["via"]>;
  readonly principal: string;
  /** the policy that decides */
  readonly policy: string;
}

/**
 * The lines of one session's calls. They are what `auditLine` would write (a test holds them equal); what is the same
 * in each is escaped once, since writing lines was the dearest part of a call.
 */
export class CallLines {
  readonly #head: string;
  readonly #tail: string;
  /** Made with the first call: a session may be idle for ever. */
  #allowed: Map<string, string> | undefined;

  constructor({ via, principal, policy }: SessionWords) {
    this.#head = `","via":${JSON.stringify(via)},"principal":${JSON.stringify(principal)},"method":`;
    this.#tail = `,"policy":${JSON.stringify(policy)}}\n`;
  }

  /**
   * @param at - the time, RFC 3339
   * @param id - of the request: letters, digits and a hyphen
   * @param method - a name of the catalogue, which has nothing to escape
   * @param trace - the digits of its id, where the call belongs to one
   */
  allowed(at: string, id: string, method: string, grant: string, trace?: string): string {
    // As many as there are grants: their ids are in the policy.
    this.#allowed ??= new Map();
    let words = this.#allowed.get(grant);
    if (words === undefined) {
      words = `,"decision":"allow","grant":${JSON.stringify(grant)}${this.#tail}`;
      this.#allowed.set(grant, words);
    }
    return `{"at":"${at}","kind":"call","id":"${id}${this.#head}"${method}"${traceWords(trace)}${words}`;
  }

  /**
   * @param method - as the peer named it
   * @param trace - the digits of its id, where the call belongs to one
   */
  refused(
    at: string,
    id: string,
    method: string,
    decision: "deny" | "limited" | "invalid",
    reason: NonNullable<CallEvent["reason"]>,
    trace?: string,
  ): string {
    const named = `${JSON.stringify(escapeShort(method, CLAIMED_MAX_CHARS))}${traceWords(trace)}`;
    return `{"at":"${at}","kind":"call","id":"${id}${this.#head}${named},"decision":"${decision}","reason":"${reason}"${this.#tail}`;
  }
}

/** Hex digits have nothing to escape. */
function traceWords(trace: string | undefined): string {
  return trace === undefined ? "" : `,"trace":"${trace}"`;
}
