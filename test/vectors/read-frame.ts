import { Fault } from "../../base/fault.ts";
import { CALL_DATA, type DataLimits, LOGIN_DATA, SESSION_DATA, VALUE_DATA } from "../../wire/limits.ts";
import {
  type LoginMessage,
  readHelloBody,
  readHostBody,
  readLoginBody,
  readLoginMessage,
  readWelcomeBody,
} from "../../wire/login-message.ts";
import type { Message } from "../../wire/message.ts";
import { readWhole } from "../support/whole-message.ts";

/** The body of a frame, before or after `welcome`. */
export interface Frame {
  readonly when: "before" | "after";
  readonly body: Uint8Array;
}

/** What the code says of a frame: the message, or why it is refused. */
export interface Reading {
  readonly message?: Message | LoginMessage;
  readonly refused?: string;
}

/** The bounds of a frame's data: where references may be is told by its kind, in the byte behind the head of the array. */
export function dataLimits({ when, body }: Frame): DataLimits {
  if (when === "before") return LOGIN_DATA;
  return body[1] === 16 ? CALL_DATA : body[1] === 17 ? VALUE_DATA : SESSION_DATA;
}

/** Reads a frame as whoever receives it does; of a message of the login the body too. */
export function readFrame({ when, body }: Frame): Reading {
  try {
    return { message: when === "before" ? readWithBody(body) : readWhole(body) };
  } catch (error) {
    if (error instanceof Fault && error.code === "protocol_error") return { refused: error.detail };
    throw error;
  }
}

function readWithBody(frame: Uint8Array): LoginMessage {
  const message = readLoginMessage(frame);
  if ("body" in message) BODY_READERS[message.kind](message.body);
  return message;
}

const BODY_READERS = {
  hello: readHelloBody,
  host: readHostBody,
  login: readLoginBody,
  welcome: readWelcomeBody,
};
