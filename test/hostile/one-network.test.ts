import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const WITHIN = fileURLToPath(new URL("../support/one-network.js", import.meta.url));

describe("5: many addresses of one /64", {
  skip: process.getuid?.() !== 0 && "a network of its own needs root",
}, () => {
  test("count as one source: they have its places together, and another /64 has its own", async () => {
    // A network of its own, which is gone when the command has ended.
    const addresses = Array.from({ length: 20 }, (_one, i) => `fd00:0:0:1::${(i + 1).toString(16)}`);
    const setup = [
      "ip link set lo up",
      ...[...addresses, "fd00:0:0:2::1"].map((a) => `ip addr add ${a}/128 dev lo`),
    ];
    const { stdout } = await run("unshare", [
      "-n",
      "sh",
      "-ec",
      `${setup.join("\n")}\nexec "$0" "$@"`,
      process.execPath,
      WITHIN,
    ]);
    const found: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    assert.deepEqual(found, { sameNetwork: 10, otherNetwork: true });
  });
});
