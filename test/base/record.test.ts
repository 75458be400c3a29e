import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isPlainObject } from "../../base/plain-object.ts";
import { emptyRecord } from "../../base/record.ts";

describe("an empty record", () => {
  test("finds no name that was not put there, whatever JavaScript means by it", () => {
    const record = emptyRecord();
    for (const name of [
      "constructor",
      "toString",
      "hasOwnProperty",
      "valueOf",
      "prototype",
      "then",
      "__proto__",
    ]) {
      assert.equal(name in record, false, name);
      assert.equal(record[name], undefined, name);
      record[name] = 1;
      assert.deepEqual([name in record, Object.hasOwn(record, name)], [true, true], name);
    }
    assert.equal(emptyRecord()["constructor"], undefined, "the next one knows nothing of it");
    assert.throws(() => Object.assign(Object.getPrototypeOf(record), { x: 1 }), TypeError);
  });

  test("is plain data, as an object literal is", () => {
    assert.equal(isPlainObject(emptyRecord()), true);
    assert.equal(isPlainObject(new Date()), false);
  });
});
