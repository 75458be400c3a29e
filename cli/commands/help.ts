import { closest } from "../../base/closest.ts";
import { defineCommand } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { usage } from "../failure.ts";
import { commandsOf, groups } from "../find-command.ts";
import { topicText } from "../topic-texts.ts";
import { isTopic, TOPICS } from "../topics.ts";
import { wrapText } from "../wrap-text.ts";

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

  run: async ({ topic, more }, io) => {
    const word = more === undefined ? topic : `${topic} ${more}`;
    if (word !== undefined && isTopic(word)) {
      io.out(wrapText(topicText(word), io.outColumns));
      return "ok";
    }
    const { commandHelp, groupHelp, overview } = await import("../yargs-words.ts");
    if (word === undefined) {
      io.out(await overview(io.outColumns));
      return "ok";
    }
    if (commandsOf(word).length > 0) {
      io.out(await groupHelp(word, io.outColumns));
      return "ok";
    }
    const entry = COMMANDS.find(({ name }) => name === word);
    if (entry === undefined) {
      const near = closest(word, [...TOPICS, ...COMMANDS.map(({ name }) => name), ...groups()]);
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
