/**
 * How `rpcd` ends. 78 is EX_CONFIG of sysexits(3): service managers show it by that name. 141 is what a shell says of a program that
 * SIGPIPE ended.
 */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 78, outputClosed: 141 } as const;
