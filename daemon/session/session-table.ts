import { createHash } from "node:crypto";
import { type Catalogue, type MethodEntry } from "../../catalogue/catalogue.ts";
import { methodData, sortedMethods } from "../../catalogue/data.ts";
import type { Candidates, Peer, Policy, Principal, Table, Window } from "../../policy/engine.ts";
import { encodeSorted } from "../../wire/cbor.ts";
import { OPERATOR_METHODS } from "../base/operator-methods.ts";
import type { RegisteredMethod, Registry } from "../services/registry.ts";

/** A method that a principal may call, if the arguments are right. */
export interface TableRow extends RegisteredMethod {
  /** what may admit the call; `open` for what every principal may ask about itself */
  readonly grants: Candidates | "open";
}

/**
 * The methods that exist for one principal: those that some grant covers, and the daemon's own. What is not
 * in it is denied, all in the same way, whether it exists or not. Everything that tells a principal about
 * methods is made from it.
 */
export interface SessionTable {
  readonly rows: ReadonlyMap<string, TableRow>;
  /** the methods in the order of their names */
  readonly methods: readonly MethodEntry[];
  /** 32 bytes: SHA-256 over the sorted CBOR of each of {@link methods}, one after the other */
  readonly digest: Uint8Array;
  /** when it is right */
  readonly valid: Window;
}

/** Whether it is the table of an operator: of one who may look after the daemon. */
export function isOperator({ rows }: SessionTable): boolean {
  return OPERATOR_METHODS.some((name) => rows.has(name));
}

/** Makes the tables; principals with the same grants share one. */
export class SessionTables {
  readonly #registry: Registry;
  readonly #made = new WeakMap<Table, SessionTable>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** The methods that there are, for whom whatever they are. */
  get catalogue(): Catalogue {
    return this.#registry.catalogue;
  }

  of(policy: Policy, principal: Principal, peer: Peer, nowMs: number): SessionTable {
    const granted = policy.table(principal, peer, this.#registry.catalogue, nowMs);
    const known = this.#made.get(granted);
    if (known !== undefined) return known;
    const table = this.#make(granted);
    this.#made.set(granted, table);
    return table;
  }

  #make(granted: Table): SessionTable {
    const rows = new Map<string, TableRow>();
    for (const [name, grants] of granted.rows) this.#row(rows, name, grants);
    for (const name of this.#registry.open) this.#row(rows, name, "open");
    const catalogue: Catalogue = new Map([...rows].map(([name, { entry }]) => [name, entry]));
    const methods = sortedMethods(catalogue);
    const hash = createHash("sha256");
    for (const method of methods) hash.update(encodeSorted(methodData(method)));
    return { rows, methods, digest: hash.digest(), valid: granted.valid };
  }

  #row(rows: Map<string, TableRow>, name: string, grants: TableRow["grants"]): void {
    const registered = this.#registry.get(name);
    if (registered === undefined) throw new Error(`the policy's table has '${name}', the registry does not`);
    rows.set(name, { ...registered, grants });
  }
}
