import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { TestDaemon } from "../support/daemon.ts";
import { failure, until } from "../support/failure.ts";
import { rpcd } from "../support/rpcd.ts";

const ALL = `
grants:
  all: {to: caller, call: "**", args: any}
`;
const ADD_ONLY = `
grants:
  adding: {to: caller, call: add, args: any}
`;

/** Moves the policy and the configuration into a version of their own, behind `..data`, as an orchestrator projects them. */
function project(folder: string, version: string): void {
  const own = join(folder, version);
  mkdirSync(own, { mode: 0o755 });
  for (const name of ["policy.yaml", "rpcd.yaml"]) renameSync(join(folder, name), join(own, name));
  symlinkSync(version, join(folder, "..new"));
  renameSync(join(folder, "..new"), join(folder, "..data"));
  for (const name of ["policy.yaml", "rpcd.yaml"]) symlinkSync(`..data/${name}`, join(folder, name));
}

/** Takes the links away, and puts copies of what they lead to in their place. */
function unproject(folder: string): void {
  for (const name of ["policy.yaml", "rpcd.yaml"]) {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    rmSync(path);
    renameSync(join(folder, "..data", name), path);
    assert.deepEqual(readFileSync(path), bytes);
  }
}

describe("a policy and a configuration behind links", () => {
  test("are read at the start, and again at a reload after the link was switched", () =>
    TestDaemon.during({ grants: ALL }, async (daemon) => {
      const { folder } = daemon;
      project(folder, "..1");
      const check = await rpcd(["--check", "--config", join(folder, "rpcd.yaml")]);
      assert.equal(check.code, 0, check.err);
      assert.equal(await daemon.reload(), true);
      const rpc = await daemon.connect();
      assert.equal(await rpc.call("echo", [1]), 1);
      unproject(folder);
      daemon.writePolicy(ADD_ONLY);
      project(folder, "..2");
      rmSync(join(folder, "..1"), { recursive: true });
      assert.equal(await daemon.reload(), true);
      assert.equal((await failure(rpc.call("echo", [1]))).code, "permission_denied");
      assert.equal(await rpc.call("add", [2, 3]), 5);
      await rpc.close();
    }));

  test("are refused at a reload, and nothing changes, where the link leads to where others may write", () =>
    TestDaemon.during({ grants: ALL }, async (daemon) => {
      const { folder } = daemon;
      const rpc = await daemon.connect();
      daemon.writePolicy(ADD_ONLY);
      project(folder, "..1");
      chmodSync(join(folder, "..1"), 0o777);
      assert.equal(await daemon.reload(), false);
      await until(() => daemon.log.some((line) => line.includes("..1: the folder has mode 0777")));
      assert.equal(await rpc.call("echo", [1]), 1, "the policy before it decides");
      const check = await rpcd(["--check", "--config", join(folder, "rpcd.yaml")]);
      assert.notEqual(check.code, 0);
      assert.match(check.err, /the folder has mode 0777/);
      chmodSync(join(folder, "..1"), 0o755);
      assert.equal(await daemon.reload(), true);
      assert.equal((await failure(rpc.call("echo", [1]))).code, "permission_denied");
      await rpc.close();
    }));
});
