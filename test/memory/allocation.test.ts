import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { PACKAGE } from "../support/daemon.ts";

const run = promisify(execFile);

test("the check of a message makes no object, whatever is in it", async () => {
  // All that it allocates would fit into the room for new objects, and nothing is collected meanwhile: so it can be counted.
  const program = join(PACKAGE, "dist/test/memory/count-allocations.js");
  const { stdout } = await run(process.execPath, ["--max-semi-space-size=64", "--expose-gc", program]);
  const found: readonly { readonly kind: string; readonly bytes: number }[] = JSON.parse(stdout);
  assert.ok(found.length >= 8);
  // One text would take 24 bytes and more, one entry of a set as much again. The compiler leaves a little, and on some lines of Node a
  // number in a box.
  for (const { kind, bytes } of found) assert.ok(bytes < 48, `${kind}: ${bytes} bytes for each check`);
});
