import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inFolder } from "../support/temp-folder.ts";
import { rpcctl } from "./run-cli.ts";

const UGLY = "policy:  1 # one\nroles: {}\n";
const NEAT = "policy: 1 # one\nroles: {}\n";

describe("rpcctl policy fmt", () => {
  test("prints standard input as everybody writes it", async () => {
    assert.deepEqual(await rpcctl(["policy", "fmt", "-"], { input: UGLY }), { code: 0, out: NEAT, err: "" });
  });

  test("writes the file, with the mode that it had, where its link leads, and only if there is something to do", () =>
    inFolder(async (folder) => {
      const path = join(folder, "p.yaml");
      writeFileSync(path, UGLY);
      chmodSync(path, 0o640);
      symlinkSync("p.yaml", join(folder, "link.yaml"));
      assert.deepEqual(await rpcctl(["policy", "fmt", "link.yaml"], { cwd: folder }), {
        code: 0,
        out: "",
        err: "",
      });
      assert.equal(readFileSync(path, "utf8"), NEAT);
      const { mode, ino } = statSync(path);
      assert.equal(mode & 0o777, 0o640);
      await rpcctl(["policy", "fmt", "p.yaml"], { cwd: folder });
      assert.equal(statSync(path).ino, ino, "a neat file is not written again");
    }));

  test("--check changes nothing, and ends with 1 where something would change", () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "ugly.yaml"), UGLY);
      writeFileSync(join(folder, "neat.yaml"), NEAT);
      const { code, out } = await rpcctl(["policy", "fmt", "--check", "neat.yaml", "ugly.yaml"], {
        cwd: folder,
      });
      assert.deepEqual([code, out], [1, "ugly.yaml would be changed\n"]);
      assert.equal(readFileSync(join(folder, "ugly.yaml"), "utf8"), UGLY);
      assert.equal((await rpcctl(["policy", "fmt", "--check", "neat.yaml"], { cwd: folder })).code, 0);
    }));

  test("leaves alone what it cannot read, and what the linter would find something else in", () =>
    inFolder(async (folder) => {
      const broken = "a: [\n";
      writeFileSync(join(folder, "broken.yaml"), broken);
      const { code, err } = await rpcctl(["policy", "fmt", "broken.yaml"], { cwd: folder });
      assert.equal(code, 5);
      assert.match(err, /broken\.yaml:\d+:\d+: E P101/);
      assert.equal(readFileSync(join(folder, "broken.yaml"), "utf8"), broken);
      const moved = "policy: 1\nroles: # lint: allow P304 about the next line, once it is moved\n  idle:\n";
      writeFileSync(join(folder, "moved.yaml"), moved);
      const kept = await rpcctl(["policy", "fmt", "moved.yaml"], { cwd: folder });
      assert.equal(kept.code, 1);
      assert.match(kept.err, /the linter would find something else/);
      assert.equal(readFileSync(join(folder, "moved.yaml"), "utf8"), moved);
      assert.equal((await rpcctl(["policy", "fmt", "/nonexistent"])).code, 6);
      assert.equal((await rpcctl(["policy", "fmt"])).code, 2);
    }));
});
