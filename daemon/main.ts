#!/usr/bin/env -S node --disallow-code-generation-from-strings --disable-proto=delete
import yargs from "yargs";
import { escapeText } from "../base/escape.ts";
import { check, EXIT, initialise, printCatalogue, serve } from "./commands.ts";
import { reportOf } from "./prepare.ts";
import { packageVersion } from "./version.ts";

const OPTIONS = ["config", "check", "catalogue", "help", "h", "version"];

const HELP = `Usage:
  rpcd [--config FILE]           serve, until SIGTERM or Ctrl-C
  rpcd --check [--config FILE]   say everything that is wrong, and do not serve
  rpcd --catalogue [--config FILE]   print the methods as JSON, for rpcctl policy … --catalogue
  rpcd init [DIR]                make a state folder to start from

Without --config the file is /etc/rpcd/rpcd.yaml, or else rpcd.yaml in your own state folder
($XDG_STATE_HOME/rpcd), which is made if it is not there.`;

/** What yargs would do with an option called `toString` is no answer for anybody: names are looked at first. */
function unknownOption(argv: readonly string[]): string | undefined {
  const names = argv
    .filter((word) => word.startsWith("-"))
    .map((word) => word.replace(/^--?/, "").split("=", 1)[0] ?? "");
  return names.find((name) => !OPTIONS.includes(name));
}

async function run(argv: readonly string[]): Promise<number> {
  const unknown = unknownOption(argv);
  if (unknown !== undefined) return usage(`there is no option '${escapeText(unknown)}'`);
  if (argv.includes("--version")) return print(`rpcd ${packageVersion()}`);
  if (argv.includes("--help") || argv.includes("-h") || argv[0] === "help") return print(HELP);
  let problem: string | undefined;
  const words = await yargs([...argv])
    .option("config", { type: "string", requiresArg: true })
    .option("check", { type: "boolean", default: false })
    .option("catalogue", { type: "boolean", default: false })
    .parserConfiguration({
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "dot-notation": false,
      "boolean-negation": false,
    })
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      problem = escapeText(message ?? error?.message ?? "the command cannot be read");
    })
    .parse();
  if (problem !== undefined) return usage(problem);
  const [command, folder, ...rest] = words._.map(String);
  if (Array.isArray(words.config)) return usage("--config is given more than once");
  const { config, check: isCheck, catalogue } = words;
  if (command === "init" && rest.length === 0 && config === undefined && !isCheck && !catalogue) {
    return initialise(folder);
  }
  if (command !== undefined) return usage(`'${escapeText(words._.join(" "))}' is no command`);
  if (isCheck && catalogue) return usage("--check and --catalogue do not go together");
  return isCheck ? check(config) : catalogue ? printCatalogue(config) : serve(config);
}

function print(text: string): number {
  console.log(text);
  return EXIT.ok;
}

function usage(problem: string): number {
  console.error(`rpcd: ${problem}; see rpcd --help`);
  return EXIT.usage;
}

/** How long what a service left running may keep a daemon that has stopped, in milliseconds. */
const EXIT_GUARD_MS = 1_000;

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  for (const report of reportOf(error)) console.error(report);
  process.exitCode = EXIT.refused;
}
// Handlers that nobody waits for any longer may still hold timers and sockets: they do not hold the process.
setTimeout(() => process.exit(), EXIT_GUARD_MS).unref();
