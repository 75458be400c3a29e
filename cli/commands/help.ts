import { closest } from "../../base/closest.ts";
import { usage } from "../io/failure.ts";
import { wrapText } from "../print/wrap-text.ts";
import { defineCommand } from "../words/command.ts";
import { topicText } from "../words/topic-texts.ts";
import { isTopic, TOPICS } from "../words/topics.ts";

export default defineCommand({
  examples: [
    ["rpcctl help", "the commands"],
    ["rpcctl help exit-codes", "what the exit codes mean"],
    ["rpcctl help policy", "a group of commands"],
    ["rpcctl help key new", "a command"],
  ],
  options: {
    topic: { kind: "word_maybe", describe: `a command, a group of commands, or one of ${TOPICS.join(", ")}` },
    more: { kind: "word_maybe", describe: "the second word of a command" },
  },

  run: async ({ topic, more }, io, commands) => {
    const word = more === undefined ? topic : `${topic} ${more}`;
    if (word !== undefined && isTopic(word)) {
      io.out(wrapText(topicText(word), io.outColumns));
      return "ok";
    }
    const { commandHelp, groupHelp, overview } = await import("../words/yargs-words.ts");
    if (word === undefined) {
      io.out(await overview(commands, io.outColumns));
      return "ok";
    }
    if (commands.of(word).length > 0) {
      io.out(await groupHelp(commands, word, io.outColumns));
      return "ok";
    }
    const entry = commands.get(word);
    if (entry === undefined) {
      const names = commands.entries.map(({ name }) => name);
      const near = closest(word, [...TOPICS, ...names, ...commands.groups]);
      throw usage(
        `there is no help on '${word}'`,
        near === undefined ? undefined : `did you mean 'rpcctl help ${near}'?`,
        "rpcctl help lists the commands and topics; rpcctl describe METHOD is about a method",
      );
    }
    io.out(await commandHelp(entry, (await entry.load()).default, io.outColumns));
    return "ok";
  },
});
