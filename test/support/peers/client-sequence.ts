import * as fc from "fast-check";
import { assertNever } from "../../../base/assert-never.ts";
import { WireReference } from "../../../wire/reference.ts";
import { Callback, type ClientRun, Result, type Step } from "../client-run.ts";

/** Numbers out of which a step is made, once it is known what it can be about. */
export interface Choice {
  readonly does: keyof typeof WEIGHTS;
  readonly which: number;
  readonly about: number;
  readonly waits: boolean;
}

const WEIGHTS = {
  call: 16,
  open: 8,
  on: 20,
  cancel: 9,
  release: 7,
  credit: 3,
  end: 4,
  gone: 4,
  item: 4,
  answer: 5,
  progress: 1,
  ping: 1,
} as const;

const kinds = Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[];

export const choices: fc.Arbitrary<readonly Choice[]> = fc.noBias(
  fc.array(
    fc.record({
      does: fc.oneof(...kinds.map((kind) => ({ weight: WEIGHTS[kind], arbitrary: fc.constant(kind) }))),
      which: fc.nat({ max: 1_000 }),
      about: fc.nat({ max: 7 }),
      waits: fc.oneof(
        { weight: 5, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
    }),
    { minLength: 8, maxLength: 24, size: "max" },
  ),
);

/** Methods of the service, each with the kinds of what it is passed; a number stands for itself. */
const METHODS: readonly (readonly [method: string, ...args: readonly unknown[]])[] = [
  ["now", 1],
  ["soon", 2],
  ["never"],
  ["never"],
  ["never"],
  ["running"],
  ["fail"],
  ["failSoon"],
  ["secret"],
  ["missing"],
  ["now", "no number"],
  ["now", 1, 2],
  ["numbers"],
  ["cutOff"],
  ["silent"],
  ["ask", { kind: "yours" }],
  ["count", { kind: "stream" }],
  ["first", { kind: "stream" }],
  ["all", { kind: "stream" }],
  ["upper", { kind: "stream" }],
  ["unread", { kind: "stream" }],
  ["secret", { kind: "stream" }],
  ["tell", { kind: "callback" }],
  ["tellTwice", { kind: "callback" }],
  ["tellEach", { kind: "stream" }, { kind: "callback" }],
  ["giveBack", { kind: "callback" }],
  ["giveBackLate", { kind: "callback" }],
  ["ignore", { kind: "callback" }],
];

/** Methods that return, or would return, something to call. */
const OPENERS: typeof METHODS = [
  ["open"],
  ["open"],
  ["openSoon"],
  ["openSoon"],
  ["openNever"],
  ["openFail"],
  ["counter"],
];

/** What is called on an object or a function; some are of neither. */
const METHODS_ON: typeof METHODS = [
  ["next"],
  ["next"],
  ["soon"],
  ["fail"],
  ["never"],
  ["leaf"],
  ["leafSoon"],
  ["each", { kind: "callback" }],
  ["", 5],
  ["missing"],
];

const OPENING = [...OPENERS.map(([name]) => name), "leaf", "leafSoon"];

/** What ends the connection, whatever was said before. */
const VIOLATIONS: readonly ((last: number) => Step)[] = [
  (last) => [19, last + 1, "never made"],
  (last) => [16, last, 0, "now", [1], {}, {}],
  () => [17, 1_000, 1],
  () => [18, 1_000, FAULT],
  () => [24, 1_000],
  () => [23, 1_000, 1],
  () => [22, 1_000, FAULT],
  () => [25, 1_000, 1, null, null],
  () => [28, "good-bye"],
];

const FAULT = { code: "aborted", message: "no more", id: "" };

/**
 * Writes a sequence, message by message. It names a reference, a stream's credit or a callback only where it was there when
 * the client last waited: so it is there in every chunking.
 */
export class ClientSequence {
  readonly steps: Step[] = [];
  /** How often what this test is about occurred. */
  readonly events = { endsBehindCalls: 0, releasesBehindCalls: 0, cancelsBehindCalls: 0 };
  readonly pipelined: number[] = [];
  readonly cancelled = new Set<number>();
  /** Streams of which the client had enough, by the call that returned them. */
  readonly released = new Set<number>();
  readonly #run: ClientRun;
  #calls = 0;
  #passed = 0;
  /** Calls and references of the messages since the client last waited. */
  #fresh = { call: 1, ref: 1, on: new Set<number>() };
  /** Calls that may return something to call. */
  readonly #promising: number[] = [];
  readonly #kinds = new Map<number, "callback" | "stream">();
  readonly #over = new Set<number>();
  readonly #credits = new Map<number, number>();
  readonly #answered = new Map<number, number>();
  /** What was known when the client last waited. */
  #known = { results: [] as [number, WireReference][], credited: [] as number[], asked: [] as Callback[] };

  /** @param run - on which the sequence is sent while it is written */
  constructor(run: ClientRun) {
    this.#run = run;
  }

  /** @returns the step, if there is anything that it could be about */
  write(choice: Choice): Step | undefined {
    const step = this.#calls === 0 ? this.#call(0, pick(METHODS, choice.which)) : this.#make(choice);
    if (step !== undefined) this.steps.push(step);
    return step;
  }

  /** What ends the connection behind the sequence. */
  violation(which: number): Step {
    return pick(VIOLATIONS, which)?.(this.#calls) ?? "wait";
  }

  /** The client has waited: what it knows now may be named. */
  waited(): void {
    this.steps.push("wait");
    const { references, credited, callbacks } = this.#run;
    this.#fresh = { call: this.#calls + 1, ref: this.#passed + 1, on: new Set() };
    this.#known = {
      results: [...references],
      credited: [...credited].filter((ref) => this.#kinds.get(ref) === "stream"),
      asked: [...callbacks].flatMap(([ref, calls]) => calls.map((_, i) => new Callback(ref, i))),
    };
  }

  #make({ does, which, about }: Choice): Step | undefined {
    switch (does) {
      case "call":
        return this.#call(0, pick(METHODS, which));
      case "open":
        return this.#call(0, pick(OPENERS, which));
      case "on":
        return this.#callOn(which, about);
      case "cancel":
        return this.#cancel(about);
      case "release": {
        const called = this.#known.results.filter(([call]) => this.#fresh.on.has(call));
        const [call, reference] = recent(called.length > 0 ? called : this.#known.results, about) ?? [];
        if (call === undefined) return undefined;
        if (reference?.kind === "stream") this.released.add(call);
        if (this.#fresh.on.has(call)) this.events.releasesBehindCalls++;
        return [24, new Result(call)];
      }
      case "credit": {
        const streams = this.#known.results.filter(([, { kind }]) => kind === "stream");
        const [call] = recent(streams, about) ?? [];
        if (call === undefined) return undefined;
        // So much is outstanding at the most that the window is never passed.
        this.#credits.set(call, 1 + (this.#credits.get(call) ?? 0));
        return [23, new Result(call), 1 + 50 * which];
      }
      case "end":
        return this.#end(about, (ref) => [21, ref], "stream");
      case "gone":
        return this.#end(about, (ref) => [22, ref, FAULT]);
      case "item": {
        const ref = recent(
          this.#known.credited.filter((one) => !this.#over.has(one)),
          about,
        );
        return ref === undefined ? undefined : [20, ref, pick(["a", "bc", 3, null], which)];
      }
      case "answer":
        return this.#answer(which, about);
      case "progress": {
        const asked = recent(this.#known.asked, about);
        return asked === undefined ? undefined : [25, asked, which, null, null];
      }
      case "ping":
        return [26, which % 100];
      default:
        return assertNever(does, "a step");
    }
  }

  #callOn(which: number, about: number): Step | undefined {
    const method = pick(METHODS_ON, which);
    const [call] = recent(this.#known.results, about) ?? [];
    if (which % 3 === 0 && call !== undefined) {
      if (this.#credits.has(call)) return undefined;
      this.#fresh.on.add(call);
      return this.#call(new Result(call), method);
    }
    const any = Math.max(0, this.#calls - about);
    const base = which % 4 === 0 ? any : (recent(this.#promising, about % 4) ?? any);
    // Whether a stream has ended by itself is a matter of time.
    if (base === 0 || this.#credits.has(base)) return undefined;
    if (base >= this.#fresh.call) this.pipelined.push(this.#calls + 1);
    return this.#call(-base, method);
  }

  #call(target: unknown, [method, ...args]: readonly [string, ...unknown[]] = ["missing"]): Step | undefined {
    const places = args.map((arg) => (isPlace(arg) ? this.#pass(arg.kind) : arg));
    if (places.includes(undefined)) return undefined;
    this.#calls++;
    if (OPENING.includes(method)) this.#promising.push(this.#calls);
    return [16, this.#calls, target, method, places, {}, {}];
  }

  #pass(kind: WireReference["kind"]): WireReference | undefined {
    if (kind === "yours") {
      const [call] =
        recent(
          this.#known.results.filter(([one]) => !this.#credits.has(one)),
          0,
        ) ?? [];
      return call === undefined ? undefined : new WireReference("yours", call);
    }
    this.#passed++;
    this.#kinds.set(this.#passed, kind === "stream" ? "stream" : "callback");
    return new WireReference(kind, this.#passed);
  }

  #cancel(about: number): Step | undefined {
    const call = this.#calls - Math.floor(about / 3);
    if (call < 1) return undefined;
    if (call >= this.#fresh.call && !this.cancelled.has(call)) {
      this.events.cancelsBehindCalls++;
      this.cancelled.add(call);
    }
    return [19, call, "enough"];
  }

  #end(about: number, say: (ref: number) => Step, only?: "stream"): Step | undefined {
    const open = [...this.#kinds].filter(
      ([ref, kind]) => !this.#over.has(ref) && (only === undefined || kind === only),
    );
    const [ref] = recent(open, Math.floor(about / 3)) ?? [];
    if (ref === undefined) return undefined;
    this.#over.add(ref);
    if (ref >= this.#fresh.ref) this.events.endsBehindCalls++;
    return say(ref);
  }

  #answer(which: number, about: number): Step | undefined {
    const open = this.#known.asked.filter(({ ref, index }) => index >= (this.#answered.get(ref) ?? 0));
    const first = recent(open, about);
    if (first === undefined) return undefined;
    const index = this.#answered.get(first.ref) ?? 0;
    this.#answered.set(first.ref, index + 1);
    const asked = new Callback(first.ref, index);
    return which % 4 === 0 ? [18, asked, FAULT] : [17, asked, which];
  }
}

function isPlace(arg: unknown): arg is { readonly kind: WireReference["kind"] } {
  return typeof arg === "object" && arg !== null && "kind" in arg;
}

function pick<T>(from: readonly T[], which: number): T | undefined {
  return from[which % from.length];
}

/** One of the last. */
function recent<T>(from: readonly T[], back: number): T | undefined {
  return from.at(-1 - (back % Math.max(1, from.length)));
}
