import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mock } from "node:test";
import { runCommandLine } from "../../daemon/command-line.ts";
import { makeStateFolder } from "../../daemon/systemd/state-folder.ts";
import { type Ran, rpcd } from "./rpcd.ts";
import { tempFolder } from "./temp-folder.ts";

/** Whether the programs are asked about each fault. */
const ALL = process.env["RPCD_REFUSALS"] === "all";

/** A state folder of `rpcd init`, and the daemon's commands on it. */
export class TestState {
  readonly path: string;
  readonly #remove: () => void;
  #isServed = false;

  private constructor(path: string, remove: () => void) {
    this.path = path;
    this.#remove = remove;
  }

  static async make(): Promise<TestState> {
    const { path, remove } = tempFolder();
    return new TestState(await makeStateFolder(join(path, "state")), remove);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  edit(name: string, from: string | RegExp, to: string): void {
    const text = readFileSync(this.file(name), "utf8");
    const changed = text.replace(from, to);
    assert.notEqual(changed, text, `${String(from)} is not in ${name}`);
    writeFileSync(this.file(name), changed);
  }

  /** In this process: most of what a process of its own costs is to load the daemon. */
  async check(): Promise<Ran> {
    const out: string[] = [];
    const err = mock.method(console, "error", () => undefined);
    try {
      const code = await runCommandLine(["--check", "--config", this.file("rpcd.yaml")], async (text) => {
        out.push(`${text}\n`);
      });
      return { code, out: out.join(""), err: printed(err.mock.calls) };
    } finally {
      err.mock.restore();
    }
  }

  /** In a process of its own: one process loads a module once, whatever becomes of its file. */
  checkAnew(): Promise<Ran> {
    return rpcd(["--check", "--config", this.file("rpcd.yaml")]);
  }

  serve(): Promise<Ran> {
    return rpcd(["--config", this.file("rpcd.yaml")]);
  }

  /**
   * The check refuses, with this text and exit code 78, and no socket is made. So do the programs, which are asked about the first
   * fault of a folder: their start reads the files by the same hand. CI asks them about each.
   */
  async refuses(...texts: readonly (string | RegExp)[]): Promise<void> {
    const ended = [await this.check()];
    if (!this.#isServed || ALL) ended.push(...(await Promise.all([this.checkAnew(), this.serve()])));
    this.#isServed = true;
    this.#areRefusals(ended, texts);
  }

  /** The same of a service module, which has been loaded before. */
  async refusesAnew(...texts: readonly (string | RegExp)[]): Promise<void> {
    this.#areRefusals([await this.checkAnew(), ...(ALL ? [await this.serve()] : [])], texts);
  }

  #areRefusals(ended: readonly Ran[], texts: readonly (string | RegExp)[]): void {
    for (const { code, err, out } of ended) {
      for (const text of texts) {
        if (typeof text === "string") assert.equal(err.includes(text), true, `${text}\nis not in\n${err}`);
        else assert.match(err, text);
      }
      assert.equal(code, 78, err);
      assert.doesNotMatch(err, /\n\s+at /, "no stack for a mistake of the operator");
      assert.equal(out, "");
    }
    assert.equal(existsSync(this.file("rpcd.sock")), false);
  }

  remove(): void {
    this.#remove();
  }
}

function printed(calls: readonly { readonly arguments: readonly unknown[] }[]): string {
  return calls.map(({ arguments: [text] }) => `${String(text)}\n`).join("");
}
