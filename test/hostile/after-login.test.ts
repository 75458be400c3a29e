import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { encode } from "../../wire/cbor.ts";
import { frameHeader } from "../../wire/frame.ts";
import { type ListenerKind, overEach, TestDaemon, WIDE_OPEN } from "../support/daemon.ts";
import { RawPeer } from "../support/peers/raw-peer.ts";

overEach("after the login", suite);

function suite(over: ListenerKind): void {
  let daemon: TestDaemon;
  before(async () => {
    daemon = await TestDaemon.start({ config: WIDE_OPEN });
  });
  after(async () => {
    const rpc = await daemon.connect({}, over);
    assert.equal(await rpc.call("add", [2, 3]), 5);
    await rpc.close();
    assert.equal(await daemon.stop(), 0);
  });
  const peer = (): Promise<RawPeer> => RawPeer.loggedIn(daemon.at(over), daemon.identity);
  /** What the daemon does with a frame: an answer, or the end. */
  const answerTo = async (body: Uint8Array): Promise<unknown> => {
    const one = await peer();
    one.frame(body);
    const answer = await one.next();
    await one.destroy();
    return answer;
  };
  const hex = (text: string): Buffer => Buffer.from(text, "hex");
  /** A call of `echo` with this item as its argument: 86 is an array up to the options. */
  const callWith = (item: Buffer): Buffer =>
    Buffer.concat([hex("8710010064"), Buffer.from("echo"), hex("81"), item, hex("a0a0")]);

  test("a call made by hand is answered: the frame that the bad ones are made of is good", async () => {
    assert.deepEqual(await answerTo(callWith(hex("1819"))), [17, 1, 25]);
  });

  test("27: malformed and forbidden CBOR as an argument, as a whole message and cut off closes the connection", async () => {
    const bad = [
      "1800",
      "190001",
      "1a00000001",
      "1b0000000000000001",
      "1b0020000000000000",
      "3b001fffffffffffff",
      "1c",
      "1f",
      "5f4100ff",
      "7f6100ff",
      "9f00ff",
      "bf616100ff",
      "5800",
      "7800",
      "9800",
      "b800",
      "62c328",
      "61ff",
      "63eda080",
      "63efbbbf",
      "64f4908080",
      "a10000",
      "a1f600",
      "a24161",
      "a2616101616102",
      "a16361626300ff",
      "f7",
      "f800",
      "f814",
      "f818",
      "e0",
      "f97e00",
      "f97c00",
      "f9fc00",
      "fa7fc00000",
      "fa7f800000",
      "fb7ff8000000000000",
      "fbfff0000000000000",
      "c000",
      "c074323031332d30332d32315432303a30343a30305a",
      "c1f6",
      "c16161",
      "c1c100",
      "c180",
      "c11b0020000000000000",
      "c11b000007dba8218001",
      "c1fb7ff0000000000000",
      "c1fb42bf000000000000",
      "c24101",
      "c34101",
      "c48200",
      "c500",
      "c600",
      "ce00",
      "cf00",
      "d81b8201",
      "d81c80",
      "d81d00",
      "d83300",
      "d84041",
      "d85841",
      "d86980",
      "d9010280",
      "d90103a0",
      "d9d9f700",
      "d9dffe80",
      "d9dfff80",
      "d9e00000",
      "d99c4000",
      "da5368726400",
      "db000000010000000000",
      "9a00ffffff",
      "ba00ffffff",
      "5affffffff",
      "7affffffff",
      "9bffffffffffffffff",
      "5b7fffffffffffffff",
    ];
    for (const text of bad) {
      assert.equal(await answerTo(callWith(hex(text))), undefined, `argument ${text}`);
      assert.equal(await answerTo(hex(text)), undefined, `message ${text}`);
    }
    const good = callWith(hex("a26161186481f5"));
    for (let cut = 1; cut < good.length; cut++)
      assert.equal(await answerTo(good.subarray(0, cut)), undefined, `cut at ${cut}`);
    assert.equal(
      await answerTo(Buffer.concat([callWith(hex("00")), hex("00")])),
      undefined,
      "a byte behind it",
    );
  });

  test("31: keys that JavaScript gives a meaning close the connection wherever they stand", async () => {
    for (const key of [
      "__proto__",
      "constructor",
      "prototype",
      "then",
      "toJSON",
      "__defineGetter__",
      "hasOwnProperty",
    ]) {
      const map = Buffer.concat([hex("a1"), Buffer.from([0x60 + key.length]), Buffer.from(key), hex("00")]);
      assert.equal(await answerTo(callWith(map)), undefined, key);
      const named = Buffer.concat([hex("8710010064"), Buffer.from("echo"), hex("80"), map, hex("a0")]);
      assert.equal(await answerTo(named), undefined, `named ${key}`);
    }
    assert.deepEqual(
      await answerTo(callWith(hex("a1666c656e67746800"))),
      [17, 1, { length: 0 }],
      "length is a key like any other",
    );
  });

  test("the name of an argument that can be none closes the connection, whatever the method", async () => {
    for (const method of ["echo", "secret", "no.such"]) {
      for (const name of ["", "0", "a b", "a.b", "ä", "a\0", "a\n", "-a", "a".repeat(65), "\u202ea"]) {
        assert.equal(
          await answerTo(encode([16, 1, 0, method, [], { [name]: 1 }, {}])),
          undefined,
          `${method} ${name}`,
        );
      }
    }
    const [kind] = (await answerTo(encode([16, 1, 0, "echo", [], { value: 1 }, {}]))) as unknown[];
    assert.equal(kind, 17);
  });

  test("32: a record definition on one connection is refused, and its use on another", async () => {
    assert.equal(await answerTo(callWith(hex("d9dfff8319400081616101"))), undefined);
    assert.equal(await answerTo(callWith(hex("d9400001"))), undefined);
  });

  test("33: depth, items, entries, key bytes and the frame have exact edges", async () => {
    const nest = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x81), hex("00")]);
    // The message and the list of positions are the first two levels.
    assert.notEqual(await answerTo(callWith(nest(30))), undefined);
    assert.equal(await answerTo(callWith(nest(31))), undefined);
    const many = (count: number): Buffer => Buffer.concat([hex("99"), uint16(count), Buffer.alloc(count)]);
    // message, kind, id, target, method, positions, named, options, and the array itself: 9 items beside its own
    assert.notEqual(await answerTo(callWith(many(9_991))), undefined);
    assert.equal(await answerTo(callWith(many(9_992))), undefined);
    const entries = (count: number): Buffer =>
      Buffer.concat([
        hex("b9"),
        uint16(count),
        ...Array.from({ length: count }, (_, i) =>
          Buffer.concat([hex("64"), Buffer.from(String(i).padStart(4, "k")), hex("00")]),
        ),
      ]);
    assert.notEqual(await answerTo(callWith(entries(1_024))), undefined);
    assert.equal(await answerTo(callWith(entries(1_025))), undefined);
    const key = (bytes: number): Buffer =>
      Buffer.concat([hex("a178"), Buffer.from([bytes]), Buffer.alloc(bytes, "k"), hex("00")]);
    assert.notEqual(await answerTo(callWith(key(128))), undefined);
    assert.equal(await answerTo(callWith(key(129))), undefined);
    const filled = (size: number): Buffer => {
      const overhead = callWith(hex("7a00000000")).length;
      const text = Buffer.alloc(size - overhead, "x");
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return callWith(Buffer.concat([hex("7a"), length, text]));
    };
    assert.notEqual(await answerTo(filled(2 ** 20)), undefined);
    const larger = await peer();
    larger.write(frameHeader(2 ** 20 + 1));
    assert.equal(await larger.next(), undefined, "one over is closed at the header");
  });

  test("34: numbers that are not what they look like are refused, or are exactly their value", async () => {
    assert.equal(await answerTo(encode([16, 1.5, 0, "add", [1, 2], {}, {}])), undefined, "a fraction as id");
    assert.equal(await answerTo(encode([16, 1e300, 0, "add", [1, 2], {}, {}])), undefined, "1e300 as id");
    assert.deepEqual(await answerTo(callWith(hex("fb4340000000000000"))), [17, 1, 2 ** 53]);
    assert.deepEqual(await answerTo(callWith(hex("fb4000000000000000"))), [17, 1, 2]);
    assert.deepEqual(await answerTo(callWith(hex("fb8000000000000000"))), [17, 1, 0]);
  });

  test("35: a byte argument that a handler keeps does not change with the frames behind it", async () => {
    const one = await peer();
    one.send([16, 1, 0, "before", [new Uint8Array([1, 2, 3])], {}, {}]);
    await one.next();
    for (let id = 2; id < 20; id++) {
      one.send([16, id, 0, "echo", [new Uint8Array([9, 9, 9])], {}, {}]);
      await one.next();
    }
    one.send([16, 20, 0, "before", [null], {}, {}]);
    const [, , kept] = (await one.next()) as [number, number, Uint8Array];
    assert.deepEqual([...kept], [1, 2, 3]);
    await one.destroy();
  });

  test("a message of the login, an answer, a goaway and an unknown kind close the connection", async () => {
    for (const parts of [
      [4, Buffer.alloc(1)],
      [5],
      [17, 1, 1],
      [18, 1, { code: "internal", message: "", id: "" }],
      [28, ""],
      [20, 1],
      [21, 1, 1],
      [99],
      [],
    ]) {
      assert.equal(await answerTo(encode(parts)), undefined, JSON.stringify(parts));
    }
  });

  test("an id used twice, a smaller one, and a cancel for a call never made close the connection", async () => {
    for (const second of [5, 4, 1]) {
      const one = await peer();
      one.send([16, 5, 0, "add", [1, 2], {}, {}]);
      assert.deepEqual(await one.next(), [17, 5, 3]);
      one.send([16, second, 0, "add", [1, 2], {}, {}]);
      assert.equal(await one.next(), undefined, String(second));
    }
    assert.equal(await answerTo(encode([19, 1, ""])), undefined);
  });

  test("a cancel for a call that was answered is ignored", async () => {
    const one = await peer();
    one.send([16, 1, 0, "add", [1, 2], {}, {}]);
    assert.deepEqual(await one.next(), [17, 1, 3]);
    one.send([19, 1, "too late"]);
    one.send([26, 7]);
    assert.deepEqual(await one.next(), [27, 7]);
    await one.destroy();
  });

  test("69: calls that are cancelled at once keep their slots until their work has ended", async () => {
    const one = await peer();
    const gate = daemon.gate(`cancelled-${over}`);
    for (let id = 1; id <= 128; id++) one.send([16, id, 0, "held", [gate.file], {}, {}]);
    // Decided before they are cancelled, so that they run.
    one.send([26, 1]);
    assert.deepEqual(await one.next(), [27, 1]);
    await new Promise((resolve) => setImmediate(resolve));
    for (let id = 1; id <= 40; id++) one.send([19, id, ""]);
    for (let id = 1; id <= 40; id++) assert.equal(((await one.next()) as unknown[])[0], 18);
    // It waits for a slot until its time is over, and one behind it until the first work has ended.
    one.send([16, 200, 0, "add", [1, 2], {}, { deadline_ms: 300 }]);
    one.send([16, 201, 0, "add", [1, 2], {}, {}]);
    const [kind, id, fault] = (await one.next()) as [number, number, Readonly<Record<string, unknown>>];
    assert.deepEqual(
      [kind, id, fault["code"], fault["outcome"]],
      [18, 200, "deadline_exceeded", "not_started"],
    );
    gate.open();
    const last = new Set([17, 18]);
    for (let answered = 0; answered < 88; ) {
      const [of, call, value] = (await one.next()) as [number, number, unknown];
      assert.ok(last.has(of));
      if (call !== 201) answered++;
      else {
        assert.equal(value, 3);
        break;
      }
    }
    await one.destroy();
  });

  test("control messages beyond what a second may have close the connection", async () => {
    const within = await peer();
    for (let i = 0; i < 100; i++) within.send([26, i]);
    for (let i = 0; i < 100; i++) assert.deepEqual(await within.next(), [27, i]);
    await within.destroy();
    const beyond = await peer();
    for (let i = 0; i < 101; i++) beyond.send([26, i]);
    await beyond.closed;
  });

  test("a frame that drips in is read when it is whole, and one that is cut off leaves nothing behind", async () => {
    const one = await peer();
    const body = callWith(hex("00"));
    for (const byte of Buffer.concat([frameHeader(body.length), body])) one.write(Uint8Array.of(byte));
    assert.deepEqual(await one.next(), [17, 1, 0]);
    await one.destroy();
    // Of very many broken connections, and there were such before, the log has some, and a count of the others.
    const isTold = (): boolean => daemon.log.some((line) => line.includes("cut off within a frame"));
    while (!isTold()) {
      const cut = await peer();
      cut.write(frameHeader(1000));
      await cut.destroy();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  test("58: for a peer that reads nothing little is made, the rest runs when it reads, and others are served", async () => {
    const slow = await peer();
    slow.socket.pause();
    const rpc = await daemon.connect({}, over);
    const made = async (): Promise<number> => (await rpc.call("madeLarge")) as number;
    for (let id = 1; id <= 120; id++) slow.send([16, id, 0, "large", [], {}, {}]);
    for (let i = 0; i < 50; i++) assert.equal(await rpc.call("add", [i, 1]), i + 1);
    // A result is a megabyte: four of them are the bound, and some lie in the kernel.
    const early = await made();
    assert.equal(early > 0 && early < 12, true, `${early} results were made`);
    slow.socket.resume();
    for (let i = 0; i < 120; i++) assert.equal(((await slow.next()) as unknown[])[0], 17);
    assert.equal(await made(), 120);
    await rpc.close();
    await slow.destroy();
  });

  test("58: a call that waits longer than its deadline for its caller to read is never begun", async () => {
    const slow = await peer();
    slow.socket.pause();
    const rpc = await daemon.connect({}, over);
    const known = Number(await rpc.call("madeLarge"));
    for (let id = 1; id <= 60; id++) slow.send([16, id, 0, "large", [], {}, { deadline_ms: 50 }]);
    // Longer than their deadlines.
    assert.equal(await rpc.call("stubborn", [150]), 150);
    slow.socket.resume();
    const kinds: number[] = [];
    const faults = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const [kind, , answer] = (await slow.next()) as [number, number, { code: string; outcome: string }];
      kinds.push(kind);
      if (kind === 18) faults.add(`${answer.code} ${answer.outcome}`);
    }
    assert.deepEqual([...faults], ["deadline_exceeded not_started"]);
    assert.equal(Number(await rpc.call("madeLarge")) - known, kinds.filter((kind) => kind === 17).length);
    await rpc.close();
    await slow.destroy();
  });

  test("100 cancels and pings a second are for calls that have ended; each that runs may be cancelled besides", async () => {
    const one = await peer();
    for (let id = 1; id <= 128; id++) one.send([16, id, 0, "hang", [], {}, {}]);
    one.send([26, 1]);
    await one.next();
    for (let id = 1; id <= 128; id++) one.send([19, id, ""]);
    for (let id = 1; id <= 128; id++) assert.equal(((await one.next()) as unknown[])[0], 18);
    for (let i = 0; i < 99; i++) one.send([19, 1, "again"]);
    one.send([16, 200, 0, "add", [1, 2], {}, {}]);
    assert.deepEqual(await one.next(), [17, 200, 3]);
    for (let i = 0; i < 3; i++) one.send([19, 1, "again"]);
    await one.closed;
  });
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
