import type { MethodEntry } from "../../base/catalogue.ts";
import { readArguments } from "../arguments.ts";
import { defineCommand } from "../command.ts";
import { readCatalogue, withRpc } from "../connection.ts";
import { usage } from "../failure.ts";
import { jsonText } from "../json.ts";
import type { openLive as open } from "../live-arguments.ts";
import { readLiveOptions } from "../live-options.ts";
import { checkBytesWanted, isLiveResult, printLive, rawBytes } from "../live-result.ts";
import { ARGUMENT_SOURCES, CONNECTION, LIVE_SOURCES } from "../options.ts";
import { Output } from "../output.ts";
import { valueText } from "../print.ts";
import { ProgressLine } from "../progress-line.ts";
import { readTrace } from "../trace.ts";

export default defineCommand({
  examples: [
    ["rpcctl call add 2 3", "arguments by position"],
    ["rpcctl call greet name=Ada", "by name"],
    ["rpcctl call --json --timeout 5s add 2 3", "options stand before METHOD"],
    ["rpcctl call store data@=photo.jpg", "the bytes of a file"],
    [
      "rpcctl call copy --file src=big.iso > copy.iso",
      "a file that the daemon reads, and one that it returns",
    ],
    [
      "rpcctl call --file lines=a.txt --callback on_line=- countLines",
      "each call of the callback is printed",
    ],
  ],
  options: {
    method: { kind: "word", describe: "the method's whole name" },
    ...ARGUMENT_SOURCES,
    ...LIVE_SOURCES,
    raw: { kind: "flag", describe: "write bytes and texts of the result as they are" },
    trace: {
      kind: "text",
      value: "TRACEPARENT",
      describe: "the trace that the call belongs to (W3C Trace Context); else TRACEPARENT of the environment",
    },
    ...CONNECTION,
    arguments: { kind: "rest", describe: "the arguments, each as the method takes it" },
  },
  notes:
    "rpcctl help arguments tells all forms of an argument, rpcctl help references what --file and --callback do.",

  /** Types the arguments by the caller's own catalogue, calls, and prints what comes back. */
  run: async (
    { method, args, kwargs, input, file, callback, raw, trace, arguments: all, ...options },
    io,
  ) => {
    const carried = readTrace(trace, io.env);
    return withRpc(options, io, async (session) => {
      const { rpc, settings } = session;
      const { json } = options;
      const entry = (await readCatalogue(session, io)).get(method);
      const returns = entry?.returns;
      if (entry?.on !== undefined) throw ofObject(entry, entry.on);
      const { given, words } = readLiveOptions(entry, { file, callback, words: all });
      const { positional, named } = await readArguments(entry, { words, args, kwargs, input }, io);
      checkBytesWanted({ returns, json, raw }, io);
      const output = new Output(io);
      const live = entry && given.size > 0 ? await openLive(entry, given, { io, output }) : undefined;
      let progress: ProgressLine | undefined;
      try {
        const value = await rpc.call(
          method,
          positional,
          { ...named, ...live?.named },
          {
            timeoutMs: settings.timeoutMs,
            signal: io.signal,
            trace: carried,
            onProgress: (how) => {
              progress ??= new ProgressLine(io.status);
              progress.show(how);
            },
          },
        );
        if (isLiveResult(value)) {
          await printLive(value, { returns, passed: live?.named ?? {}, json, raw }, output);
          return "ok";
        }
        // What callbacks have printed comes first.
        await output.end();
        const bytes = raw ? rawBytes(value) : undefined;
        const text = json ? jsonText(value) : valueText(value);
        if (bytes === undefined && text !== undefined) io.out(text);
        if (bytes !== undefined) await output.write(bytes);
        await output.end();
        return "ok";
      } finally {
        progress?.end();
        await live?.close();
      }
    });
  },
});

/** Loaded where something is passed by reference: most calls pass nothing. */
async function openLive(...passed: Parameters<typeof open>): ReturnType<typeof open> {
  const loaded = await import("../live-arguments.ts");
  return loaded.openLive(...passed);
}

function ofObject({ name }: MethodEntry, object: string): Error {
  return usage(
    `${name} is called on a '${object}' that a method returns`,
    "rpcctl lets go of it when the command ends: a program can call it, with rpcd/client",
  );
}
