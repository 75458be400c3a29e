import type { CommandEntry, CommandTable as Table } from "./command.ts";

/** The commands of a program, by their words. */
export class CommandTable implements Table {
  readonly entries: readonly CommandEntry[];

  constructor(entries: readonly CommandEntry[]) {
    this.entries = entries;
  }

  get groups(): readonly string[] {
    const pairs = this.entries.map(({ name }) => name.split(" ")).filter((words) => words.length === 2);
    return [...new Set(pairs.map(([group = ""]) => group))];
  }

  of(group: string): readonly CommandEntry[] {
    return this.entries.filter(({ name }) => name.startsWith(`${group} `));
  }

  get(name: string): CommandEntry | undefined {
    return this.entries.find((entry) => entry.name === name);
  }
}
