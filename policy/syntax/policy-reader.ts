import type { Place } from "../../yaml/problem.ts";
import { Reader, startOf } from "../../yaml/reader.ts";
import { nodeWords, type YamlNode } from "../../yaml/tree.ts";
import { TextPatterns } from "../patterns/text-patterns.ts";
import { ALWAYS, parseTime, type Window } from "./window.ts";

const WINDOW = { of: "a window of time", known: ["since", "until"] };

/** What reads a quantity out of its text, or says in a sentence what was expected. */
type Parse<T> = (text: string) => T | string;

/** Takes the nodes of a policy apart. Its patterns of text are made on the way: some are refused only then. */
export class PolicyReader extends Reader {
  readonly textPatterns = new TextPatterns();
  /** Where times stand: what other readers of YAML make of them does not matter there. */
  readonly times: Place[] = [];

  /** A whole number from 1 on. */
  count(node: YamlNode, what: string): number | undefined {
    const found = node.kind === "scalar" ? node.value : undefined;
    if (typeof found === "number" && Number.isSafeInteger(found) && found >= 1) return found;
    const text = `${what}: a whole number from 1 was expected, but ${nodeWords(node)} stands here`;
    this.error("P212", startOf(node), text);
    return undefined;
  }

  /** A quantity with its unit, as `parse` reads it. */
  quantity<T extends object | number>(node: YamlNode, parse: Parse<T>): T | undefined {
    const found = parse(node.kind === "scalar" && typeof node.value === "string" ? node.value : "");
    if (typeof found !== "string") return found;
    this.error("P212", startOf(node), `${found}, but ${nodeWords(node)} stands here`);
    return undefined;
  }

  flag(node: YamlNode): boolean | undefined {
    if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
    this.wrongType("true or false", node);
    return undefined;
  }

  /** A moment, in milliseconds since 1970. */
  time(node: YamlNode): number | undefined {
    if (node.kind === "scalar") this.times.push(node.at);
    const written = node.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
    const found = parseTime(written ?? "");
    if (typeof found === "number") return found;
    const text = written === undefined ? `a time was expected, but ${nodeWords(node)} stands here` : found;
    this.error("P211", startOf(node), text, "write a time with its offset: 2026-12-31T00:00:00Z");
    return undefined;
  }

  /** `{since, until}`, of which one is enough. An end that cannot be read is open: the error keeps the file out. */
  window(node: YamlNode): Window {
    const map = this.record(node, WINDOW);
    if (map === undefined) return ALWAYS;
    const since = map.entries.get("since")?.value;
    const until = map.entries.get("until")?.value;
    if (since === undefined && until === undefined)
      this.error(
        "P203",
        startOf(node),
        "a window of time has at least one end",
        "write since, until or both",
      );
    const sinceMs = since === undefined ? undefined : this.time(since);
    const untilMs = until === undefined ? undefined : this.time(until);
    if (until !== undefined && sinceMs !== undefined && untilMs !== undefined && untilMs <= sinceMs) {
      const text = "the window is empty: it must end after it begins";
      this.error("P211", startOf(until), text, "'until' comes after 'since'");
    }
    return { sinceMs: sinceMs ?? ALWAYS.sinceMs, untilMs: untilMs ?? ALWAYS.untilMs };
  }
}
