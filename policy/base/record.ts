/** Whether a value satisfies a constraint. It makes no object and runs no code of the value's. */
export type Test = (value: unknown) => boolean;

/** What a record of named values must be, and what maps in it must be: some keys, and perhaps others. */
export interface RecordRule<C extends { readonly test: Test }> {
  readonly listed: readonly Listed<C>[];
  /** The names in {@link listed}. */
  readonly names: ReadonlySet<string>;
  /** What values that are not listed must be; nothing where there may be none. */
  readonly others: C | undefined;
  /** Whether a record that has as many keys as were found in {@link listed} has no others. */
  readonly isCountable: boolean;
}

type Listed<C> = C & { readonly name: string; readonly optional: boolean };

/** @param listed - a name that stands in it twice has both conditions */
export function recordRule<C extends { readonly test: Test }>(
  listed: readonly Listed<C>[],
  others: C | undefined,
): RecordRule<C> {
  const names = new Set(listed.map(({ name }) => name));
  return { listed, names, others, isCountable: others === undefined && names.size === listed.length };
}

/** Whether the record is what the rule says. The record's own keys only; no object is made. */
export function recordMatches<C extends { readonly test: Test }>(
  { listed, names, others, isCountable }: RecordRule<C>,
  record: Readonly<Record<string, unknown>>,
): boolean {
  let present = 0;
  for (const { name, optional, test } of listed) {
    if (Object.hasOwn(record, name)) {
      if (!test(record[name])) return false;
      present++;
    } else if (!optional) {
      return false;
    }
  }
  if (isCountable) {
    for (const _ in record) present--;
    return present === 0;
  }
  for (const name in record) {
    if (!names.has(name) && !(others?.test(record[name]) ?? false)) return false;
  }
  return true;
}
