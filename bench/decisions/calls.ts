import { type BoundArgs, decide, holdsAt, type Policy, type Table } from "rpcd/policy";
import { type Catalogue, Dice, METHOD_NAMES, UNITS } from "./world.ts";

/** One call as the daemon has it when it decides. */
export interface Call {
  readonly principal: string;
  /** of the caller's session */
  readonly table: Table;
  readonly method: string;
  readonly args: BoundArgs;
}

const NOW_MS = Date.UTC(2026, 10, 27);
/** Of a message of this kind. */
const BYTES = 64;

/** @param tables - of every principal */
export function callsOf(count: number, tables: ReadonlyMap<string, Table>, seed: number): readonly Call[] {
  const dice = new Dice(seed);
  const principals = [...tables.keys()];
  const granted = new Map([...tables].map(([name, { rows }]) => [name, [...rows.keys()]]));
  return Array.from({ length: count }, () => {
    const principal = dice.of(principals);
    const own = granted.get(principal) ?? [];
    const method = own.length > 0 && dice.below(10) < 7 ? dice.of(own) : dice.of(METHOD_NAMES);
    const table = tables.get(principal);
    if (table === undefined) throw new Error(`no table of ${principal}`);
    return { principal, table, method, args: argsOf(dice) };
  });
}

function argsOf(dice: Dice): BoundArgs {
  const args: Record<string, unknown> = {
    unit: dice.below(2) === 0 ? dice.of(UNITS) : `${dice.of(UNITS)}-${dice.below(10)}`,
  };
  if (dice.below(2) === 0) args["count"] = dice.below(1_200);
  if (dice.below(4) === 0) args["note"] = "a word";
  // As the daemon makes them: nothing is inherited, and yet it is laid out like any object.
  Object.setPrototypeOf(args, null);
  return args;
}

/** The tables that the principals' sessions have. */
export function tablesOf(
  policy: Policy,
  principals: Iterable<string>,
  catalogue: Catalogue,
): ReadonlyMap<string, Table> {
  const peer = { via: "unix", address: undefined } as const;
  return new Map(
    [...principals].map((name) => {
      const principal = policy.identity(name);
      if (principal === undefined) throw new Error(`no identity ${name}`);
      return [name, policy.table(principal, peer, catalogue, NOW_MS)];
    }),
  );
}

/** What the gate does for each call: is the table still right, its row, the decision. */
export function isAllowed({ table, method, args }: Call): boolean {
  if (!holdsAt(table.valid, NOW_MS)) throw new Error("a table that is over");
  return decide(table.rows.get(method), args, BYTES).allowed;
}
