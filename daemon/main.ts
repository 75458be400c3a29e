#!/usr/bin/env -S node --disallow-code-generation-from-strings --disable-proto=delete --max-semi-space-size=2
import { flushed } from "../base/flushed.ts";
import { filesMax, readOwnLimits } from "./base/descriptors.ts";
import { holdHangup } from "./base/early-hangup.ts";
import { sayError } from "./log/say-error.ts";

/** How long what a service left running may keep a daemon that has stopped, in milliseconds. */
const EXIT_GUARD_MS = 1_000;

/** With less, Node cannot open all modules: it opens them at a time, and what fails there is told by Node, in its own words. */
const FILES_MIN = 256;
const files = filesMax(readOwnLimits());

if (files < FILES_MIN) {
  sayError(`error: ${FILES_MIN} open files are needed, and the limit is ${files}
  mend: raise it to 1024 or more: LimitNOFILE= in the unit, or ulimit -n`);
  // EX_CONFIG, as for all that only an edit mends.
  process.exitCode = 78;
} else {
  holdHangup();
  const { runCommandLine } = await import("./command-line.ts");
  process.exitCode = await runCommandLine(process.argv.slice(2));
}
// A slow reader gets all that was said: a daemon that serves gives up on one that is stuck by itself.
for (const stream of [process.stdout, process.stderr]) await flushed(stream);
// Handlers that nobody waits for any longer may still hold timers and sockets: they do not hold the process.
setTimeout(() => process.exit(), EXIT_GUARD_MS).unref();
