import { readArguments } from "../arguments.ts";
import { defineCommand } from "../command.ts";
import { readCatalogue, withRpc } from "../connection.ts";
import { jsonText } from "../json.ts";
import { ARGUMENT_SOURCES, CONNECTION } from "../options.ts";
import { valueText } from "../print.ts";

export default defineCommand({
  examples: [
    ["rpcctl call add 2 3", "arguments by position"],
    ["rpcctl call greet name=Ada", "by name"],
    ["rpcctl call --json --timeout 5s add 2 3", "options stand before METHOD"],
    ["rpcctl call store data@=photo.jpg", "the bytes of a file"],
  ],
  options: {
    method: { kind: "word", describe: "the method's whole name" },
    ...ARGUMENT_SOURCES,
    ...CONNECTION,
    arguments: { kind: "rest", describe: "the arguments, each as the method takes it" },
  },
  notes: "rpcctl help arguments tells all forms of an argument.",

  /** Types the arguments by the caller's own catalogue, calls, and prints what comes back. */
  run: ({ method, args, kwargs, input, arguments: words, ...options }, io) =>
    withRpc(options, io, async (session) => {
      const { rpc, settings } = session;
      const limits = { timeoutMs: settings.timeoutMs, signal: io.signal };
      const entry = (await readCatalogue(session, io)).get(method);
      const { positional, named } = await readArguments(entry, { words, args, kwargs, input }, io);
      const value = await rpc.call(method, positional, named, limits);
      const text = options.json ? jsonText(value) : valueText(value);
      if (text !== undefined) io.out(text);
      return "ok";
    }),
});
