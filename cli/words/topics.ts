/** What `rpcctl help` explains beside the commands. */
export const TOPICS = ["exit-codes", "arguments", "references", "scripts", "addresses"] as const;
export type Topic = (typeof TOPICS)[number];

/** Whether a word is one of the topics. */
export function isTopic(word: string): word is Topic {
  return TOPICS.some((topic) => topic === word);
}
