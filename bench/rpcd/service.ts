import { defineService, type Method, method, param, z } from "../../service/index.ts";
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
};

sayMemoryOnSignal();

export type BenchService = ReturnType<typeof defineService<typeof bench>>;

export default defineService({ ...others, ...bench });
