/**
 * The end of a `switch` over a union: TypeScript accepts the call only where every member has its case.
 *
 * @param what - what the value would be, for the message: `a message`
 */
export function assertNever(value: never, what: string): never {
  throw new Error(`${what} of no known kind: ${JSON.stringify(value)}`);
}
