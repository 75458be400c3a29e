import { resolve } from "node:path";
import { escapeText } from "../base/escape.ts";
import { obeyHangup } from "./base/early-hangup.ts";
import { EXIT } from "./base/exit.ts";
import { OutputFailed, type Say, sayToStandardOutput } from "./base/standard-output.ts";
import { packageVersion } from "./base/version.ts";
import { sayError } from "./log/say-error.ts";

/** What each command takes: options, and words behind it. The one without a name serves. */
const FORMS: ReadonlyMap<string, { readonly options: readonly string[]; readonly words: number }> = new Map([
  ["", { options: ["config", "check", "catalogue"], words: 0 }],
  ["init", { options: [], words: 1 }],
  ["reload", { options: ["config"], words: 1 }],
  ["install-units", { options: ["remove", "dry-run", "root", "allow-restart"], words: 0 }],
]);

const OPTIONS = [...[...FORMS.values()].flatMap(({ options }) => options), "help", "h", "version"];

const HELP = `Usage:
  rpcd [--config FILE]           serve, until SIGTERM or Ctrl-C
  rpcd --check [--config FILE]   say everything that is wrong, and do not serve
  rpcd --catalogue [--config FILE]   print the methods as JSON, for rpcctl policy … --catalogue
  rpcd reload [--config FILE] [STATUS_FILE]
                                 have the running daemon read its files again, and say what came of it
  rpcd init [DIR]                make a state folder to start from
  rpcd install-units [--allow-restart NAME,…] [--root DIR]
                                 put rpcd in place as a service of systemd: units, user, /etc/rpcd
  rpcd install-units --dry-run   say what that would write and make, and change nothing
  rpcd install-units --remove    take the units away; keys, policy and logs stay

Without --config the file is /etc/rpcd/rpcd.yaml, or else rpcd.yaml in your own state folder
($XDG_STATE_HOME/rpcd), which is made if it is not there.`;

/** What yargs would do with an option called `toString` is no answer for anybody: names are looked at first. */
function unknownOption(argv: readonly string[]): string | undefined {
  const names = argv
    .filter((word) => word.startsWith("-"))
    .map((word) => word.replace(/^--?/, "").split("=", 1)[0] ?? "");
  return names.find((name) => !OPTIONS.includes(name));
}

/**
 * Does what the words of a command line say.
 *
 * @param say - where commands say what they have to say
 * @returns the exit code
 */
export async function runCommandLine(
  argv: readonly string[],
  say: Say = sayToStandardOutput,
): Promise<number> {
  try {
    return await run(argv, say);
  } catch (error) {
    if (error instanceof OutputFailed) {
      if (!error.isClosed) sayError(`error: ${error.message}`);
      return error.isClosed ? EXIT.outputClosed : EXIT.failed;
    }
    const { reportOf } = await import("./start/prepare.ts");
    for (const report of reportOf(error)) sayError(report);
    return EXIT.refused;
  }
}

async function run(argv: readonly string[], say: Say): Promise<number> {
  const unknown = unknownOption(argv);
  if (unknown !== undefined) return usage(`there is no option '${escapeText(unknown)}'`);
  if (argv.includes("--version")) return print(`rpcd ${packageVersion()}`, say);
  if (argv.includes("--help") || argv.includes("-h") || argv[0] === "help") return print(HELP, say);
  const words = plainWords(argv) ?? (await readWithYargs(argv));
  if (typeof words === "string") return usage(words);
  const { _: positional, ...options } = words;
  const given = Object.entries(options).filter(([name]) => name !== "$0");
  const [command = "", ...rest] = positional.map(String);
  const form = FORMS.get(command);
  if (form === undefined || rest.length > form.words)
    return usage(`'${escapeText(positional.join(" "))}' is no command`);
  for (const [name, value] of given) {
    if (Array.isArray(value)) return usage(`--${name} is given more than once`);
    if (value !== undefined && !form.options.includes(name))
      return usage(`--${name} does not go with rpcd ${command}`.trimEnd());
  }
  const { config, check: isCheck = false, catalogue = false, root = "/", remove = false } = words;
  if (isCheck && catalogue) return usage("--check and --catalogue do not go together");
  if (command !== "" || isCheck || catalogue) obeyHangup();
  // Loaded when it is known that there is something to do: most of the time of a start is the loading of files.
  const { check, initialise, manageUnits, printCatalogue, reload, serve } = await import("./commands.ts");
  switch (command) {
    case "init":
      return initialise(rest[0], say);
    case "reload":
      return reload(config, rest[0], say);
    case "install-units":
      if (remove && (words["dry-run"] === true || words["allow-restart"] !== undefined))
        return usage("--remove goes with --root alone");
      return manageUnits(
        {
          root: resolve(root),
          allowRestart: words["allow-restart"]?.split(","),
          task: remove ? "remove" : words["dry-run"] === true ? "say" : "install",
        },
        say,
      );
    default:
      return isCheck ? check(config, say) : catalogue ? printCatalogue(config, say) : serve(config, say);
  }
}

/** The words of a command line, as yargs gives them. */
interface GivenWords {
  readonly _: readonly (string | number)[];
  readonly config?: string | undefined;
  readonly root?: string | undefined;
  readonly "allow-restart"?: string | undefined;
  readonly check?: boolean | undefined;
  readonly catalogue?: boolean | undefined;
  readonly remove?: boolean | undefined;
  readonly "dry-run"?: boolean | undefined;
}

/**
 * Reads the command lines that service managers and scripts write, without yargs: loading it takes a tenth of a start.
 *
 * @returns nothing for any other line
 */
function plainWords(argv: readonly string[]): GivenWords | undefined {
  const words: { _: string[]; config?: string; check?: boolean; catalogue?: boolean } = { _: [] };
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at];
    const value = argv[at + 1];
    if (word === "--config" && words.config === undefined && value !== undefined && /^[^-]/.test(value)) {
      words.config = value;
      at++;
    } else if (word === "--check" && words.check === undefined) words.check = true;
    else if (word === "--catalogue" && words.catalogue === undefined) words.catalogue = true;
    else return undefined;
  }
  return words;
}

/** @returns the words, or what is wrong with them */
async function readWithYargs(argv: readonly string[]): Promise<GivenWords | string> {
  const { default: yargs } = await import("yargs");
  let problem: string | undefined;
  const text = { type: "string", requiresArg: true } as const;
  const flag = { type: "boolean" } as const;
  const words = await yargs([...argv])
    .options({
      config: text,
      root: text,
      "allow-restart": text,
      check: flag,
      catalogue: flag,
      remove: flag,
      "dry-run": flag,
    })
    .parserConfiguration({
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "dot-notation": false,
      "boolean-negation": false,
      "camel-case-expansion": false,
    })
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      problem = escapeText(message ?? error?.message ?? "the command cannot be read");
    })
    .parse();
  return problem ?? words;
}

async function print(text: string, say: Say): Promise<number> {
  await say(text);
  return EXIT.ok;
}

function usage(problem: string): number {
  console.error(`rpcd: ${problem}; see rpcd --help`);
  return EXIT.usage;
}
