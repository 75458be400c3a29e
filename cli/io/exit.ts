/** How a command ended, in a word: {@link EXIT_CODES} has its code. */
export type Ending =
  | "ok"
  | "failed"
  | "findings"
  | "usage"
  | "denied"
  | "identity"
  | "refused"
  | "not_found"
  | "unavailable"
  | "deadline"
  | "quota"
  | "protocol"
  | "broken"
  | "unhealthy"
  | "internal"
  | "interrupted"
  | "output_closed";

interface Row {
  readonly code: number;
  /** What the code means, for `rpcctl help exit-codes` and docs/rpcctl.md. */
  readonly text: string;
  readonly endings: readonly Ending[];
}

/** The exit codes of rpcctl: one table, so that a code means the same after each command. */
export const EXIT_CODES: readonly Row[] = [
  { code: 0, text: "success. can-i, policy explain: allowed", endings: ["ok"] },
  {
    code: 1,
    text: "the method failed, or a file could not be written. policy lint, fmt --check, test, status: there are findings. policy explain: denied or undecided",
    endings: ["failed", "findings"],
  },
  { code: 2, text: "wrong command line: a command, an option, an argument, a setting", endings: ["usage"] },
  {
    code: 3,
    text: "denied: the policy does not allow the call, or there is no such method. can-i: no",
    endings: ["denied"],
  },
  {
    code: 4,
    text: "identity: the login was refused, the host key is not the known one, a key or a trusted file is not safe",
    endings: ["identity"],
  },
  {
    code: 5,
    text: "refused: the daemon does not load the policy file, or a test in the file fails",
    endings: ["refused"],
  },
  {
    code: 6,
    text: "not found: a file does not exist or cannot be read, or the policy names nobody so",
    endings: ["not_found"],
  },
  { code: 7, text: "the daemon cannot be reached, or accepts no calls now", endings: ["unavailable"] },
  { code: 8, text: "the time is over: no answer within --timeout", endings: ["deadline"] },
  { code: 9, text: "a limit is reached", endings: ["quota"] },
  { code: 10, text: "the other end violates the protocol", endings: ["protocol"] },
  {
    code: 11,
    text: "broken off midway: the connection was lost and the call may have run, or a stream ended in a fault after its first item",
    endings: ["broken"],
  },
  { code: 12, text: "doctor found an error or a warning", endings: ["unhealthy"] },
  { code: 13, text: "a mistake in the daemon or in rpcctl", endings: ["internal"] },
  { code: 130, text: "interrupted (Ctrl-C, SIGTERM)", endings: ["interrupted"] },
  // As a shell says it of a program that SIGPIPE ended.
  { code: 141, text: "the reader of the output closed it", endings: ["output_closed"] },
];

/** The exit code of an ending. */
export function exitCode(ending: Ending): number {
  const row = EXIT_CODES.find(({ endings }) => endings.includes(ending));
  if (row === undefined) throw new Error(`the table of exit codes has no row for '${ending}'`);
  return row.code;
}
