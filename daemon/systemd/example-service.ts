/** The service that `rpcd init` writes: an example to change, and what the embedded default serves. */
export const EXAMPLE_SERVICE = `import { defineService, method, param, z } from "rpcd/service";

// A function here becomes a method that clients call. Who may call it stands in policy.yaml.
export default defineService({
  add: method({
    doc: "Adds two whole numbers.",
    params: [param("a", z.int()), param("b", z.int())],
    returns: z.int(),
    effect: "read",
    idempotent: true,
    run: ({ a, b }) => a + b,
  }),

  greet: method({
    doc: "Greets somebody by name.",
    params: [param("name", z.string().min(1).max(64)), param("loud", z.boolean().default(false))],
    returns: z.string(),
    effect: "read",
    idempotent: true,
    run: ({ name, loud }, ctx) => {
      const text = \`Hello \${name}, I know you as \${ctx.principal.name}\`;
      return loud ? text.toUpperCase() : text;
    },
  }),

  // No grant in policy.yaml names this one: for every client it is as if it were not there.
  erase: method({
    doc: "Would erase everything, if anybody were allowed to call it.",
    params: [],
    effect: "dangerous",
    run: () => "erased",
  }),
});
`;

/** Who may call it, for the policies that are written with it. */
export const EXAMPLE_GRANTS = `grants:
  calculate:
    to: caller
    call: add
    args: {a: {int: -1000000..1000000}, b: {int: -1000000..1000000}}
  greetings:
    to: caller
    call: greet
    args: {name: {string: 1..64}, loud?: bool}
`;
