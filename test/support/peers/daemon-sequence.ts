import * as fc from "fast-check";
import { assertNever } from "../../../base/assert-never.ts";
import { WireReference } from "../../../wire/reference.ts";

/** What the client passes with its one call that passes something, in the order of the numbers from 1. */
export const PASSED = ["now", "soon", "fails", "failsSoon", "never", "relay", "items"] as const;
export const ITEMS_REF = PASSED.indexOf("items") + 1;

/** Where in the list those functions are that are not done when their call is. */
const SLOW = [PASSED.indexOf("never"), PASSED.indexOf("relay")];

/** The calls of the client: three with data, one for the catalogue (answered at once), one that passes all of {@link PASSED}. */
export const CALLS = [1, 2, 3, 5] as const;
export const PASSING_CALL = 5;
/** Its program gives this one up, when a sequence says so. */
export const ABORTED_CALL = 2;

/** A message of the daemon; or what the program does, and the daemon waits until it is done. */
export type DaemonStep = readonly unknown[] | "wait" | "abort";

const FAULT = { code: "aborted", message: "no more", id: "" };

const WEIGHTS = {
  value: 4,
  reference: 5,
  back: 1,
  fault: 2,
  call: 12,
  cancel: 10,
  progress: 4,
  item: 8,
  end: 5,
  gone: 5,
  release: 1,
  credit: 3,
  ping: 1,
  goaway: 1,
  abort: 1,
} as const;

interface Choice {
  readonly does: keyof typeof WEIGHTS;
  readonly which: number;
  readonly about: number;
  readonly waits: boolean;
}

const kinds = Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[];

/** Sequences of messages of a daemon. */
export const daemonSequences: fc.Arbitrary<DaemonSequence> = fc
  .noBias(
    fc.array(
      fc.record({
        does: fc.oneof(...kinds.map((kind) => ({ weight: WEIGHTS[kind], arbitrary: fc.constant(kind) }))),
        which: fc.nat({ max: 1_000 }),
        about: fc.nat({ max: 3 }),
        waits: fc.oneof(
          { weight: 5, arbitrary: fc.constant(false) },
          { weight: 1, arbitrary: fc.constant(true) },
        ),
      }),
      { minLength: 8, maxLength: 24, size: "max" },
    ),
  )
  .map((choices) => new DaemonSequence(choices));

/** What ends the connection, whatever was said before. @param asked - the id of the daemon's last call */
const VIOLATIONS: readonly ((asked: number) => DaemonStep)[] = [
  () => [19, 1_000, "never made"],
  () => [25, 1_000, 1, null, null],
  () => [17, 1_000, 1],
  () => [18, 1_000, FAULT],
  () => [21, 1_000],
  () => [22, 1_000, FAULT],
  () => [24, 1_000],
  () => [23, 1_000, 1],
  (asked) => [16, asked, 1, "", [], {}, {}],
];

/** A sequence of messages, each of which may be said there whatever is known of the client by then. */
export class DaemonSequence {
  readonly steps: DaemonStep[] = [];
  /** What each call was answered first, by its id, where that is a reference. */
  readonly kinds = new Map<number, WireReference["kind"]>();
  /** How often what this test is about occurred. */
  readonly events = { endsBehindAnswers: 0, cancelsBehindCalls: 0 };
  /** Calls of the daemon whose cancel stands behind them. */
  readonly cancelled = new Set<number>();
  #asked = 0;
  #given = 0;
  #fresh = { asked: 1, given: 1 };
  readonly #answered = new Set<number>();
  /** Streams that the program reads: they have credit, once the daemon has waited. */
  readonly #streams: number[] = [];
  readonly #over = new Set<number>();
  #isAborted = false;
  #hasCredit = false;

  constructor(choices: readonly Choice[]) {
    // A connection on which nothing was called yet: the first call makes the id of the others certain.
    this.steps.push(this.#call(0, 0));
    for (const choice of choices) {
      const step = this.#make(choice);
      if (step === undefined) continue;
      this.steps.push(step);
      if (!choice.waits && step !== "abort") continue;
      this.steps.push("wait");
      this.#fresh = { asked: this.#asked + 1, given: this.#given + 1 };
    }
  }

  /** Whether it depends on time how much is sent of the client's stream. */
  get cutsItems(): boolean {
    return this.#answered.has(PASSING_CALL) || this.#over.has(-ITEMS_REF);
  }

  /** What ends the connection behind the sequence. */
  violation(which: number): DaemonStep {
    return pick(VIOLATIONS, which)(this.#asked);
  }

  #make({ does, which, about }: Choice): DaemonStep | undefined {
    const call = pick(CALLS, which);
    switch (does) {
      case "value":
        this.#answered.add(call);
        return [17, call, which];
      case "reference":
        return this.#reference(call, pick(["stream", "stream", "object", "callback"] as const, about));
      case "back":
        // When the client's own stream ends is a matter of time.
        return this.#answer(call, new WireReference("yours", 1 + (which % (ITEMS_REF - 1))));
      case "fault":
        this.#answered.add(call);
        return [18, call, FAULT];
      case "call":
        return this.#call(which % 3 === 0 ? pick(SLOW, about) : which % (PASSED.length + 1), which);
      case "cancel": {
        const id = Math.max(1, this.#asked - about);
        if (id >= this.#fresh.asked && !this.cancelled.has(id)) {
          this.events.cancelsBehindCalls++;
          this.cancelled.add(id);
        }
        return [19, id, "enough"];
      }
      case "progress":
        return [25, call, which, null, null];
      case "item": {
        const known = this.#streams.filter((ref) => ref < this.#fresh.given && !this.#over.has(ref));
        return known.length === 0 ? undefined : [20, pick(known, about), which];
      }
      case "end":
      case "gone": {
        const ref = this.#given - about;
        const fits = does === "gone" || this.#streams.includes(ref);
        if (ref < 1 || this.#over.has(ref) || !fits) return undefined;
        this.#over.add(ref);
        if (ref >= this.#fresh.given) this.events.endsBehindAnswers++;
        return does === "end" ? [21, ref] : [22, ref, FAULT];
      }
      case "release": {
        const ref = 1 + (which % PASSED.length);
        this.#over.add(-ref);
        return [24, ref];
      }
      case "credit":
        this.#hasCredit = true;
        return [23, ITEMS_REF, 1 + 20 * which];
      case "ping":
        return [26, which % 100];
      case "goaway":
        return [28, "good-bye"];
      case "abort":
        if (this.#isAborted) return undefined;
        this.#isAborted = true;
        this.#answered.add(ABORTED_CALL);
        return "abort";
      default:
        return assertNever(does, "a step");
    }
  }

  /** @param place - of what was passed; the one behind all of them was never passed */
  #call(place: number, which: number): DaemonStep {
    this.#asked++;
    // A stream cannot be called; when it ends is a matter of time.
    const target = place + 1 === ITEMS_REF && this.#hasCredit ? 1 : place + 1;
    return [16, this.#asked, target, "", [which], {}, {}];
  }

  #reference(call: number, kind: WireReference["kind"]): DaemonStep {
    this.#given++;
    if (kind === "stream" && !this.#answered.has(call)) this.#streams.push(this.#given);
    return this.#answer(call, new WireReference(kind, this.#given));
  }

  #answer(call: number, reference: WireReference): DaemonStep {
    if (!this.#answered.has(call)) this.kinds.set(call, reference.kind);
    this.#answered.add(call);
    return [17, call, reference];
  }
}

function pick<T>(from: readonly T[], which: number): T {
  const found = from[which % from.length];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}
