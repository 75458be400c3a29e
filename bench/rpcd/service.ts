import { callback, defineService, type Method, method, param, stream, z } from "../../service/index.ts";
import { sayMemoryOnSignal } from "../live-memory.ts";
import { OTHER_METHODS } from "./other-methods.ts";

const other = method({
  doc: "Is granted, and never called.",
  params: [param("unit", z.string()), param("count", z.int().default(1))],
  returns: z.null(),
  run: () => null,
});

const others: Readonly<Record<string, Method>> = Object.fromEntries(
  OTHER_METHODS.map((name) => [name, other]),
);

/** What the bench calls. */
const bench = {
  add: method({
    doc: "Adds two whole numbers.",
    params: [param("a", z.int()), param("b", z.int())],
    returns: z.int(),
    effect: "read",
    idempotent: true,
    run: ({ a, b }) => a + b,
  }),
  echo: method({
    doc: "Gives back what it was given.",
    params: [param("value", z.instanceof(Uint8Array), { shape: "bytes" })],
    returns: z.instanceof(Uint8Array),
    effect: "read",
    idempotent: true,
    run: ({ value }) => value,
  }),
  each: method({
    doc: "Calls the caller's function so often, and waits for each answer.",
    params: [param("f", callback({ args: [z.int()] })), param("count", z.int())],
    returns: z.int(),
    run: async ({ f, count }) => {
      for (let i = 0; i < count; i++) await f(i);
      return count;
    },
  }),
  countLines: method({
    doc: "Iterates the lines of the caller's file, and calls the caller's function for each.",
    params: [param("lines", stream(z.string())), param("on_line", callback({ args: [z.string()] }))],
    returns: z.int(),
    run: async ({ lines, on_line }) => {
      let count = 0;
      for await (const line of lines) {
        await on_line(line);
        count++;
      }
      return count;
    },
  }),
  size: method({
    doc: "Reads the caller's bytes, and counts them.",
    params: [param("data", stream("bytes"))],
    returns: z.int(),
    run: async ({ data }) => {
      let size = 0;
      for await (const piece of data) size += piece.length;
      return size;
    },
  }),
};

sayMemoryOnSignal();

export type BenchService = ReturnType<typeof defineService<typeof bench>>;

export default defineService({ ...others, ...bench });
