import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeStateFolder } from "../../daemon/state-folder.ts";
import { type Ran, rpcd } from "./rpcd.ts";
import { tempFolder } from "./temp-folder.ts";

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

  check(): Promise<Ran> {
    return rpcd(["--check", "--config", this.file("rpcd.yaml")]);
  }

  serve(): Promise<Ran> {
    return rpcd(["--config", this.file("rpcd.yaml")]);
  }

  /**
   * The check refuses, with this text and exit code 78, and no socket is made. So does the start, which reads the files by the
   * same hand and is asked about the first fault of a folder.
   */
  async refuses(...texts: readonly (string | RegExp)[]): Promise<void> {
    const ways = this.#isServed ? [this.check()] : [this.check(), this.serve()];
    this.#isServed = true;
    for (const { code, err, out } of await Promise.all(ways)) {
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
