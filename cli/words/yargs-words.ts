import yargs, { type Argv } from "yargs";
import { assertNever } from "../../base/assert-never.ts";
import { usage } from "../io/failure.ts";
import { wrapText } from "../print/wrap-text.ts";
import type { Option, Options, Words } from "../settings/options.ts";
import type { Command, CommandEntry, CommandTable } from "./command.ts";
import { takesNext } from "./first-positional.ts";
import { positionals, type SplitWords } from "./read-words.ts";
import { TOPICS } from "./topics.ts";

/** The widest help, in columns: longer lines are hard to read. A narrower terminal has narrower help. */
const WIDTH_MAX = 100;

/** Yargs lays its two columns out in no less. */
const WIDTH_MIN = 40;

/**
 * Reads a command line with yargs, strictly: what the quick reader left, which is mostly wrong.
 *
 * @throws Failure that says what is wrong with it
 */
export async function readWithYargs(
  name: string,
  command: Command,
  { own, rest }: SplitWords,
): Promise<Words> {
  const words = new Map<string, string | boolean | readonly string[]>();
  const { shown, restore } = hidePositionals(own, command.options);
  const help = `rpcctl help ${name} shows its words`;
  const parsed: Readonly<Record<string, unknown>> = await commandParser(name, command, shown)
    .exitProcess(false)
    .fail((message, error) => {
      throw usage(restore(complaint(name, command, message ?? error.message)), help);
    })
    .parseAsync();
  for (const [option, spec] of Object.entries(command.options)) {
    const found = spec.kind === "rest" ? rest : read(option, spec, parsed[option]);
    const value =
      typeof found === "string"
        ? restore(found)
        : Array.isArray(found)
          ? found.map((one) => restore(String(one)))
          : found;
    if (value === "") throw usage(`${shownName(option, spec)} is empty`, help);
    if (value !== undefined) words.set(option, value);
  }
  return words;
}

/**
 * Puts marks in the place of positionals, and takes `--` away: yargs would make an empty text of a bare `-`,
 * and stops being strict behind `--`.
 */
function hidePositionals(
  own: readonly string[],
  options: Options,
): { readonly shown: readonly string[]; readonly restore: (text: string) => string } {
  const hidden: string[] = [];
  const shown: string[] = [];
  let optionsEnded = false;
  for (let at = 0; at < own.length; at++) {
    const word = own[at] ?? "";
    if (!optionsEnded && word === "--") {
      optionsEnded = true;
    } else if (optionsEnded || !word.startsWith("-") || word === "-") {
      shown.push(`\u0001${hidden.length}\u0001`);
      hidden.push(word);
    } else {
      shown.push(word);
      const value = own[at + 1];
      if (takesNext(word, options) && value !== undefined) {
        shown.push(value);
        at++;
      }
    }
  }
  const restore = (text: string): string =>
    // oxlint-disable-next-line no-control-regex -- the marks of above
    text.replaceAll(/\u0001(\d+)\u0001/g, (_, at) => hidden[at] ?? "");
  return { shown, restore };
}

function read(
  name: string,
  { kind }: Option,
  value: unknown,
): string | boolean | readonly string[] | undefined {
  if ((kind === "texts" || kind === "words") && Array.isArray(value)) return value.map(String);
  if (Array.isArray(value)) throw usage(`--${name} stands here ${value.length} times, and is taken once`);
  return typeof value === "string" || (kind === "flag" && typeof value === "boolean") ? value : undefined;
}

/**
 * Help for a command: its examples, its usage line, its options.
 *
 * @param columns - of the terminal; `undefined` where there is none
 */
export async function commandHelp(
  { name, describe }: CommandEntry,
  command: Command,
  columns: number | undefined,
): Promise<string> {
  const text = await commandParser(name, command, [], { describe, columns }).getHelp();
  return wrapText(text, columns);
}

/** Help for a group of commands: an example of each, and what each is for. */
export async function groupHelp(
  commands: CommandTable,
  group: string,
  columns: number | undefined,
): Promise<string> {
  const entries = commands.of(group);
  const loaded = await Promise.all(entries.map((entry) => entry.load()));
  const examples = loaded.flatMap(({ default: { examples: all } }) => all.slice(0, 1));
  const usageText = `${exampleLines(examples)}\n\nUsage: rpcctl ${group} COMMAND …`;
  return listHelp(entries, usageText, `rpcctl help ${group} COMMAND explains one of them.`, columns);
}

/** Help for all: the first command lines to try, the commands, the topics. */
export function overview({ entries }: CommandTable, columns: number | undefined): Promise<string> {
  const examples = [
    ["rpcctl ls", "the methods that you may call"],
    ["rpcctl call add 2 3", "call one of them"],
    ["rpcctl policy lint policy.yaml", "check a policy before the daemon reads it"],
  ] as const;
  const usageText = `${exampleLines(examples)}\n\nUsage: rpcctl COMMAND …`;
  const more = `rpcctl help COMMAND explains a command, rpcctl help TOPIC one of ${TOPICS.join(", ")}.`;
  return listHelp(entries, usageText, more, columns);
}

async function listHelp(
  entries: readonly CommandEntry[],
  usageText: string,
  more: string,
  columns: number | undefined,
): Promise<string> {
  let all = configured([], columns).usage(usageText).epilogue(more);
  for (const { name, describe } of entries) all = all.command(name, describe);
  return wrapText(await all.getHelp(), columns);
}

/** What help shows beside the words of a command. */
interface Shown {
  readonly describe?: string;
  readonly columns?: number | undefined;
}

function commandParser(
  name: string,
  command: Command,
  own: readonly string[],
  { describe = "", columns }: Shown = {},
): Argv {
  const words = positionals(command.options).map(([word, { kind }]) =>
    kind === "word" ? `<${word}>` : kind === "words" ? `[${word}..]` : `[${word}]`,
  );
  const restName = Object.entries(command.options).find(([, { kind }]) => kind === "rest")?.[0];
  const shown = words.map((word) => word.replaceAll(/[<>]/g, "").replace("..", " …").toUpperCase());
  if (restName !== undefined) shown.push(`[${restName.toUpperCase()} …]`);
  const head = describe === "" ? "" : `\n\n${describe}`;
  const usageText = `${exampleLines(command.examples)}\n\nUsage: rpcctl ${[name, "[OPTIONS]", ...shown].join(" ")}${head}`;
  const base = configured(own, columns).usage(usageText);
  if (command.notes !== undefined) base.epilogue(command.notes);
  return base.command(["$0", ...words].join(" "), false, (inner) => withOptions(inner, command.options));
}

function withOptions(parser: Argv, options: Options): Argv {
  let argv = parser;
  for (const [name, option] of Object.entries(options)) {
    switch (option.kind) {
      case "word":
      case "word_maybe":
      case "words":
        argv = argv.positional(name, { type: "string", describe: option.describe });
        break;
      case "flag":
        argv = argv.option(name, { type: "boolean", describe: option.describe });
        break;
      case "text":
      case "texts": {
        const { describe, choices, value } = option;
        argv = argv.option(name, {
          type: "string",
          describe: `${value}: ${describe}`,
          requiresArg: true,
          ...(choices === undefined ? {} : { choices }),
          ...(option.kind === "texts" ? { array: true, nargs: 1 } : {}),
        });
        break;
      }
      case "rest":
        argv = argv.positional(name, { type: "string", describe: option.describe });
        break;
      default:
        assertNever(option, "an option");
    }
  }
  return argv;
}

function configured(own: readonly string[], columns: number | undefined): Argv {
  return yargs([...own], "/")
    .scriptName("rpcctl")
    .locale("en")
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "greedy-arrays": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "short-option-groups": false,
    })
    .strict()
    .version(false)
    .help(false)
    .showHelpOnFail(false)
    .wrap(Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, columns ?? WIDTH_MAX)));
}

function exampleLines(examples: Command["examples"]): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return ["Examples:", ...examples.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`)].join("\n");
}

/** Describes the mistake in the words of this program. The messages of yargs use its own terms (“non-option arguments”). */
function complaint(name: string, { options }: Command, message: string): string {
  const [first = "", ...below] = message.split("\n").map((line) => line.trim());
  const [, unvalued] = /^Not enough arguments following: (.+)$/.exec(first) ?? [];
  if (unvalued !== undefined) {
    const option = options[unvalued];
    const value = option?.kind === "text" || option?.kind === "texts" ? option.value : "a value";
    return `--${unvalued} needs ${value} behind it`;
  }
  const [, unfit = "", given] = /^Argument: (.+?), Given: "(.*)", Choices: /s.exec(below.join("")) ?? [];
  if (given !== undefined) {
    const option = options[unfit];
    const choices = option?.kind === "text" || option?.kind === "texts" ? (option.choices ?? []) : [];
    return `--${unfit}: one of ${choices.join(", ")} was expected, not '${given}'`;
  }
  const [, surplus] = /^Unknown arguments?: (.+)$/s.exec(first) ?? [];
  if (surplus !== undefined) {
    const needed = positionals(options).length;
    const most = needed === 0 ? "takes none behind it" : `takes ${needed} of them`;
    return `too many words: '${name}' ${most}, and ${surplus} ${surplus.includes(", ") ? "are" : "is"} left over`;
  }
  if (!first.startsWith("Not enough non-option arguments")) return first;
  const words = positionals(options).filter(([, { kind }]) => kind === "word");
  return `'${name}' needs ${words.map(([word]) => word.toUpperCase()).join(" and ")}`;
}

function shownName(name: string, { kind }: Option): string {
  return kind === "word" || kind === "word_maybe" || kind === "words" ? name.toUpperCase() : `--${name}`;
}
