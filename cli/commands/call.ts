import type { MethodEntry } from "../../catalogue/catalogue.ts";
import { callLimits, readCatalogue, withRpc } from "../connect/connection.ts";
import { readTrace } from "../connect/trace.ts";
import { usage } from "../io/failure.ts";
import { Output } from "../io/output.ts";
import type { openLive as open } from "../live/arguments.ts";
import { ProgressLine } from "../live/progress-line.ts";
import { checkBytesWanted, isLiveResult, printLive, rawBytes } from "../live/result.ts";
import { jsonText } from "../print/json.ts";
import { valueText } from "../print/print.ts";
import { ARGUMENT_SOURCES, CALLBACK_SOURCE, CONNECTION } from "../settings/options.ts";
import { readArguments } from "../values/arguments.ts";
import { checkLiveGiven, readLiveOptions } from "../values/live-options.ts";
import { defineCommand } from "../words/command.ts";
import { readWordsBehind } from "../words/words-behind.ts";

export default defineCommand({
  examples: [
    ["rpcctl call add 2 3", "arguments by position"],
    ['rpcctl call greet -- "$NAME"', "in a script: no value of $NAME is an option"],
    ["rpcctl call --arg name=Ada greet", "by name"],
    ["rpcctl call --json --timeout 5s add 2 3", "options stand before METHOD"],
    ["rpcctl call --file data=photo.jpg store", "the content of a file"],
    [
      "rpcctl call --file src=big.iso copy > copy.iso",
      "a file that the daemon reads, and one that it returns",
    ],
    [
      "rpcctl call --file lines=a.txt --callback on_line=- countLines",
      "each call of the callback is printed",
    ],
    ["rpcctl call add --help", "what a method takes"],
  ],
  options: {
    method: { kind: "word", describe: "the method's whole name" },
    ...ARGUMENT_SOURCES,
    ...CALLBACK_SOURCE,
    raw: { kind: "flag", describe: "write bytes and texts of the result as they are" },
    trace: {
      kind: "text",
      value: "TRACEPARENT",
      describe: "the trace that the call belongs to (W3C Trace Context); else TRACEPARENT of the environment",
    },
    ...CONNECTION,
    arguments: { kind: "rest", describe: "the arguments by position; each word is a value, as it is" },
  },
  notes:
    "rpcctl help arguments tells how values are written, rpcctl help references what --file and --callback do, rpcctl help scripts how a script stays safe.",

  /** Types the arguments by the caller's own catalogue, calls, and prints what comes back. */
  run: async (
    { method, arg, args, kwargs, input, file, callback, raw, trace, arguments: behind, ...options },
    io,
  ) => {
    const carried = readTrace(trace, io.env);
    return withRpc(options, io, async (session) => {
      const { rpc, limit } = session;
      const { json } = options;
      const catalogue = await readCatalogue(session, io);
      const entry = catalogue.get(method);
      const words = readWordsBehind(entry, behind);
      if (words.kind === "help") {
        const { printMethod } = await import("../methods/text.ts");
        return printMethod(catalogue, method, json, io);
      }
      const returns = entry?.returns;
      if (entry?.on !== undefined) throw ofObject(entry, entry.on);
      const live = readLiveOptions(entry, { file, callback });
      checkLiveGiven(entry, live);
      const sources = { words: words.values, arg, contents: live.contents, args, kwargs, input };
      const { positional, named } = await readArguments(entry, sources, io, limit.signal);
      checkBytesWanted({ returns, json, raw }, io);
      const output = new Output(io);
      const passed =
        entry && live.given.size > 0 ? await openLive(entry, live.given, { io, output }) : undefined;
      let progress: ProgressLine | undefined;
      try {
        const value = await rpc.call(
          method,
          positional,
          { ...named, ...passed?.named },
          {
            ...callLimits(session, io),
            trace: carried,
            onProgress: (how) => {
              progress ??= new ProgressLine(io.status);
              progress.show(how);
            },
          },
        );
        if (isLiveResult(value)) {
          await printLive(value, { returns, passed: passed?.named ?? {}, json, raw }, output);
        } else {
          // What callbacks have printed comes first.
          await output.end();
          const bytes = raw ? rawBytes(value) : undefined;
          const text = json ? jsonText(value) : valueText(value);
          if (bytes !== undefined) await output.write(bytes);
          else if (text !== undefined) await output.write(`${text}\n`);
          await output.end();
        }
        passed?.check();
        return "ok";
      } catch (error) {
        throw passed?.blame(error) ?? error;
      } finally {
        progress?.end();
        await passed?.close();
      }
    });
  },
});

/** Loaded where something is passed by reference: most calls pass nothing. */
async function openLive(...passed: Parameters<typeof open>): ReturnType<typeof open> {
  const loaded = await import("../live/arguments.ts");
  return loaded.openLive(...passed);
}

function ofObject({ name }: MethodEntry, object: string): Error {
  return usage(
    `${name} is called on a '${object}' that a method returns`,
    "rpcctl lets go of it when the command ends: a program can call it, with rpcd/client",
  );
}
