import { closest } from "../../policy/closest.ts";
import { defineCommand } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { usage } from "../failure.ts";
import { topicText } from "../topic-texts.ts";
import { isTopic, TOPICS } from "../topics.ts";

export default defineCommand({
  examples: [
    ["rpcctl help", "the commands"],
    ["rpcctl help exit-codes", "what the exit codes say"],
    ["rpcctl help key new", "a command"],
  ],
  options: {
    topic: { kind: "word_maybe", describe: `a command, or one of ${TOPICS.join(", ")}` },
    more: { kind: "word_maybe", describe: "the second word of a command" },
  },

  run: async ({ topic, more }, io) => {
    const word = more === undefined ? topic : `${topic} ${more}`;
    if (word !== undefined && isTopic(word)) {
      io.out(topicText(word));
      return "ok";
    }
    const { commandHelp, overview } = await import("../yargs-words.ts");
    if (word === undefined) {
      io.out(await overview());
      return "ok";
    }
    const entry = COMMANDS.find(({ name }) => name === word);
    if (entry === undefined) {
      const near = closest(word, [...TOPICS, ...COMMANDS.map(({ name }) => name)]);
      throw usage(
        `there is no help on '${word}'`,
        near === undefined ? undefined : `did you mean 'rpcctl help ${near}'?`,
        "rpcctl help lists what there is",
      );
    }
    io.out(await commandHelp(entry, (await entry.load()).default));
    return "ok";
  },
});
