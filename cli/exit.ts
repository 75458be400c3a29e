/** How a command ended, in a word: its code is looked up in the command's table. */
export type Ending =
  | "ok"
  | "findings"
  | "refused"
  | "failed"
  | "usage"
  | "denied"
  | "identity"
  | "not_found"
  | "unavailable"
  | "deadline"
  | "quota"
  | "protocol"
  | "broken"
  | "internal"
  | "interrupted"
  | "output_closed";

interface Row {
  readonly code: number;
  /** What the code says, for `rpcctl help exit-codes`. */
  readonly text: string;
  readonly endings: readonly Ending[];
}

/** The codes of a group of commands. Whoever adds an ending gives it a row in each table that can meet it. */
export interface ExitTable {
  readonly title: string;
  readonly rows: readonly Row[];
}

const INTERRUPTED: readonly Row[] = [
  { code: 130, text: "interrupted (Ctrl-C, SIGTERM)", endings: ["interrupted"] },
  // As a shell says it of a program that SIGPIPE ended: the reader of the output went away.
  { code: 141, text: "nobody read the output any more", endings: ["output_closed"] },
];

export const GENERAL_EXITS: ExitTable = {
  title: "every command but policy",
  rows: [
    { code: 0, text: "all went well", endings: ["ok"] },
    { code: 1, text: "the method failed, or a file could not be written", endings: ["failed", "refused"] },
    { code: 2, text: "wrong words: a command, an option, an argument, a setting", endings: ["usage"] },
    {
      code: 3,
      text: "denied: the policy does not allow it, or there is no such method",
      endings: ["denied"],
    },
    {
      code: 4,
      text: "identity: the login was refused, the host key is not the known one, a key or trust file is not safe",
      endings: ["identity"],
    },
    { code: 6, text: "a file is not there or cannot be read", endings: ["not_found"] },
    { code: 7, text: "the daemon is not there, or takes no calls now", endings: ["unavailable"] },
    { code: 8, text: "the answer did not come in time", endings: ["deadline"] },
    { code: 9, text: "a limit is reached", endings: ["quota"] },
    { code: 10, text: "the other end does not keep to the protocol", endings: ["protocol"] },
    {
      code: 11,
      text: "broken off midway: the connection was lost, and the call may have been done; or a stream, of which some is printed",
      endings: ["broken"],
    },
    { code: 12, text: "doctor: something is not as it should be", endings: ["findings"] },
    { code: 13, text: "a mistake in the daemon or in rpcctl", endings: ["internal"] },
    ...INTERRUPTED,
  ],
};

export const POLICY_EXITS: ExitTable = {
  title: "policy",
  rows: [
    { code: 0, text: "clean; explain: allowed", endings: ["ok"] },
    {
      code: 1,
      text: "findings, but the daemon would load the file; explain: denied; status: the last reload was refused",
      endings: ["findings"],
    },
    { code: 2, text: "refused: the daemon would not load the file, or a test fails", endings: ["refused"] },
    { code: 3, text: "wrong words: a command, an option, an argument", endings: ["usage"] },
    {
      code: 4,
      text: "a file cannot be read, the daemon could not be asked, or rpcctl gave up",
      endings: [
        "not_found",
        "failed",
        "denied",
        "identity",
        "unavailable",
        "deadline",
        "quota",
        "protocol",
        "broken",
        "internal",
      ],
    },
    ...INTERRUPTED,
  ],
};

export const EXIT_TABLES: readonly ExitTable[] = [GENERAL_EXITS, POLICY_EXITS];

/** The exit code that a table gives to an ending. */
export function exitCode({ title, rows }: ExitTable, ending: Ending): number {
  const row = rows.find(({ endings }) => endings.includes(ending));
  if (row === undefined) throw new Error(`the exit table of '${title}' has no row for '${ending}'`);
  return row.code;
}
