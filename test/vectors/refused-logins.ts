import { arrayItem, bytesOf, head, hexOf, joined, mapItem, textItem } from "../wire/cbor-samples.ts";
import { itemOfCostIn } from "../wire/costly-item.ts";
import { type Case, type Fields, mapOf } from "./refused-case.ts";

/** Bodies before `welcome` that are of the profile and no message of the login. */
export function misshapenLogins(): readonly Case[] {
  return [...BEFORE_SHAPE, ...misshapenBodies()];
}

function misshapenBodies(): readonly Case[] {
  const short = joined(head(2, 31), new Uint8Array(31));
  const long = joined(head(2, 33), new Uint8Array(33));
  const proof = arrayItem(KEY, SIGNATURE);
  const noRoom = mapOf({ ...LIMITS, frame_bytes: bytesOf("00") });
  const body = mapOf(HELLO);
  const twice = mapItem([textItem("nonce"), NONCE], [textItem("nonce"), NONCE]);
  return [
    ["hello: no signature", around(1, body, SIGNATURE)],
    ["hello: the body is one item of the profile: a byte behind it", around(1, joined(body, bytesOf("00")))],
    ["hello: the body is one item of the profile: a key twice", around(1, twice)],
    ["hello: the body is a map", around(1, bytesOf("80"))],
    ["hello: has versions", hello(without(HELLO, "versions"))],
    ["hello: versions is an array", hello({ ...HELLO, versions: bytesOf("01") })],
    ["hello: a version is a number", hello({ ...HELLO, versions: bytesOf("816131") })],
    ["hello: has a nonce", hello(without(HELLO, "nonce"))],
    ["hello: a nonce of 32 bytes: 31", hello({ ...HELLO, nonce: short })],
    ["hello: a nonce of 32 bytes: 33", hello({ ...HELLO, nonce: long })],
    ["hello: a nonce is a byte string", hello({ ...HELLO, nonce: textItem("x".repeat(32)) })],
    ["host: has a signature", around(2, mapOf(HOST))],
    ["host: a signature of 64 bytes", around(2, mapOf(HOST), NONCE)],
    ["host: no other keys", host({ ...HOST, more: bytesOf("00") })],
    ["host: has a version", host(without(HOST, "version"))],
    ["host: a key of 32 bytes", host({ ...HOST, key: short })],
    ["login: has a signature", around(3, mapOf(LOGIN))],
    ["login: no other keys", login({ ...LOGIN, name: textItem("root") })],
    ["login: a key of 32 bytes", login({ key: long })],
    ...Object.keys(WELCOME).map((name): Case => [`welcome: has ${name}`, welcome(without(WELCOME, name))]),
    ["welcome: limits from 1", welcome({ ...WELCOME, limits: noRoom })],
    ["welcome: host_keys are pairs", welcome({ ...WELCOME, host_keys: arrayItem(arrayItem(KEY)) })],
    [
      "welcome: at most three host_keys",
      welcome({ ...WELCOME, host_keys: arrayItem(proof, proof, proof, proof) }),
    ],
  ];
}

/** Messages of the login with a text of too many characters, or a body that is too costly. */
export function longLogins(): readonly Case[] {
  const long = textItem("n".repeat(257));
  return [
    ["welcome: a principal of at most 256 characters", welcome({ ...WELCOME, principal: long })],
    ["welcome: roles of at most 256 characters", welcome({ ...WELCOME, roles: arrayItem(long) })],
    [
      "welcome: a connection of at most 64 characters",
      welcome({ ...WELCOME, connection: textItem("c".repeat(65)) }),
    ],
    ["hello: a body that costs at most 64 KiB", costlyHello(64 * 1024 + 1)],
  ];
}

/** A hello whose body costs exactly so much, in bytes. */
export const costlyHello = (bodyCost: number): string =>
  around(
    1,
    itemOfCostIn((padding) => mapOf({ nonce: NONCE, padding, versions: bytesOf("8101") }), bodyCost),
  );

const BEFORE_SHAPE: readonly Case[] = [
  ["a message is an array: a text", "6568656c6c6f"],
  ["a message is an array with its kind in front", "80"],
  ["a kind of the login: 0", "820041a0"],
  ["a kind of the login: 6", "8106"],
  ["no call before welcome", "8710010063616464 80a0a0"],
  ["no ping before welcome", "82181a00"],
  ["hello: has a body", "8101"],
  ["hello: the body is a byte string", "8201a0"],
  ["welcome: has a body", "8104"],
  ["refused: a reason is one of two: a number", "820500"],
  ["refused: a reason is one of two: internal", "820568696e7465726e616c"],
  ["refused: nothing behind the reason", "83056b756e617661696c61626c6500"],
];

const NONCE = joined(head(2, 32), new Uint8Array(32).fill(7));
const KEY = NONCE;
const SIGNATURE = joined(head(2, 64), new Uint8Array(64).fill(9));

const HELLO: Fields = { nonce: NONCE, versions: bytesOf("8101") };
const HOST: Fields = { key: KEY, nonce: NONCE, version: bytesOf("01") };
const LOGIN: Fields = { key: KEY };
const LIMITS: Fields = {
  deadline_ms: bytesOf("01"),
  frame_bytes: bytesOf("01"),
  calls_in_flight: bytesOf("01"),
};
const WELCOME: Fields = {
  boot: joined(head(2, 16), new Uint8Array(16)),
  roles: bytesOf("80"),
  digest: NONCE,
  limits: mapOf(LIMITS),
  principal: textItem("id:alice"),
  connection: textItem("c"),
};

function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}

/** A message of the login around a body, which goes into a byte string. */
const around = (kind: number, body: Uint8Array, ...signature: Uint8Array[]): string =>
  hexOf(arrayItem(head(0, kind), joined(head(2, body.length), body), ...signature));

const hello = (fields: Fields): string => around(1, mapOf(fields));
const host = (fields: Fields): string => around(2, mapOf(fields), SIGNATURE);
const login = (fields: Fields): string => around(3, mapOf(fields), SIGNATURE);
const welcome = (fields: Fields): string => around(4, mapOf(fields));
