import assert from "node:assert/strict";
import { test } from "node:test";
import { Answers } from "../../../daemon/run/answers.ts";
import { Outbox } from "../../../session/outbox.ts";
import { readWhole } from "../../support/whole-message.ts";

/** The code of the answer to a call that gives this value, where there is room for so many bytes. */
function codeOf(value: unknown, room: number): string {
  const codes: string[] = [];
  const send = (frame: Uint8Array): void => {
    const message = readWhole(frame);
    codes.push(message.kind === "fault" ? message.fault.code : message.kind);
  };
  const parts = [
    { connection: "c", principal: { name: "id:a" } },
    new Outbox({ send, isChoked: false }),
    { hasRoomFor: (bytes: number) => bytes <= room },
    { failures: { failed: () => undefined }, measures: { answered: () => undefined } },
  ] as unknown as ConstructorParameters<typeof Answers>;
  new Answers(...parts).value({ id: 1 }, value, "m");
  return codes.join();
}

test("a result that is large is not encoded where there is no room, and a small one is sent all the same", () => {
  // At its end it has no form on the wire: whoever encodes it finds that.
  const large = [...Array.from({ length: 5_000 }, () => 1), () => 1];
  assert.equal(codeOf(large, 4_095), "resource_exhausted");
  assert.equal(codeOf(large, 4_096), "internal");
  assert.equal(codeOf("x".repeat(4_097), 0), "resource_exhausted");
  assert.equal(codeOf("x".repeat(4_000), 0), "value");
  assert.equal(codeOf([1, 2], 0), "value");
});
