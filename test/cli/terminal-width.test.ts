import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { TestDaemon } from "../support/daemon.ts";
import { sample } from "../support/sample.ts";
import { Terminal } from "../support/terminal.ts";
import { rpcctl } from "./run-cli.ts";

const SERVICE = `
import { defineService, method, param, z } from "rpcd/service";
const many = Array.from({ length: 12 }, (_, i) => param("parameter_" + i, z.int().min(0).max(1000)));
export default defineService({
  add: method({ doc: "Adds.", params: [param("a", z.int()), param("b", z.int())], run: ({ a, b }) => a + b }),
  wide: method({ doc: "Has many parameters, and a text that tells of them at such a length that no terminal has a line for it.", params: many, run: () => 0 }),
});
`;

describe("what rpcctl prints for people to read", () => {
  let daemon: TestDaemon;
  let env: Readonly<Record<string, string>>;
  before(async () => {
    daemon = await TestDaemon.start({ service: SERVICE });
    const known = join(daemon.folder, "known");
    writeFileSync(known, `${daemon.address} ${daemon.hostKey}\n`, { mode: 0o600 });
    env = {
      HOME: daemon.folder,
      RPCCTL_ADDRESS: daemon.address,
      RPCCTL_IDENTITY: join(daemon.folder, "client_key"),
      RPCCTL_KNOWN_DAEMONS: known,
    };
  });
  after(() => daemon.stop());

  for (const columns of sample([60, 80, 132]))
    test(`keeps within a terminal of ${columns} columns, and parts no word`, async () => {
      const commands = [
        ["ls"],
        ["describe", "wide"],
        ["call", "wide", "--help"],
        ["--help"],
        ["policy", "--help"],
        ["call", "--help"],
        ["help", "arguments"],
        ["help", "exit-codes"],
      ];
      for (const words of sample(commands, 3)) {
        await using terminal = new Terminal(words, env, [24, columns]);
        assert.equal((await terminal.ended).code, 0, words.join(" "));
        const shown = terminal.page.first.replaceAll("\r", "");
        for (const line of shown.split("\n"))
          assert.ok(line.length <= columns || !line.trim().includes(" "), `${words.join(" ")}: ${line}`);
        // Yargs lays help out by itself; of all else each word is where it is in a pipe, and whole.
        if (words.includes("--help") && words[1] !== "wide") continue;
        const plain = await rpcctl(words, { env });
        assert.deepEqual(shown.split(/\s+/), plain.out.split(/\s+/), words.join(" "));
      }
    });

  test("is one line for each method in a pipe, without blanks up to a far column", async () => {
    const { out } = await rpcctl(["ls"], { env });
    const lines = out.trimEnd().split("\n");
    assert.equal(lines.filter((line) => line.startsWith("wide ")).length, 1);
    for (const line of lines) assert.doesNotMatch(line, / {31}/);
  });
});
