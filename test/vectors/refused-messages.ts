import { arrayItem, bytesOf, hexOf, joined, textItem } from "../wire/cbor-samples.ts";
import { type Case, type Fields, mapOf } from "./refused-case.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const zeros = (part: string): string => `-${"0".repeat(part.length - 1)}`;

/** Bodies after `welcome` that are of the profile and no message. */
export const MISSHAPEN_MESSAGES: readonly Case[] = [
  ["a message is an array: null", "f6"],
  ["a message is an array: a map", "a0"],
  ["a message is an array with its kind in front", "80"],
  ["a kind of this page: 15", "830f01f6"],
  ["a kind of this page: 29", "82181d01"],
  ["a kind is a number", "8362313701f6"],
  ["no message of the login after it: hello", "820141a0"],
  ["no message of the login after it: refused", "8105"],
  ["call: a part too few", "8610010063616464 80a0"],
  ["call: a part too many", "8810010063616464 80a0a000"],
  ["call: an id from 1: 0", "8710000063616464 80a0a0"],
  ["call: an id from 1: -1", "8710200063616464 80a0a0"],
  ["call: a whole id: 1.5", "8710f93e000063616464 80a0a0"],
  ["call: an id of at most 2^53-1: 2^53 as a float", "8710fb43400000000000000063616464 80a0a0"],
  ["call: an id is a number", "871061310063616464 80a0a0"],
  ["call: a whole target: 1.5", "871001f93e0063616464 80a0a0"],
  ["call: within from 1", "8710010063616464 80a0a16677697468696e00"],
  ["call: a reference is no target", "871001d99c400163616464 80a0a0"],
  ["call: a reference is no option", "8710010063616464 80a0a16677697468696ed99c4101"],
  ["call: the target is a number", "871001f663616464 80a0a0"],
  ["call: the method is a text", "8710010043616464 80a0a0"],
  ["call: positional is an array", "8710010063616464 a0a0a0"],
  ["call: named is a map", "8710010063616464 8080a0"],
  ["call: the name of an argument: empty", "8710010063616464 80a16000a0"],
  ["call: the name of an argument: a digit in front", "8710010063616464 80a1613000a0"],
  ["call: the name of an argument: a dot", "8710010063616464 80a163612e6200a0"],
  ["call: the name of an argument: a letter that is not ASCII", "8710010063616464 80a162c3a400a0"],
  ["call: the name of an argument: a line's end", "8710010063616464 80a162610a00a0"],
  ["call: the name of an argument: 65 characters", `8710010063616464 80a17841${"61".repeat(65)}00a0`],
  ["call: options is a map", "8710010063616464 80a0f6"],
  ["call: no other option", "8710010063616464 80a0a1656c6174657201"],
  ["call: deadline_ms from 0", "8710010063616464 80a0a16b646561646c696e655f6d7320"],
  ["call: deadline_ms is a whole number", "8710010063616464 80a0a16b646561646c696e655f6d73f93e00"],
  ["call: deadline_ms is a number", "8710010063616464 80a0a16b646561646c696e655f6d73f6"],
  ["call: traceparent is a text", callInTrace(bytesOf("01"))],
  ["call: traceparent is not empty", callInTrace(textItem(""))],
  ["call: traceparent is of version 00", callInTrace(textItem(TRACEPARENT.replace("00-", "01-")))],
  ["call: traceparent has no more than version 00", callInTrace(textItem(`${TRACEPARENT}-00`))],
  ["call: traceparent has 55 characters: 54", callInTrace(textItem(TRACEPARENT.slice(0, -1)))],
  ["call: traceparent has 55 characters: 56", callInTrace(textItem(`${TRACEPARENT}0`))],
  ["call: traceparent is in lower case", callInTrace(textItem(TRACEPARENT.toUpperCase()))],
  ["call: the trace id is not all zeros", callInTrace(textItem(TRACEPARENT.replace(/-[^-]{32}/, zeros)))],
  [
    "call: the parent id is not all zeros",
    callInTrace(textItem(TRACEPARENT.replace(/-[^-]{16}(?=-)/, zeros))),
  ],
  ["call: tracestate is a text", callInTrace(textItem(TRACEPARENT), bytesOf("01"))],
  ["call: tracestate is not empty", callInTrace(textItem(TRACEPARENT), textItem(""))],
  [
    "call: tracestate has at most 512 characters",
    callInTrace(textItem(TRACEPARENT), textItem("x".repeat(513))),
  ],
  ["call: tracestate is printable: a line's end", callInTrace(textItem(TRACEPARENT), textItem("a=1\n"))],
  ["call: tracestate is ASCII: a line separator", callInTrace(textItem(TRACEPARENT), textItem("a=\u2028"))],
  ["call: tracestate stands beside a traceparent", callInTrace(undefined, textItem("a=1"))],
  ["value: a part too few", "821101"],
  ["value: a part too many", "841101f6f6"],
  ["value: an id from 1", "831100f6"],
  ["fault: is a map", "8312016178"],
  ["fault: has code, message and id", "831201a0"],
  ["fault: has code", "831201 a2 67 6d657373616765 616d 626964 6169"],
  ["fault: has message", "831201 a2 64 636f6465 68 696e7465726e616c 626964 6169"],
  ["fault: has id", "831201 a2 64 636f6465 68 696e7465726e616c 67 6d657373616765 616d"],
  ["fault: code is a text", faultWith({ code: bytesOf("01") })],
  ["fault: reason is a text", faultWith({ reason: bytesOf("01") })],
  ["fault: outcome is one of three words", faultWith({ outcome: textItem("maybe") })],
  ["fault: origin is one of seven words", faultWith({ origin: textItem("elsewhere") })],
  ["fault: retry is a map", faultWith({ retry: bytesOf("f5") })],
  ["fault: retry has ok", faultWith({ retry: bytesOf("a0") })],
  ["fault: issues is an array", faultWith({ issues: bytesOf("a0") })],
  ["fault: an issue has path and message", faultWith({ issues: arrayItem(mapOf({ path: textItem("a") })) })],
  ["fault: a cause has code and message", faultWith({ cause: arrayItem(mapOf({ message: textItem("m") })) })],
  ["item: a part too few", "821401"],
  ["item: a reference from 1", "831400f6"],
  ["end: a part too many", "831501f6"],
  ["end: a reference from 1", "821500"],
  ["gone: a part too few", "821601"],
  ["gone: has a fault", "831601f6"],
  ["credit: a part too few", "821701"],
  ["credit: bytes from 1", "83170100"],
  ["credit: whole bytes: 1.5", "831701f93e00"],
  ["release: a part too many", "83181801f6"],
  ["release: a reference from 1", "82181800"],
  ["progress: a part too few", "84181901 01f6"],
  ["progress: done from 0", "8518190120f6f6"],
  ["progress: done is a number", "85181901f6f6f6"],
  ["progress: the note is a text", "8518190101f601"],
  ["cancel: has a reason", "821301"],
  ["cancel: the reason is a text", "83130101"],
  ["cancel: an id from 1", "83130060"],
  ["ping: has a number", "81181a"],
  ["ping: a whole number: 1.5", "82181af93e00"],
  ["ping: a number from 0", "82181a20"],
  ["ping: a part too many", "83181a0000"],
  ["pong: a whole number: 1.5", "82181bf93e00"],
  ["goaway: has a reason", "81181c"],
  ["goaway: the reason is a text", "82181cf6"],
];

function callInTrace(traceparent: Uint8Array | undefined, tracestate?: Uint8Array): string {
  const options = {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
  return hexOf(joined(bytesOf("871001006361646480a0"), mapOf(options)));
}

function faultWith(change: Fields): string {
  const least = { code: textItem("internal"), message: textItem("m"), id: textItem("i") };
  return hexOf(joined(bytesOf("831201"), mapOf({ ...least, ...change })));
}

const textHex = (length: number): string => hexOf(textItem("x".repeat(length)));

/** Messages after `welcome` with a text of too many characters, or a target that no call has made. */
export const LONG_MESSAGES: readonly Case[] = [
  ["call: a target that is no earlier call: its own", "8710012063616464 80a0a0"],
  ["call: a target that is no earlier call: a later one", "8710012163616464 80a0a0"],
  ["cancel: a reason of at most 256 characters", `831301 ${textHex(257)}`],
  ["cancel: a character is a UTF-16 code unit", `831301 ${hexOf(textItem("\u{1f600}".repeat(129)))}`],
  ["progress: a note of at most 256 characters", `8518190100f6 ${textHex(257)}`],
  ["goaway: a reason of at most 256 characters", `82181c ${textHex(257)}`],
  ["fault: a message of at most 4,096 characters", faultWith({ message: textItem("m".repeat(4097)) })],
  ["fault: an id of at most 256 characters", faultWith({ id: textItem("i".repeat(257)) })],
  ["fault: a reason of at most 256 characters", faultWith({ reason: textItem("r".repeat(257)) })],
];
