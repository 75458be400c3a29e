import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode, encode, encodeSorted } from "../../wire/cbor.ts";
import { LOGIN_DATA } from "../../wire/limits.ts";
import {
  encodeHelloBody,
  encodeHostBody,
  encodeLoginBody,
  encodeLoginMessage,
  encodeWelcomeBody,
  type LoginMessage,
  readHelloBody,
  readHostBody,
  readLoginBody,
  readLoginMessage,
  readWelcomeBody,
} from "../../wire/login-message.ts";

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);
const plain = (found: unknown): unknown => decode(encode(found), LOGIN_DATA);

describe("the messages of the login", () => {
  test("come back as they were sent", () => {
    const messages: LoginMessage[] = [
      { kind: "hello", body: bytes(3) },
      { kind: "host", body: bytes(1), signature: bytes(64) },
      { kind: "login", body: bytes(2), signature: bytes(64) },
      { kind: "welcome", body: bytes(9) },
      { kind: "refused" },
    ];
    for (const message of messages)
      assert.deepEqual(plain(readLoginMessage(encodeLoginMessage(message))), plain(message));
  });

  test("refuse every other kind and shape", () => {
    for (const parts of [
      [],
      [0],
      [6],
      [16, 1],
      [1],
      [1, "body"],
      [1, bytes(1), bytes(64)],
      [2, bytes(1)],
      [2, bytes(1), bytes(63)],
      [3, bytes(1), bytes(65)],
      [3, bytes(1), "x"],
      [5, 1],
      "hello",
      { 1: 2 },
    ]) {
      assert.throws(() => readLoginMessage(encode(parts)), { code: "protocol_error" }, JSON.stringify(parts));
    }
  });

  test("have bodies that come back as they were, and are read strictly", () => {
    const hello = { versions: [1], nonce: bytes(32) };
    const host = { version: 1, nonce: bytes(32), key: bytes(32) };
    const login = { key: bytes(32) };
    const welcome = {
      principal: "id:alice",
      roles: ["viewer"],
      connection: "c",
      boot: bytes(16),
      digest: bytes(32),
      limits: { frameBytes: 1, callsInFlight: 2, deadlineMs: 3 },
      otherHostKeys: [{ key: new Uint8Array(32).fill(3), signature: new Uint8Array(64).fill(4) }],
    };
    assert.deepEqual(plain(readHelloBody(encodeHelloBody(hello))), plain(hello));
    assert.deepEqual(plain(readHostBody(encodeHostBody(host))), plain(host));
    assert.deepEqual(plain(readLoginBody(encodeLoginBody(login))), plain(login));
    assert.deepEqual(plain(readWelcomeBody(encodeWelcomeBody(welcome))), plain(welcome));
    const refuse = (read: (body: Uint8Array) => unknown, body: unknown): void => {
      assert.throws(() => read(encodeSorted(body)), { code: "protocol_error" }, JSON.stringify(body));
    };
    for (const change of [{ nonce: bytes(31) }, { nonce: bytes(33) }, { versions: 1 }, { versions: ["1"] }])
      refuse(readHelloBody, { ...hello, ...change });
    for (const change of [{ version: "1" }, { nonce: "x" }, { key: bytes(31) }, { more: 1 }])
      refuse(readHostBody, { ...host, ...change });
    for (const change of [{ key: bytes(33) }, { name: "root" }])
      refuse(readLoginBody, { ...login, ...change });
    refuse(readWelcomeBody, {});
    refuse(readLoginBody, [bytes(32)]);
  });

  test("let a later client offer more in its hello, and nothing else anywhere", () => {
    const more = encodeSorted({ versions: [1, 2], nonce: bytes(32), features: ["x"] });
    assert.deepEqual(readHelloBody(more).versions, [1, 2]);
  });
});
