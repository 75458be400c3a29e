import { readArguments } from "../arguments.ts";
import { defineCommand } from "../command.ts";
import { withRpc } from "../connection.ts";
import { jsonText } from "../json.ts";
import { CONNECTION } from "../options.ts";
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
    args: { kind: "text", value: "JSON", describe: "a list: the arguments by position" },
    kwargs: { kind: "text", value: "JSON", describe: "a map: arguments by name" },
    input: {
      kind: "text",
      value: "FILE",
      describe: 'JSON {"args": […], "kwargs": {…}}; - is standard input',
    },
    ...CONNECTION,
    arguments: { kind: "rest", describe: "the arguments, each as the method takes it" },
  },
  notes: "rpcctl help arguments tells all forms of an argument.",

  /** Types the arguments by the caller's own catalogue, calls, and prints what comes back. */
  run: ({ method, args, kwargs, input, arguments: words, ...options }, io) =>
    withRpc(options, io, async ({ rpc, settings }) => {
      const limits = { timeoutMs: settings.timeoutMs, signal: io.signal };
      const entry = (await rpc.catalogue(limits)).get(method);
      const { positional, named } = await readArguments(entry, { words, args, kwargs, input }, io);
      const value = await rpc.call(method, positional, named, limits);
      const text = options.json ? jsonText(value) : valueText(value);
      if (text !== undefined) io.out(text);
      return "ok";
    }),
});
