import {
  isLive,
  type LiveShape,
  type MethodEntry,
  type Shape,
  shapeWords,
} from "../../catalogue/catalogue.ts";
import { RpcError } from "../../client/index.ts";
import { BrokenOff, Failure, usage } from "../io/failure.ts";
import type { Input, Io } from "../io/io.ts";
import type { Output } from "../io/output.ts";
import { jsonText } from "../print/json.ts";
import { isPrintable, type LiveWord } from "../values/live-options.ts";
import { fromJsonText, fromText } from "../values/shape-text.ts";
import { type CommandWords, splitCommand } from "../words/split-command.ts";
import { checkProgram } from "./check-program.ts";
import { fileItems } from "./file-items.ts";
import { CommandFailed, CommandRunner } from "./run-command.ts";

/** What is passed by reference, ready to be called with. */
export interface LiveArguments {
  readonly named: Readonly<Record<string, unknown>>;
  /**
   * The error of a call, as this side knows it: where a file of ours could not be passed on, that is the reason of all that came
   * then, and the daemon knows little of it.
   */
  blame(error: unknown): unknown;
  /** @throws Failure if a file could not be passed on, though the call has not failed */
  check(): void;
  /** Closes the files, and ends the commands that still run: the call is over. */
  close(): Promise<void>;
}

interface LiveSurroundings {
  readonly io: Io;
  readonly output: Output;
}

/**
 * Opens the files and makes the callbacks.
 *
 * @throws Failure; nothing stays open then
 */
export async function openLive(
  method: MethodEntry,
  given: ReadonlyMap<string, LiveWord>,
  { io, output }: LiveSurroundings,
): Promise<LiveArguments> {
  const runner = new CommandRunner();
  const inputs: Input[] = [];
  const named: Record<string, unknown> = {};
  const failures: Failure[] = [];
  const close = async (): Promise<void> => {
    runner.close();
    await Promise.all(inputs.map((input) => input.close()));
  };
  const shapeOf = (name: string): LiveShape => liveShape(method, name);
  try {
    for (const word of given.values()) {
      if (word.option === "--callback")
        named[word.name] = await callback(word, shapeOf(word.name), { io, output, runner });
    }
    for (const { option, name, value } of given.values()) {
      if (option !== "--file") continue;
      const input = await io.open(value);
      inputs.push(input);
      named[name] = noting(fileItems(input.pieces, shapeOf(name)), `--file ${name}`, failures);
    }
    return {
      named,
      close,
      blame: (error) => {
        const [first] = failures;
        if (first === undefined || io.signal.aborted) return error;
        return error instanceof BrokenOff ? new BrokenOff(first) : first;
      },
      check: () => {
        const [first] = failures;
        if (first !== undefined) throw first;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A function for the daemon: it prints what it is called with, or runs a command. */
async function callback(
  { name, value }: LiveWord,
  shape: LiveShape,
  { io, output, runner }: LiveSurroundings & { readonly runner: CommandRunner },
): Promise<(...args: unknown[]) => Promise<unknown>> {
  if (shape.type !== "callback") throw new Error("what is no callback was let through");
  const where = `--callback ${name}`;
  if (value === "-") {
    if (!isPrintable(shape)) {
      const what = `${where}: ${shapeWords(shape.returns)} has to be answered, and '-' only prints`;
      throw usage(what, `a command answers: ${where}='COMMAND'`);
    }
    return (...args) => output.write(callLine(args));
  }
  const words: CommandWords = splitCommand(value, where);
  await checkProgram(words[0], where, io.env);
  const isAnswered = wantsAnswer(shape.returns);
  const complain = once((text) => io.err(`${where}: ${text}`));
  return async (...args) => {
    io.status?.show("");
    try {
      const said = await runner.run(words, callLine(args), isAnswered);
      return isAnswered ? answerOf(said, shape.returns) : null;
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      complain(error.message);
      throw new RpcError("aborted", error.message, { origin: "callback" });
    }
  };
}

/** What a callback is called with, as it is printed and given to a command. */
function callLine(args: readonly unknown[]): string {
  return `${jsonText(args)}\n`;
}

/** What no method has declared is `any`: what a command prints is not sent to a daemon that may not have asked for it. */
function wantsAnswer({ type }: Shape): boolean {
  return type !== "null" && type !== "any";
}

/** What a command has printed, as the answer that the daemon waits for. */
function answerOf(said: Uint8Array, returns: Shape): unknown {
  if (returns.type === "bytes") return Uint8Array.from(said);
  const text = Buffer.from(said)
    .toString("utf8")
    .replace(/\r?\n$/, "");
  const read = returns.type === "string" ? fromText(text, returns) : fromJsonText(text, returns);
  if ("value" in read) return read.value;
  throw new CommandFailed(`the command's answer: ${read.wrong}`);
}

/** Notes why a file could not be passed on: the daemon learns little of it, and the caller is told all. */
async function* noting(all: AsyncIterable<unknown>, where: string, failures: Failure[]): AsyncGenerator {
  try {
    yield* all;
  } catch (error) {
    if (error instanceof Failure)
      failures.push(new Failure(error.ending, `${where}: ${error.message}`, { cause: error }));
    else if (error instanceof RpcError)
      failures.push(new Failure("usage", `${where}: ${error.message}`, { cause: error }));
    throw error;
  }
}

function liveShape({ params }: MethodEntry, name: string): LiveShape {
  const shape = params.find((parameter) => parameter.name === name)?.shape;
  if (shape === undefined || !isLive(shape))
    throw new Error(`'${name}' was let through, and is nothing live`);
  return shape;
}

/** A daemon may call without end: what is wrong is said the first time. */
function once(say: (text: string) => void): (text: string) => void {
  let isSaid = false;
  return (text) => {
    if (!isSaid) say(text);
    isSaid = true;
  };
}
