import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe, test } from "node:test";
import { Decoder } from "cbor-x/index-no-eval";
import { Fault } from "../../base/fault.ts";
import { encode } from "../../wire/cbor.ts";
import { type DataLimits, LOGIN_DATA, SESSION_DATA } from "../../wire/limits.ts";
import {
  encodeHelloBody,
  encodeHostBody,
  encodeLoginBody,
  encodeLoginMessage,
  encodeWelcomeBody,
  readHelloBody,
  readHostBody,
  readLoginBody,
  readLoginMessage,
  readWelcomeBody,
} from "../../wire/login-message.ts";
import { type CallMessage, encodeMessage } from "../../wire/message.ts";
import { readMessage } from "../../wire/read-message.ts";
import { readWhole } from "../support/whole-message.ts";
import {
  agreed,
  assertPlain,
  bytesOf,
  FORBIDDEN_NAMES,
  head,
  hexOf,
  joined,
  textItem,
} from "../wire/cbor-samples.ts";
import { Random } from "./random.ts";

/*
 * Frames as they are sent, damaged a little in many ways, and read by the real readers. Whatever comes out is
 * the one fault or plain values, and the decoder's verdict is the reference's:
 *
 *     RPCD_SEED        the second seed (else a new one each time; it is printed)
 *     RPCD_MUTATIONS   damaged frames for each seed
 */
const FIXED_SEED = 20_260_101;
const OTHER_SEED = wholeFrom("RPCD_SEED") ?? randomInt(2 ** 32);
const MUTATIONS = wholeFrom("RPCD_MUTATIONS") ?? 20_000;

function wholeFrom(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined) return undefined;
  assert.match(text, /^\d{1,10}$/, `${variable}: a whole number was expected`);
  return Number(text);
}

/** What is sent, and who reads it. */
interface Kind {
  readonly read: (frame: Uint8Array) => unknown;
  readonly limits: DataLimits;
  readonly frames: readonly Uint8Array[];
}

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

const data: readonly unknown[] = [
  null,
  true,
  -1,
  2 ** 53 - 1,
  -(2 ** 40),
  1.5,
  "text, \u00fc\u6c34\u{1f600}",
  "",
  filled(20, 0xd9),
  new Date(1_700_000_000_123),
  new Date(60_000),
  [[], [[1, 2], { a: [false] }], {}],
  { a: 1, b: { c: { d: [1, 2, 3] } }, team: "red", "": null },
  Array.from({ length: 8 }, (_, i) => ({ id: i, name: `n${i}`, at: new Date(i * 86_400_000) })),
];

const call = (parts: Partial<CallMessage>): Uint8Array =>
  encodeMessage({
    kind: "call",
    id: 1,
    target: 0,
    method: "files.read",
    positional: [],
    named: {},
    deadlineMs: undefined,
    ...parts,
  });

const messages: Kind = {
  read: readWhole,
  limits: SESSION_DATA,
  frames: [
    call({}),
    call({ id: 2 ** 33, deadlineMs: 30_000, positional: [1, "two"], named: { three: 3, "fo-ur": [4] } }),
    call({ id: 300, positional: data, named: { all: data } }),
    ...data.map((value, i) => encodeMessage({ kind: "value", id: i + 1, value })),
    encodeMessage({ kind: "fault", id: 7, fault: { code: "internal", message: "m", id: "c-7" } }),
    encodeMessage({
      kind: "fault",
      id: 8,
      fault: {
        code: "failed_precondition",
        message: "the disk is full",
        id: "c-8",
        reason: "disk.full",
        data: { free: 0, at: new Date(0), raw: filled(4, 1) },
        retry: { ok: true, afterMs: 250 },
        outcome: "not_started",
        origin: "handler",
        issues: [{ path: "labels.team", message: "unknown" }],
        cause: [{ code: "unavailable", reason: "disk", message: "no" }],
      },
    }),
    encodeMessage({ kind: "cancel", id: 9, reason: "no longer wanted" }),
    encodeMessage({ kind: "ping", number: 1 }),
    encodeMessage({ kind: "pong", number: 2 ** 32 }),
    encodeMessage({ kind: "goaway", reason: "restart" }),
  ],
};

const bodies = {
  hello: encodeHelloBody({ versions: [1], nonce: filled(32, 1) }),
  host: encodeHostBody({ version: 1, nonce: filled(32, 2), key: filled(32, 3) }),
  login: encodeLoginBody({ key: filled(32, 4) }),
  welcome: encodeWelcomeBody({
    principal: "id:alice",
    roles: ["reader", "writer"],
    connection: "k7",
    boot: filled(16, 5),
    digest: filled(32, 6),
    limits: { frameBytes: 2 ** 20, callsInFlight: 128, deadlineMs: 30_000 },
    otherHostKeys: [{ key: new Uint8Array(32).fill(3), signature: new Uint8Array(64).fill(4) }],
  }),
};

const logins: Kind = {
  read: readLoginMessage,
  limits: LOGIN_DATA,
  frames: [
    encodeLoginMessage({ kind: "hello", body: bodies.hello }),
    encodeLoginMessage({ kind: "host", body: bodies.host, signature: filled(64, 7) }),
    encodeLoginMessage({ kind: "login", body: bodies.login, signature: filled(64, 8) }),
    encodeLoginMessage({ kind: "welcome", body: bodies.welcome }),
    encodeLoginMessage({ kind: "refused" }),
  ],
};

const KINDS: readonly Kind[] = [
  messages,
  messages,
  messages,
  logins,
  { read: readHelloBody, limits: LOGIN_DATA, frames: [bodies.hello] },
  { read: readHostBody, limits: LOGIN_DATA, frames: [bodies.host] },
  { read: readLoginBody, limits: LOGIN_DATA, frames: [bodies.login] },
  { read: readWelcomeBody, limits: LOGIN_DATA, frames: [bodies.welcome] },
];

/** Beginnings of what decoders make more of than data, and what stands at the edges of the profile. */
const TELLING: readonly Uint8Array[] = [
  ..."00 01 17 18 1818 190100 1a 1b 1b001fffffffffffff 1b0020000000000000 20 38 3b001ffffffffffffe".split(
    " ",
  ),
  ..."40 41 58 5f 60 61 6161 78 7f 80 81 82 98 9a00010000 9b 9f a0 a1 a16161 b8 ba bf ff".split(" "),
  ..."c0 c1 c100 c1f6 c1c1 c2 c24101 c3 c6 c600 c7 ce cf d8 d81b d81b8263457272 d81c d81d d81d00".split(" "),
  ..."d833 d83383 d840 d84641 d856 d869 d86983 d8698319e000816161 d90102 d90103 d90100 d9d9f7".split(" "),
  ..."d9dff9 d9dffe d9dfff d9dfff83 d9dfff8319e000816161 d9e000 d9e000820001 da53687264 da00000001".split(
    " ",
  ),
  ..."f4 f5 f6 f7 f8 f814 f818 f9 f90000 f98000 f97c00 f97e00 fa fa7f800000 fb fb7ff8000000000000".split(" "),
  ..."fb8000000000000000 fb42a0000000000000 1c 1d 1e 1f 5c 7d 9e bc dc fe".split(" "),
  ..."80 bf c3 c3bc e0 eda080 efbbbf 63efbbbf f0 f4908080 fffe".split(" "),
]
  .map(bytesOf)
  .concat(
    FORBIDDEN_NAMES.map(textItem),
    FORBIDDEN_NAMES.map((name) => new Uint8Array(Buffer.from(name))),
  );

/** One change of a frame; another frame lends bytes where two are needed. */
type Damage = (frame: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

/** Puts bytes in the place of so many at an offset. */
function replaced(frame: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array {
  return joined(frame.subarray(0, at), by, frame.subarray(at + length));
}

function slice(frame: Uint8Array, random: Random): Uint8Array {
  const at = random.below(frame.length + 1);
  return frame.slice(at, at + 1 + random.below(random.pick([2, 8, 64])));
}

/** An item whose bytes are somewhere in the frame as they would have to be, put around a part of it. */
function wrapped(frame: Uint8Array, random: Random): Uint8Array {
  const at = random.below(frame.length);
  const before = random.pick([
    bytesOf("81"),
    bytesOf("a16161"),
    bytesOf("c1"),
    head(6, random.below(2 ** 16)),
  ]);
  return replaced(frame, at, 0, before);
}

const DAMAGES: readonly Damage[] = [
  (frame, random) => {
    const at = random.below(frame.length);
    return replaced(frame, at, 1, new Uint8Array([(frame[at] ?? 0) ^ (1 << random.below(8))]));
  },
  (frame, random) => replaced(frame, random.below(frame.length), 1, new Uint8Array([random.below(256)])),
  (frame, random) => {
    const at = random.below(frame.length);
    return replaced(frame, at, 1, new Uint8Array([((frame[at] ?? 0) + random.pick([1, 255])) % 256]));
  },
  (frame, random) => replaced(frame, random.below(frame.length), 1, random.pick(TELLING)),
  (frame, random) => {
    const by = random.pick(TELLING);
    return replaced(frame, random.below(frame.length), by.length, by);
  },
  (frame, random) => replaced(frame, random.below(frame.length + 1), 0, random.pick(TELLING)),
  (frame, random) => replaced(frame, random.below(frame.length), 1 + random.below(4), new Uint8Array()),
  (frame, random) => frame.slice(0, random.below(frame.length)),
  (frame, random) => replaced(frame, random.below(frame.length + 1), 0, slice(frame, random)),
  (frame, random, other) => {
    const taken = slice(other, random);
    return replaced(frame, random.below(frame.length + 1), random.pick([0, taken.length]), taken);
  },
  (frame, random, other) =>
    joined(frame.subarray(0, random.below(frame.length + 1)), other.subarray(random.below(other.length))),
  (frame, random) => {
    const [a, b] = [random.below(frame.length), random.below(frame.length)];
    const swapped = frame.slice();
    swapped.set([frame[b] ?? 0], a);
    swapped.set([frame[a] ?? 0], b);
    return swapped;
  },
  wrapped,
];

function damaged(frame: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(frame);
  const times = random.pick([1, 1, 1, 2, 3, 6]);
  for (let i = 0; i < times && bytes.length > 0; i++) bytes = random.pick(DAMAGES)(bytes, random, other);
  return bytes;
}

interface Counts {
  /** by the decoder */
  accepted: number;
  refused: number;
  /** by the reader of the message as well */
  read: number;
}

function run(seed: number): Counts {
  const random = new Random(seed);
  const counts: Counts = { accepted: 0, refused: 0, read: 0 };
  for (let i = 0; i < MUTATIONS; i++) {
    const kind = random.pick(KINDS);
    const bytes = damaged(random.pick(kind.frames), random, random.pick(random.pick(KINDS).frames));
    try {
      hold(bytes, kind, counts);
    } catch (error) {
      throw new Error(`seed ${seed}, mutation ${i}: ${hexOf(bytes)}`, { cause: error });
    }
  }
  return counts;
}

/** Reads the bytes by both decoders and by the reader of such messages, and throws where one is wrong. */
function hold(bytes: Uint8Array, { read, limits }: Kind, counts: Counts): void {
  // Both check what they give back; a fault of any other code comes out of here as it is.
  const isAccepted = "value" in agreed(bytes, limits);
  if (isAccepted) counts.accepted++;
  else counts.refused++;
  // As it arrives: out of a Buffer.
  const message = messageOf(Buffer.from(bytes), read);
  if (message === undefined) return;
  assert.ok(isAccepted, "read what the decoder refuses");
  assertPlain(withoutAbsent(message));
  counts.read++;
  if (read === readLoginMessage) {
    // What a body says is read only when it is believed, and by any of these.
    const body = bodyOf(message);
    for (const one of KINDS) if (body !== undefined && one.limits === LOGIN_DATA) messageOf(body, one.read);
  }
}

/** The message, or undefined if it is refused as a message has to be. */
function messageOf(bytes: Uint8Array, read: Kind["read"]): unknown {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof Fault && error.code === "protocol_error") return undefined;
    throw error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function bodyOf(message: unknown): Uint8Array | undefined {
  if (typeof message !== "object" || message === null || !("body" in message)) return undefined;
  return message.body instanceof Uint8Array ? message.body : undefined;
}

/** A message without the fields that it says are absent. */
function withoutAbsent(message: unknown): unknown {
  if (typeof message !== "object" || message === null) return message;
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));
}

/** All that every object, array, function, date and byte string has from its prototype. */
function inherited(): unknown {
  const prototypes: readonly object[] = [
    Object.prototype,
    Array.prototype,
    Function.prototype,
    String.prototype,
    Number.prototype,
    Boolean.prototype,
    Date.prototype,
    RegExp.prototype,
    Map.prototype,
    Set.prototype,
    Error.prototype,
    Uint8Array.prototype,
    Buffer.prototype,
  ];
  return prototypes.map((prototype) =>
    Reflect.ownKeys(prototype).map((key) => [key, Object.getOwnPropertyDescriptor(prototype, key)]),
  );
}

describe("frames as they are sent", () => {
  test("are read, all of them", () => {
    for (const kind of KINDS) {
      for (const frame of kind.frames) {
        const counts: Counts = { accepted: 0, refused: 0, read: 0 };
        hold(new Uint8Array(frame), kind, counts);
        assert.deepEqual(counts, { accepted: 1, refused: 0, read: 1 }, hexOf(frame));
      }
    }
  });

  test("cut short anywhere are refused", () => {
    for (const kind of KINDS) {
      for (const frame of kind.frames) {
        const counts: Counts = { accepted: 0, refused: 0, read: 0 };
        for (let end = 0; end < frame.length; end++)
          hold(new Uint8Array(frame.subarray(0, end)), kind, counts);
        assert.deepEqual(counts, { accepted: 0, refused: frame.length, read: 0 });
      }
    }
  });
});

function some(seed: number): string {
  const random = new Random(seed);
  return messages.frames.map((frame) => hexOf(damaged(frame, random, frame))).join();
}

describe("damaged frames", () => {
  const seeds = { "the fixed seed": FIXED_SEED, "the other seed": OTHER_SEED };
  for (const [name, seed] of Object.entries(seeds)) {
    test(`give plain values or the one fault, by ${name}`, (t) => {
      const before = inherited();
      t.diagnostic(`RPCD_SEED=${seed} RPCD_MUTATIONS=${MUTATIONS}`);
      const counts = run(seed);
      t.diagnostic(`${counts.accepted} accepted, ${counts.read} of them read, ${counts.refused} refused`);
      assert.deepStrictEqual(inherited(), before);
      assert.equal(counts.accepted + counts.refused, MUTATIONS);
      // All three have to occur often, or the run says nothing.
      assert.ok(counts.accepted > MUTATIONS / 10, `${counts.accepted} accepted`);
      assert.ok(counts.read > MUTATIONS / 50, `${counts.read} read`);
      assert.ok(counts.refused > MUTATIONS / 10, `${counts.refused} refused`);
    });
  }

  test("come again for the same seed, and others for another", () => {
    assert.equal(some(1), some(1));
    assert.notEqual(some(1), some(2));
  });
});

const inReply = (item: string): Uint8Array => bytesOf(`831101${item}`);

const refuses = (bytes: Uint8Array): void => {
  assert.throws(() => readMessage(bytes), { code: "protocol_error" }, hexOf(bytes));
  assert.throws(() => readLoginMessage(bytes), { code: "protocol_error" }, hexOf(bytes));
  assert.ok("refused" in agreed(bytes, SESSION_DATA));
  assert.ok("refused" in agreed(bytes, LOGIN_DATA));
};

describe("a record of the decoder's own", () => {
  // The record 0xe000 has the one field `a`, and is defined as it is used first.
  const DEFINITIONS = {
    "tag 0xdfff": "d9dfff8319e00081616101",
    "tag 105": "d8698319e00081616101",
    "tag 0xdffe": "d9dffe8319e000816161d9e0008101",
  };
  const USE = "d9e0008102";
  for (const [name, definition] of Object.entries(DEFINITIONS)) {
    test(`is understood by a bare decoder, so that its refusal says something: ${name}`, () => {
      const bare = new Decoder({ useRecords: false, mapsAsObjects: true });
      assert.deepEqual(bare.decode(bytesOf(definition)), { a: 1 });
    });

    test(`is refused, and so is its use in a later message: ${name}`, () => {
      for (const form of [bytesOf(definition), inReply(definition), inReply(`82${definition}${USE}`)]) {
        refuses(form);
        refuses(bytesOf(USE));
        refuses(inReply(USE));
        refuses(inReply(`8200${USE}`));
        // What was refused has left nothing behind: the next message is read as ever.
        const next = new Uint8Array(encodeMessage({ kind: "value", id: 1, value: { a: [1, { a: 2 }] } }));
        assert.deepStrictEqual(readWhole(next), { kind: "value", id: 1, value: { a: [1, { a: 2 }] } });
        assert.equal(hexOf(encode({ a: 1 })), "a1616101");
      }
    });
  }
});
