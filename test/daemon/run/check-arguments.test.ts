import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as v from "valibot";
import { z } from "zod";
import { Fault } from "../../../base/fault.ts";
import { bindArguments } from "../../../catalogue/bind.ts";
import { checkArguments, type Original } from "../../../daemon/run/check-arguments.ts";
import { Registry } from "../../../daemon/services/registry.ts";
import { functionMethod } from "../../../service/function-method.ts";
import { defineService, method, type ParamOptions, param, type Schema } from "../../../service/index.ts";

/** What the handler of a method with one parameter would get for a value, or the fault. */
async function checked(
  schema: Schema,
  value: unknown,
  { options = {}, original }: { options?: ParamOptions; original?: Original } = {},
): Promise<unknown> {
  const row = register(schema, options);
  const args = bindArguments(row.entry, [value], {});
  if (args instanceof Fault) throw args;
  return (await checkArguments(row, args, undefined, original))["a"];
}

function register(schema: Schema, options: ParamOptions = {}) {
  const registry = new Registry();
  registry.add(defineService({ m: method({ params: [param("a", schema, options)], run: () => 1 }) }));
  return registry.get("m") ?? assert.fail("no method");
}

async function fault(call: Promise<unknown>): Promise<Fault> {
  const error = await call.then(
    () => assert.fail("it was accepted"),
    (found: unknown) => found,
  );
  assert.ok(error instanceof Fault, String(error));
  return error;
}

const messagesOf = ({ parts }: Fault): readonly string[] =>
  (parts.issues ?? []).map(({ message }) => message);
const causeOf = ({ parts }: Fault): string => String(parts.cause);

/** A schema by hand, which does to its input what it likes. */
function schemaOf(validate: (value: unknown) => unknown): Schema {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        if (value === undefined) return { issues: [{ message: "missing" }] };
        return validate(value) as { value: unknown };
      },
    },
  };
}

describe("the shape of an argument", () => {
  const strings = z.array(z.string("no text"));
  const wrong = (count: number): readonly number[] => Array.from({ length: count }, () => 1);

  test("speaks for the schema where the argument has more than 256 values, and not where it has 256", async () => {
    const small = await fault(checked(strings, wrong(255)));
    assert.equal(small.parts.issues?.length, 64);
    assert.deepEqual(new Set(messagesOf(small)), new Set(["no text"]));
    const large = await fault(checked(strings, wrong(256)));
    assert.equal(large.parts.issues?.length, 16);
    assert.deepEqual(new Set(messagesOf(large)), new Set(["string was expected, the number 1 was found"]));
    assert.deepEqual([large.code, large.parts.issues?.[1]?.path], ["invalid_argument", "a[1]"]);
  });

  test("keeps the schema from being asked about a large argument that it would refuse", async () => {
    let asked = 0;
    const counting = schemaOf((value) => {
      asked++;
      return { value };
    });
    const options: ParamOptions = { shape: { type: "list", of: { type: "string" } } };
    await fault(checked(counting, wrong(9_900), { options }));
    assert.equal(asked, 0);
    await checked(counting, wrong(9_900));
    assert.equal(asked, 1);
  });

  test("that the author declared is part of the contract: the schema cannot widen it", async () => {
    const error = await fault(checked(z.any(), "x", { options: { shape: "int" } }));
    assert.deepEqual(
      [error.code, messagesOf(error)],
      ["invalid_argument", ["int was expected, a string of length 1 was found"]],
    );
  });

  test("does not keep a schema from reporting what only the schema knows, up to 64 issues", async () => {
    const refined = z.array(z.string().refine((text) => text !== "x", "is x"));
    for (const [count, issues] of [
      [63, 63],
      [64, 64],
      [65, 64],
      [9_900, 64],
    ] as const) {
      const error = await fault(
        checked(
          refined,
          Array.from({ length: count }, () => "x"),
        ),
      );
      assert.equal(error.parts.issues?.length, issues);
      assert.equal(error.detail.length <= 2_048, true);
    }
  });

  test("is that of several parameters together: 64 issues of all of them", async () => {
    const registry = new Registry();
    const params = [param("a", z.array(z.int())), param("b", z.array(z.int())), param("c", z.array(z.int()))];
    registry.add(defineService({ m: method({ params, run: () => 1 }) }));
    const row = registry.get("m") ?? assert.fail();
    const list = Array.from({ length: 40 }, () => "x");
    assert.throws(
      () => checkArguments(row, { a: list, b: list, c: list }, undefined, undefined),
      (error) => error instanceof Fault && error.parts.issues?.length === 64,
    );
  });
});

describe("a schema only checks", () => {
  test("and the handler gets what was sent, frozen, not the copy of the schema", async () => {
    const sent = { list: [{ x: 1 }], when: new Date(5), bytes: Uint8Array.of(1) };
    const schema = z.strictObject({
      list: z.array(z.object({ x: z.int() })),
      when: z.date(),
      bytes: z.instanceof(Uint8Array),
    });
    assert.equal(await checked(schema, sent), sent);
    assert.equal(Object.isFrozen(sent) && Object.isFrozen(sent.list) && Object.isFrozen(sent.list[0]), true);
    const ofValibot = [{ x: 1 }];
    assert.equal(await checked(v.array(v.object({ x: v.number() })), ofValibot), ofValibot);
  });

  const changes: Readonly<Record<string, (value: never) => unknown>> = {
    "adds to a list": (value: { list: unknown[] }) => value.list.push(2),
    "sets an element": (value: { list: unknown[] }) => (value.list[0] = 2),
    "cuts a list": (value: { list: unknown[] }) => value.list.splice(0, 1),
    "takes an element away": (value: { list: unknown[] }) => value.list.pop(),
    "adds a key": (value: { more: unknown }) => (value.more = 1),
    "deletes a key": (value: { list?: unknown }) => delete value.list,
    "defines a key": (value: object) => Object.defineProperty(value, "list", { value: 1 }),
    "sets a prototype": (value: object) => Object.setPrototypeOf(value, null),
    "sets a date": (value: { when: Date }) => value.when.setTime(6),
    "sets a byte": (value: { bytes: Uint8Array }) => (value.bytes[0] = 9),
  };
  const sample = () => ({ list: [2, 1], when: new Date(5), bytes: Uint8Array.of(1) });
  for (const [what, change] of Object.entries(changes)) {
    const now = schemaOf((value) => {
      change(value as never);
      return { value };
    });
    const later = schemaOf(async (value) => {
      await Promise.resolve();
      change(value as never);
      return { value };
    });
    for (const [when, schema] of [
      ["at once", now],
      ["later", later],
    ] as const)
      for (const original of [undefined, { decode: () => ({ a: sample() }), keep: () => undefined }])
        test(`so one that ${what} ${when} fails the call, held against ${original === undefined ? "a snapshot" : "the original"}`, async () => {
          const error = await fault(checked(schema, sample(), original === undefined ? {} : { original }));
          assert.equal(error.code, "internal");
          assert.match(causeOf(error), /the schema of 'a' changes its input: a schema may only check/);
        });
  }

  test("and what it throws for another reason is the cause", async () => {
    const error = await fault(
      checked(
        schemaOf(() => {
          throw new TypeError("of its own");
        }),
        [1],
      ),
    );
    assert.deepEqual([error.code, causeOf(error)], ["internal", "TypeError: of its own"]);
  });

  test("and the original is decoded once, and only for dates and byte strings", async () => {
    let decoded = 0;
    const original = (value: unknown): Original => {
      return {
        decode: () => {
          decoded++;
          return { a: value };
        },
        keep: () => undefined,
      };
    };
    await checked(z.any(), [1, ["x"]], { original: original([1, ["x"]]) });
    assert.equal(decoded, 0);
    await checked(z.any(), [new Date(1), new Date(2)], { original: original([new Date(1), new Date(2)]) });
    assert.equal(decoded, 1);
  });

  test("but of a plain function without schemas the arguments are its own: nothing is frozen", async () => {
    const registry = new Registry();
    registry.add({ name: "", methods: { m: functionMethod((list: number[]) => list.push(1), {}) } });
    const row = registry.get("m") ?? assert.fail();
    const list = [1];
    const args = await checkArguments(row, { list }, undefined, undefined);
    assert.equal(args["list"], list);
    assert.equal(Object.isFrozen(list), false);
  });
});

describe("a default", () => {
  const absent = async (schema: Schema): Promise<readonly [unknown, unknown, unknown]> => {
    const row = register(schema);
    const one = await checkArguments(row, {}, undefined, undefined);
    const two = await checkArguments(row, {}, undefined, undefined);
    return [one["a"], two["a"], row.entry.params[0]?.default];
  };

  test("of lists and maps is frozen at every depth, in the catalogue too", async () => {
    const shared = { list: [["x"]] };
    const [one, two, published] = await absent(
      z.object({ list: z.array(z.array(z.string())) }).default(shared),
    );
    assert.deepEqual(one, { list: [["x"]] });
    for (const value of [one, two, published]) {
      const { list } = value as typeof shared;
      assert.throws(() => list.push([]), TypeError);
      assert.throws(() => list[0]?.push("y"), TypeError);
    }
    // What the library was given is another value, and stays as it was.
    assert.equal(Object.isFrozen(shared.list), false);
    shared.list.push(["later"]);
    assert.deepEqual((await absent(z.any().default(shared)))[0], { list: [["x"], ["later"]] });
  });

  test("with dates and byte strings is a copy for each call", async () => {
    const [one, two, published] = await absent(
      z
        .object({ at: z.date(), key: z.instanceof(Uint8Array) })
        .default({ at: new Date(5), key: Uint8Array.of(1) }),
    );
    const { at, key } = one as { at: Date; key: Uint8Array };
    at.setTime(6);
    key[0] = 9;
    assert.deepEqual(two, { at: new Date(5), key: Uint8Array.of(1) });
    assert.deepEqual(published, two);
  });
});
