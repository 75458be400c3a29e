import { callLimits, readCatalogue, withRpc } from "../connect/connection.ts";
import { usage } from "../io/failure.ts";
import { printMethods } from "../methods/list.ts";
import { printMethod } from "../methods/text.ts";
import { jsonText } from "../print/json.ts";
import { ARGUMENT_SOURCES, CONNECTION } from "../settings/options.ts";
import { readArguments } from "../values/arguments.ts";
import { readLiveOptions } from "../values/live-options.ts";
import { defineCommand } from "../words/command.ts";
import { readWordsBehind } from "../words/words-behind.ts";

const ALL_EXAMPLE = "rpcctl can-i --list";

export default defineCommand({
  examples: [
    ["rpcctl can-i add 2 3", "with these arguments: yes or no, and nothing is run"],
    ["rpcctl can-i add", "with any arguments at all"],
    ["rpcctl can-i --arg a=2 --arg b=3 add", "arguments by name, as for call"],
    [ALL_EXAMPLE, "every method that you may call"],
  ],
  options: {
    method: { kind: "word_maybe", describe: "the method's whole name" },
    list: { kind: "flag", describe: "list what you may call" },
    ...ARGUMENT_SOURCES,
    ...CONNECTION,
    arguments: { kind: "rest", describe: "the arguments by position, as for call" },
  },
  notes:
    "It ends with 0 for yes and 3 for no. A method that you may not call and one that does not exist are both no. What is passed by reference counts as given.",

  /** Asks the daemon what its policy says; the call is not made. */
  run: ({ method, list, arg, file, args, kwargs, input, arguments: behind, ...options }, io) => {
    if (list !== (method === undefined)) {
      const text = list ? "--list stands without METHOD" : "METHOD, or --list, was expected";
      throw usage(text, ALL_EXAMPLE);
    }
    return withRpc(options, io, async (session) => {
      const { rpc, limit } = session;
      const catalogue = await readCatalogue(session, io);
      if (method === undefined) {
        const none = "there is no method that you may call";
        printMethods(catalogue, { json: options.json, wanted: () => true, none }, io);
        return "ok";
      }
      const entry = catalogue.get(method);
      const words = readWordsBehind(entry, behind);
      if (words.kind === "help") return printMethod(catalogue, method, options.json, io);
      const hasArguments =
        [words.values, arg, file].some((one) => one.length > 0) ||
        [args, kwargs, input].some((one) => one !== undefined);
      const ask = async (): Promise<boolean> => {
        const { contents } = readLiveOptions(entry, { file, callback: [] });
        const asked = { words: words.values, arg, contents, args, kwargs, input };
        const { positional, named } = await readArguments(entry, asked, io, limit.signal);
        return (
          (await rpc.call("rpcd.can", [method, positional, named], {}, callLimits(session, io))) === true
        );
      };
      const can = entry !== undefined && (!hasArguments || (await ask()));
      if (options.json) io.out(jsonText({ can }));
      else if (!can) io.out("no");
      else io.out(hasArguments || entry.params.length === 0 ? "yes" : "yes, with the right arguments");
      return can ? "ok" : "denied";
    });
  },
});
