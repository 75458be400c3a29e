/** Whether a value satisfies a constraint. It makes no object and runs no code of the value's. */
export type Test = (value: unknown) => boolean;

/** What a record of named values must be, and what maps in it must be: some keys, and perhaps others. */
export interface RecordRule<C extends { readonly test: Test }> {
  readonly listed: readonly (C & { readonly name: string; readonly optional: boolean })[];
  /** The names in {@link listed}. */
  readonly names: ReadonlySet<string>;
  /** What values that are not listed must be; nothing where there may be none. */
  readonly others: C | undefined;
}

/** Whether the record is what the rule says. The record's own keys only; no object is made. */
export function recordMatches<C extends { readonly test: Test }>(
  { listed, names, others }: RecordRule<C>,
  record: Readonly<Record<string, unknown>>,
): boolean {
  for (const { name, optional, test } of listed) {
    if (Object.hasOwn(record, name)) {
      if (!test(record[name])) return false;
    } else if (!optional) {
      return false;
    }
  }
  for (const name in record) {
    if (!names.has(name) && !(others?.test(record[name]) ?? false)) return false;
  }
  return true;
}
